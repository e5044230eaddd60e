#include "kernels/batch_norm.h"

#include "kernels/lanes.h"

namespace lamina::LAMINA_ISA {
namespace {

constexpr int64_t kNarrowest = 64;           // matrices narrower than this are walked as wider ones
constexpr int64_t kWidest = 2 * kNarrowest;  // of those
// Vectors of columns summed at a time: the more of a row are read at once, the better memory foresees them.
constexpr int kTogether = kVectorRegisters / 4;

template <typename T>
LAMINA_INLINE Vec<T> load_some(const T* p, int64_t lanes) {
  return lanes == kLanes<T> ? load(p) : load_partial(p, lanes);
}

// Numbers per column of a matrix of n columns, seen as one of `together` times as many: several rows one after the
// other are one row of that.
template <typename T, int kCount>
struct Columns {
  LAMINA_INLINE Columns(int64_t n_, const T* const (&given)[kCount])
      : n(n_), together(n_ > 0 && n_ < kNarrowest ? kWidest / n_ : 1), width(together * n_) {
    for (int p = 0; p < kCount; ++p) {
      wide[p] = together > 1 ? copies[p] : given[p];
      for (int64_t i = 0, column = 0; together > 1 && i < width; ++i) {
        copies[p][i] = given[p][column];
        if (++column == n) column = 0;
      }
    }
  }
  Columns(const Columns&) = delete;

