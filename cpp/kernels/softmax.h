#pragma once

#include <cstdint>

#include "kernels/per_float.h"

namespace lamina {

// The lines that a softmax runs along: rows of n elements one after the other (step 1, line i begins at i * n), or
// columns side by side (line i begins at i, its elements lie `step` apart).
struct Lines {
  int64_t count;
  int64_t n;
  int64_t step;
};

// Rows of at most so many elements are computed several at a time, a lane each.
constexpr int64_t kShortRow = 32;

template <typename T, typename Label>
struct SparseCrossentropy {
  // loss[i] = log(sum(exp(x[i, :]))) - x[i, labels[i]]; NaN where the label is not in 0..n-1.
  void (*loss)(const T* x, const Label* labels, T* loss, int64_t rows, int64_t n);
  // dx[i, :] = dloss[i] * (softmax(x[i, :]) - one_hot(labels[i]))
  void (*grad)(const T* x, const Label* labels, const T* dloss, T* dx, int64_t rows, int64_t n);
};

template <typename T>
struct SoftmaxKernels {
  void (*softmax)(const T* x, T* y, Lines lines);
  void (*log_softmax)(const T* x, T* y, Lines lines);
  // dx = y * (dy - sum(dy * y)) along each line
  void (*softmax_grad)(const T* y, const T* dy, T* dx, Lines lines);
  // dx = dy - exp(y) * sum(dy) along each line
  void (*log_softmax_grad)(const T* y, const T* dy, T* dx, Lines lines);
  SparseCrossentropy<T, int32_t> sparse_int32;
  SparseCrossentropy<T, int64_t> sparse_int64;
  // loss[i] = -sum(t[i, :] * log_softmax(x[i, :]))
  void (*crossentropy)(const T* x, const T* t, T* loss, int64_t rows, int64_t n);
  // dx[i, :] = dloss[i] * (softmax(x[i, :]) * sum(t[i, :]) - t[i, :])
  void (*crossentropy_grad)(const T* x, const T* t, const T* dloss, T* dx, int64_t rows, int64_t n);
};

#ifdef LAMINA_ISA
namespace LAMINA_ISA {
extern const PerFloat<SoftmaxKernels> softmax_kernels;
}
#endif

}  // namespace lamina
