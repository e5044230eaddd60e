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

template <typename T>
struct SoftmaxKernels {
  void (*softmax)(const T* x, T* y, Lines lines);
  void (*log_softmax)(const T* x, T* y, Lines lines);
  // dx = y * (dy - sum(dy * y)) along each line
  void (*softmax_grad)(const T* y, const T* dy, T* dx, Lines lines);
  // dx = dy - exp(y) * sum(dy) along each line
  void (*log_softmax_grad)(const T* y, const T* dy, T* dx, Lines lines);
};

#ifdef LAMINA_ISA
namespace LAMINA_ISA {
extern const PerFloat<SoftmaxKernels> softmax_kernels;
}
#endif

}  // namespace lamina