  int64_t n, together, width;
  const T* wide[kCount];
  T copies[kCount][kWidest];
};

// f(first element, first column, lanes) for every vector of a matrix, row by row.
template <typename T, int kCount, typename F>
LAMINA_INLINE void each_vector(const Columns<T, kCount>& columns, int64_t rows, F f) {
  const auto walk = [&](int64_t begin, int64_t end, int64_t width) {
    for (int64_t row = begin; row < end; row += width) {
      int64_t j = 0;
      for (; j + kLanes<T> <= width; j += kLanes<T>) f(row + j, j, int64_t{kLanes<T>});
      if (j < width) f(row + j, j, width - j);
    }
  };
  const int64_t size = rows * columns.n, whole = size - size % (columns.width > 0 ? columns.width : 1);
  walk(0, whole, columns.width);
  walk(whole, size, columns.n);
}

// sums[s][column] = the sum over rows of term s, where f(element, column, lanes, terms) adds a vector's terms.
template <int kSums, typename T, int kCount, typename F>
LAMINA_INLINE void sum_columns(const Columns<T, kCount>& columns, int64_t rows, T* const (&sums)[kSums], F f) {
  // Columns of a block of rows, a few vectors of them at a time in registers.
  const auto block = [&](int64_t begin, int64_t count, int64_t width, T* const(&out)[kSums]) {
    int64_t j = 0;
    for (; j + kTogether * kLanes<T> <= width; j += kTogether * kLanes<T>) {
      Vec<T> total[kTogether][kSums] = {};
      for (int64_t row = 0; row < count; ++row) {
        for (int v = 0; v < kTogether; ++v) {
          const int64_t column = j + v * kLanes<T>;
          f(begin + row * width + column, column, int64_t{kLanes<T>}, total[v]);
        }
      }
      for (int v = 0; v < kTogether; ++v) {
        for (int s = 0; s < kSums; ++s) store(out[s] + j + v * kLanes<T>, total[v][s]);
      }
    }
    for (; j < width; j += kLanes<T>) {
      const int64_t lanes = width - j < kLanes<T> ? width - j : kLanes<T>;
      Vec<T> total[kSums] = {};
      for (int64_t row = 0; row < count; ++row) f(begin + row * width + j, j, lanes, total);
      for (int s = 0; s < kSums; ++s) store_first(out[s] + j, total[s], lanes);
    }
  };
  if (columns.together == 1) return block(0, rows, columns.n, sums);
  T wide[kSums][kWidest], rest[kSums][kWidest];
  T *wide_sums[kSums], *rest_sums[kSums];
  for (int s = 0; s < kSums; ++s) wide_sums[s] = wide[s], rest_sums[s] = rest[s];
  const int64_t wide_rows = rows / columns.together, done = wide_rows * columns.together;
  block(0, wide_rows, columns.width, wide_sums);
  block(done * columns.n, rows - done, columns.n, rest_sums);
  for (int s = 0; s < kSums; ++s) {
    for (int64_t column = 0; column < columns.n; ++column) {
      T total = rest[s][column];
      for (int64_t i = column; i < columns.width; i += columns.n) total += wide[s][i];
      sums[s][column] = total;
    }
  }
}

template <typename T>
void moments(const T* x, int64_t rows, int64_t n, T* mean, T* squares) {
  {
    const Columns<T, 1> columns(n, {x});  // about the first row: a mean far from zero costs no digits
    sum_columns<1>(columns, rows, {mean}, [&](int64_t i, int64_t j, int64_t lanes, Vec<T>(&sum)[1]) {
      sum[0] += load_some(x + i, lanes) - load_some(columns.wide[0] + j, lanes);
    });
  }
  for (int64_t j = 0; j < n; ++j) mean[j] = x[j] + mean[j] / static_cast<T>(rows);
  const Columns<T, 1> columns(n, {mean});
  sum_columns<1>(columns, rows, {squares}, [&](int64_t i, int64_t j, int64_t lanes, Vec<T>(&sum)[1]) {
    const Vec<T> centred = load_some(x + i, lanes) - load_some(columns.wide[0] + j, lanes);
    sum[0] = fma(centred, centred, sum[0]);
  });
}

template <typename T>
void forward(const T* x, int64_t rows, int64_t n, const T* mean, const T* scale, const T* offset, T* y) {
  const Columns<T, 3> columns(n, {mean, scale, offset});
  each_vector(columns, rows, [&](int64_t i, int64_t j, int64_t lanes) {
    const Vec<T> centred = load_some(x + i, lanes) - load_some(columns.wide[0] + j, lanes);
    const Vec<T> result = fma(centred, load_some(columns.wide[1] + j, lanes), load_some(columns.wide[2] + j, lanes));
    store_first(y + i, result, lanes);
  });
}

template <typename T>
void sums(const T* dy, const T* x, int64_t rows, int64_t n, const T* mean, T* sum, T* product) {
  const Columns<T, 1> columns(n, {mean});
  sum_columns<2>(columns, rows, {sum, product}, [&](int64_t i, int64_t j, int64_t lanes, Vec<T>(&total)[2]) {
    const Vec<T> slope = load_some(dy + i, lanes);
    total[0] += slope;
    total[1] = fma(slope, load_some(x + i, lanes) - load_some(columns.wide[0] + j, lanes), total[1]);
  });
}

template <typename T>
void backward(const T* dy, const T* x, int64_t rows, int64_t n, const T* mean, const T* a, const T* b, const T* c,
              T* dx) {
  const Columns<T, 4> columns(n, {mean, a, b, c});
  each_vector(columns, rows, [&](int64_t i, int64_t j, int64_t lanes) {
    const Vec<T> centred = load_some(x + i, lanes) - load_some(columns.wide[0] + j, lanes);
    const Vec<T> rest = fma(centred, load_some(columns.wide[2] + j, lanes), load_some(columns.wide[3] + j, lanes));
    store_first(dx + i, fma(load_some(dy + i, lanes), load_some(columns.wide[1] + j, lanes), rest), lanes);
  });
}

template <typename T>
constexpr BatchNormKernels<T> kTable = {moments<T>, forward<T>, sums<T>, backward<T>};

}  // namespace

const PerFloat<BatchNormKernels> batch_norm_kernels = {kTable<float>, kTable<double>};

}  // namespace lamina::LAMINA_ISA
