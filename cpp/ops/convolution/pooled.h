#pragma once

#include "kernels/pool.h"
#include "ops/convolution/forward.h"

namespace lamina {

// The largest elements of the windows that a convolution's output is cut into, without gaps and overlap: some lines of
// the output are computed, pooled while they are in the first cache, and forgotten.
template <typename T>
class ConvMaxPool {
 public:
  // pooled (batch, spatial..., filters) in one or two spatial axes; window: its size along each.
  ConvMaxPool(const ConvForward<T>& conv, const Shape& pooled, const Shape& window, const PoolKernels<T>& kernels);

  int64_t lines() const { return lines_; }                                                   // of `pooled`
  int64_t scratch_size() const { return block_lines_ * line_size_ + conv_.scratch_size(); }  // for each worker

  // As ConvForward::run; `where`, the number of the element in its window, may be null.
  void run(const T* x, const T* w, T* y, uint8_t* where, const Epilogue<T>& epilogue, Range lines, T* scratch) const;

 private:
  const ConvForward<T> conv_;
  decltype(MaxPoolKernels<T, uint8_t>::forward) kernel_;
  Pool pool_;  // a line
  int64_t lines_;
  int64_t line_size_;    // elements of the convolution's output that a line is made from
  int64_t block_lines_;  // at once
};

extern template class ConvMaxPool<float>;
extern template class ConvMaxPool<double>;

}  // namespace lamina
