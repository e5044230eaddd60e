#pragma once

#include <cstdint>

#include "kernels/per_float.h"

namespace lamina {

// Taps equally far apart along one axis: their number, and from one to the next in the tensor they see and in w.
struct DepthwiseTaps {
  int64_t count, x_step, w_step;
};

// Places of a tensor, channels last, that see another one channel by channel through the same taps. Place p sees
// x[p * x_step + c] of all channels c through the first tap, whose weights are w[c].
template <typename T>
struct DepthwiseTask {
  int64_t places, channels;
  DepthwiseTaps depth, height, width;
  const T* x;
  int64_t x_step;
  int64_t y_step;  // element (p, c) of the places' tensor is y[p * y_step + c]
};

template <typename T>
struct DepthwiseKernels {
  // y = start[c] + the sums over the taps of what they see times w; start null: zeros.
  void (*forward)(const DepthwiseTask<T>& task, const T* w, const T* start, T* y);
  // dw += the sums over the places of what each tap sees times dy.
  void (*kernel_grad)(const DepthwiseTask<T>& task, const T* dy, T* dw);
  // y = each of n elements, `copies` times.
  void (*repeat)(const T* x, int64_t n, int64_t copies, T* y);
  // y = the sums of `copies` neighbours each, n of them; plus start, of `columns` elements, again and again; null:
  // none.
  void (*sum_copies)(const T* x, int64_t n, int64_t copies, const T* start, int64_t columns, T* y);
};

#ifdef LAMINA_ISA
namespace LAMINA_ISA {
extern const PerFloat<DepthwiseKernels> depthwise_kernels;
}
#endif

}  // namespace lamina
