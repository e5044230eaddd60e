#pragma once

#include "kernels/gemm.h"
#include "kernels/gemm_pack.h"

// Products of rows of A that are mostly zeros: what is left of such a row is a short sum of rows of B.
namespace lamina::LAMINA_ISA {

template <typename T>
LAMINA_INLINE int32_t find_nonzeros(const T* a, int64_t k, int32_t* positions) {
  int64_t count = 0, p = 0;
#if defined(__AVX512F__)
  if constexpr (sizeof(T) == 4) {
    const __m512i lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    for (; p < k; p += kLanes<T>) {
      const __m512 x = (__m512)load_up_to(a + p, k - p);
      const __mmask16 found = _mm512_cmp_ps_mask(x, _mm512_setzero_ps(), _CMP_NEQ_UQ);
      const __m512i places = _mm512_add_epi32(lanes, _mm512_set1_epi32(static_cast<int32_t>(p)));
      _mm512_storeu_si512(positions + count, _mm512_maskz_compress_epi32(found, places));
      count += __builtin_popcount(found);
    }
  }
#endif
  for (; p < k; ++p) {
    positions[count] = static_cast<int32_t>(p);
    count += a[p] != T(0);
  }
  return static_cast<int32_t>(count);
}

template <typename T>
void gemm_nonzeros(const GemmTask<T>& task, int64_t rows, Nonzeros found) {
  for (int64_t i = 0; i < rows; ++i) {
    found.count[i] = find_nonzeros(task.a + i * task.a_row, task.k, found.positions + i * found.room);
  }
}

// Columns j... of a row. kVectors = 0: one vector of which only the first `columns` lanes exist.
template <typename T, int kVectors>
LAMINA_INLINE void sum_rows(const T* a, const int32_t* positions, int64_t count, const T* b, int64_t b_step,
                            const T* start, T* c, int64_t columns) {
  constexpr bool kPartial = kVectors == 0;
  constexpr int kWidth = kPartial ? 1 : kVectors;
  const auto read = [columns](const T* from) { return kPartial ? load_partial(from, columns) : load(from); };
  Vec<T> sum[kWidth] = {};
  for (int64_t s = 0; s < count; ++s) {
    const int64_t p = positions[s];
    const T* row = b + p * b_step;
    const Vec<T> x = broadcast(a[p]);
#pragma GCC unroll 16
    for (int v = 0; v < kWidth; ++v) sum[v] = fma(x, read(row + v * kLanes<T>), sum[v]);
  }
  if (start != nullptr) {
#pragma GCC unroll 16
    for (int v = 0; v < kWidth; ++v) sum[v] += read(start + v * kLanes<T>);
  }
#pragma GCC unroll 16
  for (int v = 0; v < kWidth; ++v) {
    if constexpr (kPartial) {
      store_partial(c, sum[v], columns);
    } else {
      store(c + v * kLanes<T>, sum[v]);
    }
  }
}

template <typename T, int kVectors>
LAMINA_INLINE void sum_rows(const GemmTask<T>& task, int64_t rows, Nonzeros found, int64_t j, int64_t columns) {
  const T* start = task.start == nullptr ? nullptr : task.start + j;
  for (int64_t i = 0; i < rows; ++i) {
    sum_rows<T, kVectors>(task.a + i * task.a_row, found.positions + i * found.room, found.count[i], task.b + j,
                          task.b_step, start, task.c + i * task.c_row + j, columns);
    if (start != nullptr) start += task.start_row;
  }
}

// Enough sums side by side to hide the latency of a multiply-add, then ever fewer.
template <typename T, int kVectors>
LAMINA_INLINE void sum_columns_from(const GemmTask<T>& task, int64_t rows, Nonzeros found, int64_t j) {
  constexpr int64_t kWidth = kVectors * kLanes<T>;
  for (; j + kWidth <= task.columns; j += kWidth) sum_rows<T, kVectors>(task, rows, found, j, kWidth);
  if constexpr (kVectors > 1) {
    sum_columns_from<T, kVectors / 2>(task, rows, found, j);
  } else if (j < task.columns) {
    sum_rows<T, 0>(task, rows, found, j, task.columns - j);
  }
}

// A is contiguous along its rows.
template <typename T>
void gemm_sparse(const GemmTask<T>& task, int64_t rows, Nonzeros found) {
  sum_columns_from<T, 8>(task, rows, found, 0);
}

}  // namespace lamina::LAMINA_ISA
