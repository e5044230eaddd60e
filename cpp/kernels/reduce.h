#pragma once

#include <cstdint>

#include "kernels/elementwise.h"

namespace lamina {

// Sums and products of bytes are int32, of everything else of its own type.
template <typename T>
struct SumOf {
  using Type = T;
};
template <>
struct SumOf<uint8_t> {
  using Type = int32_t;
};

// Reductions that add to what the output holds: out = combine(out, reduction of x).
template <typename In, typename Out>
struct ReduceKernel {
  // out[i] takes x[i * stride + 0..n-1].
  void (*rows)(const In* x, int64_t rows, int64_t n, int64_t stride, Out* out);
  // out[j] takes x[0..rows-1 * stride + j]. The order of combination depends on n only by n < kNarrow.
  void (*columns)(const In* x, int64_t rows, int64_t n, int64_t stride, Out* out);
};

constexpr int64_t kNarrow = 64;

// NaN wins in max and min. Sums use many accumulators, so that rounding errors grow slowly.
template <typename T>
struct ReduceKernels {
  ReduceKernel<T, typename SumOf<T>::Type> sum, prod;
  ReduceKernel<T, T> max, min;
  // Adds 0 to out[i] if all of row i is finite, NaN otherwise; arguments as of ReduceKernel::rows.
  void (*residue)(const T* x, int64_t rows, int64_t n, int64_t stride, T* out);
  // out[i] = the position in row i of x (rows, n) of the first element that equals values[i], NaN equalling NaN.
  void (*first_of)(const T* x, int64_t rows, int64_t n, const T* values, int32_t* out);
};

#ifdef LAMINA_ISA
namespace LAMINA_ISA {
extern const PerType<ReduceKernels> reduce_kernels;
}
#endif

}  // namespace lamina
