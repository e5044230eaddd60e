#pragma once

#include <cstdint>

#include "kernels/per_float.h"

namespace lamina {

// Pooling over three spatial axes, channels last: along each axis output o sees the `window` inputs from
// o * stride - before on, as far as they exist; every window holds one at least.
struct PoolAxis {
  int64_t size, outputs, window, stride, before;
};

struct Pool {
  PoolAxis axes[3];
  int64_t channels;
};

// Where in its window an element lies: its number in row-major order. A byte where windows are small enough.
constexpr int64_t kByteTaps = 256;

// Kernels make lines begin..end-1: a line has all places along the last axis, and lines are numbered
// (sample, place on the first axis, place on the second). NaN counts as the largest; of equals the first is taken.
template <typename T, typename Tap>
struct MaxPoolKernels {
  // y = the largest of the window and where it was; `where` may be null.
  void (*forward)(const Pool& pool, const T* x, T* y, Tap* where, int64_t begin, int64_t end);
  // dx = the sum of those dy whose `where` is this element; the lines are dx's.
  void (*backward)(const Pool& pool, const T* dy, const Tap* where, T* dx, int64_t begin, int64_t end);
  // y = the element of the window that `where` names.
  void (*take)(const Pool& pool, const T* x, const Tap* where, T* y, int64_t begin, int64_t end);
};

template <typename T>
struct PoolKernels {
  MaxPoolKernels<T, uint8_t> max_bytes;
  MaxPoolKernels<T, int32_t> max_words;
  // y = the mean of those elements of the window that exist.
  void (*average)(const Pool& pool, const T* x, T* y, int64_t begin, int64_t end);
  void (*average_backward)(const Pool& pool, const T* dy, T* dx, int64_t begin, int64_t end);
};

#ifdef LAMINA_ISA
namespace LAMINA_ISA {
extern const PerFloat<PoolKernels> pool_kernels;
}
#endif

}  // namespace lamina
