#pragma once

#include <utility>

#include "kernels/gemm.h"
#include "kernels/gemm_pack.h"
#include "kernels/vec.h"

// Products of rows with rows, C = A B^T: vectors run along k, so that nothing needs to be transposed. Each sum is kept
// in one vector, whose lanes are added last, those of as many sums as there are lanes at once.
namespace lamina::LAMINA_ISA {

// Adds the products of one vector of each row, or of its first n lanes.
template <bool kPartial, typename T, int kRows, int kColumns>
LAMINA_INLINE void dot_step(const T* a, int64_t a_row, const T* b, int64_t b_row, int64_t n,
                            Vec<T> (&sum)[kRows][kColumns]) {
  Vec<T> x[kRows];
#pragma GCC unroll 16
  for (int i = 0; i < kRows; ++i) x[i] = kPartial ? load_partial(a + i * a_row, n) : load(a + i * a_row);
#pragma GCC unroll 16
  for (int j = 0; j < kColumns; ++j) {
    const Vec<T> y = kPartial ? load_partial(b + j * b_row, n) : load(b + j * b_row);
#pragma GCC unroll 16
    for (int i = 0; i < kRows; ++i) sum[i][j] = fma(x[i], y, sum[i][j]);
  }
}

// The sums of the lanes of v[0], v[1], ... in the lanes of v[0], each added up in the same order as by sum_lanes.
template <typename T, int kBit = kLanes<T> / 2>
LAMINA_INLINE void sum_lanes_of_each(Vec<T> (&v)[kLanes<T>]) {
  if constexpr (kBit > 0) {
    constexpr auto kEach = std::make_integer_sequence<int, kLanes<T>>();
#pragma GCC unroll 16
    for (int i = 0; i < kBit; ++i) {
      v[i] = exchange<kBit, false>(v[i], v[i + kBit], kEach) + exchange<kBit, true>(v[i], v[i + kBit], kEach);
    }
    sum_lanes_of_each<T, kBit / 2>(v);
  }
}

template <typename T, int kRows, int kColumns>
LAMINA_INLINE void dot_tile(const GemmTask<T>& task, int64_t i0, int64_t j0) {
  constexpr int kLane = kLanes<T>, kSums = kRows * kColumns, kGroups = (kSums + kLane - 1) / kLane;
  const T* a = task.a + i0 * task.a_row;
  const T* b = task.b + j0 * task.b_step;
  const int64_t a_row = task.a_row, b_row = task.b_step, k = task.k;
  Vec<T> sum[kRows][kColumns] = {};
  int64_t p = 0;
  for (; p + kLane <= k; p += kLane) dot_step<false>(a + p, a_row, b + p, b_row, 0, sum);
  if (p < k) dot_step<true>(a + p, a_row, b + p, b_row, k - p, sum);

  T total[kGroups * kLane];
#pragma GCC unroll 16
  for (int g = 0; g < kGroups; ++g) {
    Vec<T> some[kLane];
#pragma GCC unroll 16
    for (int l = 0; l < kLane; ++l) {
      const int s = g * kLane + l;
      some[l] = s < kSums ? sum[s / kColumns][s % kColumns] : Vec<T>{};
    }
    sum_lanes_of_each<T>(some);
    store(total + g * kLane, some[0]);
  }
  for (int i = 0; i < kRows; ++i) {
    T* c = task.c + (i0 + i) * task.c_row + j0;
    const T* start = task.start == nullptr ? nullptr : task.start + (i0 + i) * task.start_row + j0;
    for (int j = 0; j < kColumns; ++j) c[j] = total[i * kColumns + j] + (start == nullptr ? T(0) : start[j]);
  }
}

// All the columns of the rows from i on, kRows at a time; returns the first row left over.
template <int kRows, int kColumns, typename T>
LAMINA_INLINE int64_t dot_rows(const GemmTask<T>& task, int64_t i, int64_t rows) {
  for (; i + kRows <= rows; i += kRows) {
    int64_t j = 0;
    for (; j + kColumns <= task.columns; j += kColumns) dot_tile<T, kRows, kColumns>(task, i, j);
    for (; j < task.columns; ++j) dot_tile<T, kRows, 1>(task, i, j);
  }
  return i;
}

template <typename T>
void gemm_dot(const GemmTask<T>& task, int64_t rows) {
  int64_t i = 0;
  if constexpr (kVectorRegisters >= 32) i = dot_rows<4, 6>(task, i, rows);
  i = dot_rows<2, 6>(task, i, rows);
  dot_rows<1, 8>(task, i, rows);
}

}  // namespace lamina::LAMINA_ISA
