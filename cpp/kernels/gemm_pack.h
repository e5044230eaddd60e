#pragma once

#include <utility>

#include "kernels/gemm.h"
#include "kernels/vec.h"

// Copies of a block of an operand in the order in which the tiles read it.
namespace lamina::LAMINA_ISA {

template <typename T>
LAMINA_INLINE Vec<T> load_up_to(const T* p, int64_t n) {
  return n >= kLanes<T> ? load(p) : load_partial(p, n);
}

template <typename T>
LAMINA_INLINE void copy_row(const T* from, T* to, int64_t n) {
  int64_t j = 0;
  for (; j + kLanes<T> <= n; j += kLanes<T>) store(to + j, load(from + j));
  if (j < n) store_partial(to + j, load_partial(from + j, n - j), n - j);
}

template <typename T>
void gemm_pack(const T* x, int64_t x_row, int64_t rows, int64_t columns, T* panels, int64_t width) {
  // Rows are too short and too far apart for the hardware to foresee them.
  constexpr int64_t kAhead = 2;
  constexpr int64_t kLine = 64 / sizeof(T);
  for (int64_t i = 0; i < rows; ++i) {
    const T* row = x + i * x_row;
    for (int64_t j = 0; j < columns; j += kLine) __builtin_prefetch(row + kAhead * x_row + j);
    for (int64_t j = 0; j < columns; j += width) {
      copy_row(row + j, panels + j * rows + i * width, columns - j < width ? columns - j : width);
    }
  }
}

// Lane l of the result is, where bit kBit of l is 0, lane l of a, else lane l - kBit of b; for the upper half: lane
// l + kBit of a, else lane l of b.
template <int kBit, bool kUpper, typename V, int... kLane>
LAMINA_INLINE V exchange(V a, V b, std::integer_sequence<int, kLane...>) {
  constexpr int kCount = sizeof...(kLane);
  constexpr int kFromA = kUpper ? kBit : 0, kFromB = kUpper ? kCount : kCount - kBit;
  return __builtin_shufflevector(a, b, (kLane + (kLane & kBit ? kFromB : kFromA))...);
}

// Transposes a square in place: for every bit of the index, rows and columns swap theirs.
template <typename T, int kBit = 1>
LAMINA_INLINE void transpose(Vec<T> (&square)[kLanes<T>]) {
  if constexpr (kBit < kLanes<T>) {
    constexpr auto kEach = std::make_integer_sequence<int, kLanes<T>>();
#pragma GCC unroll 16
    for (int i = 0; i < kLanes<T>; ++i) {
      if (i & kBit) continue;
      const Vec<T> a = square[i], b = square[i + kBit];
      square[i] = exchange<kBit, false>(a, b, kEach);
      square[i + kBit] = exchange<kBit, true>(a, b, kEach);
    }
    transpose<T, 2 * kBit>(square);
  }
}

// Transposes the square at x, of which `rows` rows and `columns` columns exist (as many as lanes: a whole one), and
// stores its columns in full vectors, in which lanes of rows that do not exist are 0.
template <bool kWhole, typename T>
LAMINA_INLINE void transpose_to(const T* x, int64_t x_row, int64_t rows, int64_t columns, T* to, int64_t to_row) {
  Vec<T> square[kLanes<T>];
#pragma GCC unroll 16
  for (int s = 0; s < kLanes<T>; ++s, x += x_row) {
    square[s] = kWhole ? load(x) : s < rows ? load_up_to(x, columns) : Vec<T>{};
  }
  transpose<T>(square);
#pragma GCC unroll 16
  for (int s = 0; s < kLanes<T>; ++s, to += to_row) {
    if (kWhole || s < columns) store(to, square[s]);
  }
}

template <typename T>
void gemm_pack_transposed(const T* x, int64_t x_row, int64_t rows, int64_t columns, T* panels, int64_t width) {
  constexpr int kSide = kLanes<T>;
  for (int64_t j = 0; j < columns; j += kSide) {
    T* panel = panels + j / width * width * rows + j % width;
    const T* from = x + j * x_row;
    const int64_t filled = columns - j < kSide ? columns - j : kSide;
    int64_t i = 0;
    if (filled == kSide) {
      for (; i + kSide <= rows; i += kSide) transpose_to<true>(from + i, x_row, kSide, kSide, panel + i * width, width);
    }
    for (; i < rows; i += kSide) {
      transpose_to<false>(from + i, x_row, filled, rows - i, panel + i * width, width);
    }
  }
}

}  // namespace lamina::LAMINA_ISA
