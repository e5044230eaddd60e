#pragma once

#include "kernels/math.h"
#include "kernels/softmax.h"

// Walking along the lines of a matrix that are summed, short rows and columns as many at a time as a vector has lanes.
namespace lamina::LAMINA_ISA {

// --- layouts: the elements of one line, or of as many lines as a vector has lanes, a vector at a time ----------------

// A row of n elements. `all_*` combine the lanes and give the result in every lane.
template <typename T>
struct AlongRow {
  static constexpr int64_t kStep = kLanes<T>;
  int64_t n;

  // Lanes beyond the end are `rest`.
  LAMINA_INLINE Vec<T> get(const T* p, int64_t i, T rest) const {
    const int64_t left = n - i;
    if (left >= kLanes<T>) return load(p + i);
    return select(lane_numbers<T>() < Lane<Mask<Vec<T>>>(left), load_partial(p + i, left), broadcast(rest));
  }
  LAMINA_INLINE void put(T* p, int64_t i, Vec<T> v) const {
    store_first(p + i, v, n - i < kLanes<T> ? n - i : kLanes<T>);
  }
  // Where element i of the line in lane r is.
  LAMINA_INLINE static int64_t place(int64_t, int64_t i) { return i; }
  LAMINA_INLINE static Vec<T> all_max(Vec<T> v) {
    return across_lanes(v, [](Vec<T> x, Vec<T> y) { return greater(x, y); });
  }
  LAMINA_INLINE static Vec<T> all_sum(Vec<T> v) {
    return across_lanes(v, [](Vec<T> x, Vec<T> y) { return x + y; });
  }
};

// Columns of n elements, `width` of them.
template <typename T>
struct DownColumns {
  static constexpr int64_t kStep = 1;
  int64_t n, step, width;

  LAMINA_INLINE Vec<T> get(const T* p, int64_t i, T) const {
    return width == kLanes<T> ? load(p + i * step) : load_partial(p + i * step, width);
  }
  LAMINA_INLINE void put(T* p, int64_t i, Vec<T> v) const { store_first(p + i * step, v, width); }
  LAMINA_INLINE int64_t place(int64_t r, int64_t i) const { return i * step + r; }
  LAMINA_INLINE static Vec<T> all_max(Vec<T> v) { return v; }
  LAMINA_INLINE static Vec<T> all_sum(Vec<T> v) { return v; }
};

// Short rows waste most of a vector: as many of them as it has lanes are turned into columns first.
template <typename T>
struct Block {
  alignas(kVectorBytes) T data[kShortRow * kLanes<T>];

  LAMINA_INLINE void take(const T* rows, int64_t count, int64_t n) {
    for (int64_t r = 0; r < kLanes<T>; ++r) {
      const T* row = rows + (r < count ? r * n : 0);
      for (int64_t j = 0; j < n; ++j) data[j * kLanes<T> + r] = row[j];
    }
  }
  LAMINA_INLINE void give(T* rows, int64_t count, int64_t n) const {
    for (int64_t r = 0; r < count; ++r) {
      for (int64_t j = 0; j < n; ++j) rows[r * n + j] = data[j * kLanes<T> + r];
    }
  }
};

// Calls f(layout, inputs, output, first row, rows) until all rows are done: for one long row, or for a block of short
// ones, whose lane r is row first + r. Without an output, f gets a null pointer.
template <typename T, int kInputs, typename F>
LAMINA_INLINE void each_rows(int64_t rows, int64_t n, const T* const (&inputs)[kInputs], T* output, F&& f) {
  const T* pointers[kInputs];
  if (n > kShortRow) {
    for (int64_t i = 0; i < rows; ++i) {
      for (int k = 0; k < kInputs; ++k) pointers[k] = inputs[k] + i * n;
      f(AlongRow<T>{n}, pointers, output == nullptr ? nullptr : output + i * n, i, 1);
    }
    return;
  }
  Block<T> blocks[kInputs], result;
  for (int k = 0; k < kInputs; ++k) pointers[k] = blocks[k].data;
  for (int64_t i = 0; i < rows; i += kLanes<T>) {
    const int64_t count = rows - i < kLanes<T> ? rows - i : kLanes<T>;
    for (int k = 0; k < kInputs; ++k) blocks[k].take(inputs[k] + i * n, count, n);
    f(DownColumns<T>{n, kLanes<T>, kLanes<T>}, pointers, output == nullptr ? nullptr : result.data, i, count);
    if (output != nullptr) result.give(output + i * n, count, n);
  }
}

// The same for lines of either kind, where f needs no row numbers.
template <typename T, int kInputs, typename F>
LAMINA_INLINE void each_line(Lines lines, const T* const (&inputs)[kInputs], T* output, F&& f) {
  if (lines.step == 1) {
    each_rows(lines.count, lines.n, inputs, output,
              [&](const auto& line, const T* const* x, T* y, int64_t, int64_t) { f(line, x, y); });
    return;
  }
  const T* pointers[kInputs];
  for (int64_t i = 0; i < lines.count; i += kLanes<T>) {
    const int64_t width = lines.count - i < kLanes<T> ? lines.count - i : kLanes<T>;
    for (int k = 0; k < kInputs; ++k) pointers[k] = inputs[k] + i;
    f(DownColumns<T>{lines.n, lines.step, width}, pointers, output + i);
  }
}

// --- parts -----------------------------------------------------------------------------------------------------------

template <typename T, typename Layout>
LAMINA_INLINE Vec<T> max_of(const Layout& line, const T* x) {
  Vec<T> m = broadcast(T(-kInfinity));
  for (int64_t i = 0; i < line.n; i += line.kStep) m = greater(m, line.get(x, i, T(-kInfinity)));
  return line.all_max(m);
}

// The sum of term(i) over the elements, where term gives 0 for lanes beyond the end.
template <typename T, typename Layout, typename F>
LAMINA_INLINE Vec<T> sum_of(const Layout& line, F&& term) {
  Vec<T> sum{};
  for (int64_t i = 0; i < line.n; i += line.kStep) sum += term(i);
  return line.all_sum(sum);
}

template <typename T, typename Layout>
LAMINA_INLINE Vec<T> sum_of_line(const Layout& line, const T* x) {
  return sum_of<T>(line, [&](int64_t i) { return line.get(x, i, 0); });
}

template <typename T, typename Layout>
LAMINA_INLINE Vec<T> log_sum_exp(const Layout& line, const T* x, Vec<T> m) {
  return log(sum_of<T>(line, [&](int64_t i) { return exp(line.get(x, i, T(-kInfinity)) - m); }));
}

// y = exp(x - max(x)); gives the sum of y. Here and below y may be x.
template <typename T, typename Layout>
LAMINA_INLINE Vec<T> exponentiate(const Layout& line, const T* x, T* y) {
  const Vec<T> m = max_of(line, x);
  return sum_of<T>(line, [&](int64_t i) {
    const Vec<T> e = exp(line.get(x, i, T(-kInfinity)) - m);
    line.put(y, i, e);
    return e;
  });
}

// y = f(i) for all elements.
template <typename T, typename Layout, typename F>
LAMINA_INLINE void fill(const Layout& line, T* y, F&& f) {
  for (int64_t i = 0; i < line.n; i += line.kStep) line.put(y, i, f(i));
}

}  // namespace lamina::LAMINA_ISA
