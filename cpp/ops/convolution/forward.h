#pragma once

#include <vector>

#include "ops/convolution/band.h"
#include "ops/convolution/block.h"
#include "ops/convolution/tiles.h"
#include "ops/epilogue.h"

namespace lamina {

// y = x * w as a product of patches (outputs, patch) with the kernel (patch, filters), without ever making a matrix of
// patches: tiles read them where they lie, since outputs side by side along the width see inputs equally far apart, and
// the elements of a patch lie in runs. The work may be shared out in any way without changing a bit of it.
template <typename T>
class ConvForward {
 public:
  ConvForward(const ConvSizes& sizes, const GemmKernels<T>& kernels);

  int64_t positions() const { return sizes_.batch * sizes_.outputs(); }
  int64_t panels() const { return static_cast<int64_t>(tiles_.panels().size()); }
  int64_t packed_size() const { return pack_ ? panels() * sizes_.patch() * tiles_.width() : 0; }  // elements, for all
  int64_t scratch_size() const { return band_.scratch_size(); }                                   // for each worker

  // Copies some panels of the kernel in the order in which tiles read them, where that pays.
  void pack(const T* w, T* packed, Range panels) const;
  // Computes some positions (sample, output...) for the filters of some panels; y is where the first of them goes.
  void run(const T* x, const T* w, T* y, const Epilogue<T>& epilogue, Range positions, Range panels, T* scratch) const;

 private:
  // A part of all patches that one call of a tile takes, small enough for the kernel's share of it to stay in cache.
  struct Piece {
    int64_t offset;  // of its first element in a patch, counted in x
    int64_t begin;   // and in the kernel
    int64_t runs;
  };
  void cut_patches();
  void run_block(const T* x, const T* w, T* y, const Epilogue<T>& epilogue, const ConvBlock& block, Range panels,
                 T* scratch) const;

  const ConvSizes sizes_;
  const GemmKernels<T>* kernels_;
  const ConvTiles<T> tiles_;
  const ConvBand<T> band_;
  bool pack_;
  Level run_ = {1, 0};   // what lies side by side in a patch
  Level runs_ = {1, 0};  // runs equally far apart
  std::vector<Piece> pieces_;
};

extern template class ConvForward<float>;
extern template class ConvForward<double>;

}  // namespace lamina
