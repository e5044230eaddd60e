#pragma once

#include <vector>

#include "ops/convolution/block.h"
#include "ops/convolution/tiles.h"
#include "ops/epilogue.h"

namespace lamina {

// dx of y = x * w, which is also the transposed convolution of dy. For each tap along the width, the product of output
// positions with that tap's kernel, (outputs, filters) (filters, channels), is added where the outputs saw their
// inputs; taps along the height that meet in one line of dx follow each other in memory and are one such product.
template <typename T>
class ConvInputGrad {
 public:
  ConvInputGrad(const ConvSizes& sizes, const GemmKernels<T>& kernels);

  int64_t positions() const { return sizes_.batch * sizes_.inputs(); }
  int64_t panels() const { return static_cast<int64_t>(tiles_.panels().size()); }
  int64_t kernels() const { return panels() * sizes_.taps(); }
  int64_t packed_size() const { return kernels() * sizes_.group_filters() * tiles_.width(); }  // elements, for all

  // Transposes some of the kernels (filters of a group, channels of a panel), one for each panel and tap.
  void pack(const T* w, T* packed, Range kernels) const;
  // Computes dx at some positions (sample, input...) for the channels of some panels.
  void run(const T* dy, const T* packed, T* dx, const Epilogue<T>& epilogue, Range positions, Range panels) const;

 private:
  // The taps along the height that meet in a line of dx: neighbours in tap_order_.
  struct LineTaps {
    int64_t first, count;
    int64_t output;  // the output line whose tap is the first of them
  };
  void order_taps();
  void run_block(const T* dy, const T* packed, T* dx, const Epilogue<T>& epilogue, const ConvBlock& block,
                 Range panels) const;
  void add_tap(const T* dy, const T* packed, T* dx, const ConvBlock& block, const Panel& panel, int64_t tap) const;

  const ConvSizes sizes_;
  const GemmKernels<T>* kernels_;
  const ConvTiles<T> tiles_;
  std::vector<int64_t> tap_order_;  // taps along the height
  std::vector<LineTaps> line_taps_;
  int64_t output_step_;  // from the output line of one of a line's taps back to that of the next
};

extern template class ConvInputGrad<float>;
extern template class ConvInputGrad<double>;

}  // namespace lamina
