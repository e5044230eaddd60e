#pragma once

#include <cstdint>

#include "kernels/per_float.h"

namespace lamina {

// Of matrices (rows, n), column by column: the passes of batch normalization. x may be y, dy may be dx.
template <typename T>
struct BatchNormKernels {
  // mean and sum((x - mean)^2) of each column; rows > 0
  void (*moments)(const T* x, int64_t rows, int64_t n, T* mean, T* squares);
  // y = (x - mean) * scale + offset
  void (*forward)(const T* x, int64_t rows, int64_t n, const T* mean, const T* scale, const T* offset, T* y);
  // sum = sum(dy), product = sum(dy * (x - mean))
  void (*sums)(const T* dy, const T* x, int64_t rows, int64_t n, const T* mean, T* sum, T* product);
  // dx = dy * a + (x - mean) * b + c
  void (*backward)(const T* dy, const T* x, int64_t rows, int64_t n, const T* mean, const T* a, const T* b, const T* c,
                   T* dx);
};

#ifdef LAMINA_ISA
namespace LAMINA_ISA {
extern const PerFloat<BatchNormKernels> batch_norm_kernels;
}
#endif

}  // namespace lamina
