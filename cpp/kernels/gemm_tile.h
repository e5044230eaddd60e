#pragma once

#include "kernels/gemm.h"
#include "kernels/vec.h"

// The micro-kernel: a tile of C stays in registers while a column of A and a row of B pass by.
namespace lamina::LAMINA_ISA {

// A tile needs its sums, one row of B and one element of A at a time.
constexpr int max_rows(int vectors) {
  const int rows = (kVectorRegisters - 1 - vectors) / vectors;
  return rows < GemmKernels<float>::kMaxRows ? rows : GemmKernels<float>::kMaxRows;
}

// kVectors = 0: one vector of which only the first task.columns lanes exist.
template <typename T, int kRows, int kVectors>
void gemm_tile(const GemmTask<T>& task) {
  constexpr bool kPartial = kVectors == 0;
  constexpr int kWidth = kPartial ? 1 : kVectors;
  // Rows are reached from one pointer per three: base, base + row, base + 2 * row are addressing modes.
  constexpr int kGroup = 3;
  constexpr int kGroups = (kRows + kGroup - 1) / kGroup;
  const int64_t a_row = task.a_row, a_step = task.a_step, b_step = task.b_step, columns = task.columns;
  const auto read = [columns](const T* p) { return kPartial ? load_partial(p, columns) : load(p); };

  const T* b = task.b;
  const T* a[kGroups];
#pragma GCC unroll 16
  for (int g = 0; g < kGroups; ++g) a[g] = task.a + g * kGroup * a_row;
  // C is touched last and lies farthest away.
#pragma GCC unroll 16
  for (int i = 0; i < kRows; ++i) {
#pragma GCC unroll 16
    for (int j = 0; j < kWidth; ++j) __builtin_prefetch(task.c + i * task.c_row + j * kLanes<T>, 1);
  }
  // The loop below has room for a prefetch, not for a branch.
  const T* ahead = task.ahead == nullptr ? task.b : task.ahead;
  const int64_t line = task.ahead == nullptr ? 0 : task.ahead_step;
  const int64_t skip_ahead = task.ahead == nullptr ? 0 : task.ahead_run - task.k * line;
  Vec<T> sum[kRows][kWidth] = {};
  for (int64_t run = task.runs; run > 0; --run) {
    for (int64_t p = task.k; p > 0; --p) {
      Vec<T> row[kWidth];
#pragma GCC unroll 16
      for (int j = 0; j < kWidth; ++j) row[j] = read(b + j * kLanes<T>);
#pragma GCC unroll 16
      for (int i = 0; i < kRows; ++i) {
        const Vec<T> x = broadcast(a[i / kGroup][i % kGroup * a_row]);
#pragma GCC unroll 16
        for (int j = 0; j < kWidth; ++j) sum[i][j] = fma(x, row[j], sum[i][j]);
      }
      __builtin_prefetch(ahead, 0, 2);
      ahead += line;
      b += b_step;
#pragma GCC unroll 16
      for (int g = 0; g < kGroups; ++g) a[g] += a_step;
    }
    ahead += skip_ahead;
    const int64_t skip = task.a_run - task.k * a_step;
#pragma GCC unroll 16
    for (int g = 0; g < kGroups; ++g) a[g] += skip;
  }

  if (task.start != nullptr) {
    const T* start = task.start;
    const int64_t start_row = task.start_row;
#pragma GCC unroll 16
    for (int i = 0; i < kRows; ++i, start += start_row) {
#pragma GCC unroll 16
      for (int j = 0; j < kWidth; ++j) sum[i][j] += read(start + j * kLanes<T>);
    }
  }
  T* c = task.c;
  const int64_t c_row = task.c_row;
#pragma GCC unroll 16
  for (int i = 0; i < kRows; ++i, c += c_row) {
#pragma GCC unroll 16
    for (int j = 0; j < kWidth; ++j) {
      if constexpr (kPartial) {
        store_partial(c, sum[i][j], columns);
      } else {
        store(c + j * kLanes<T>, sum[i][j]);
      }
    }
  }
}

}  // namespace lamina::LAMINA_ISA
