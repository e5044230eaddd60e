#pragma once

#include <cstdint>

#include "kernels/per_float.h"

namespace lamina {

// Of matrices (rows, n), row by row, h = (x - mean) / sqrt(variance + epsilon) being a row by its own moments: the
// passes of layer normalization. A row stays in the first cache for all that is done with it.
template <typename T>
struct RowNormKernels {
  // y = h gamma + beta; y may be x
  void (*forward)(const T* x, int64_t rows, int64_t n, T epsilon, const T* gamma, const T* beta, T* y);
  // dx, and adds each row's dy h to dgamma and its dy to dbeta
  void (*backward)(const T* dy, const T* x, int64_t rows, int64_t n, T epsilon, const T* gamma, T* dx, T* dgamma,
                   T* dbeta);
};

#ifdef LAMINA_ISA
namespace LAMINA_ISA {
extern const PerFloat<RowNormKernels> row_norm_kernels;
}
#endif

}  // namespace lamina
