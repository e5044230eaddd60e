#include "kernels/row_norm.h"

#include "kernels/floating.h"

namespace lamina::LAMINA_ISA {
namespace {

// f(first element, lanes) for every vector of a row, the last one perhaps a part.
template <typename T, typename F>
LAMINA_INLINE void each_vector(int64_t n, F f) {
  int64_t i = 0;
  for (; i + kLanes<T> <= n; i += kLanes<T>) f(i, int64_t{kLanes<T>});
  if (i < n) f(i, n - i);
}

template <typename T>
LAMINA_INLINE Vec<T> load_some(const T* p, int64_t lanes) {
  return lanes == kLanes<T> ? load(p) : load_partial(p, lanes);
}

// Sums over a row of what f(first element, lanes, terms) says, a few vectors of them apart to hide the latency of
// additions. Lanes beyond the row must come as 0.
template <typename T, int kSums, typename F>
LAMINA_INLINE void sum_row(int64_t n, T (&sums)[kSums], F f) {
  constexpr int kApart = 4;
  Vec<T> total[kApart][kSums] = {};
  int64_t i = 0;
  for (; i + kApart * kLanes<T> <= n; i += kApart * kLanes<T>) {
    for (int v = 0; v < kApart; ++v) f(i + v * kLanes<T>, int64_t{kLanes<T>}, total[v]);
  }
  for (; i + kLanes<T> <= n; i += kLanes<T>) f(i, int64_t{kLanes<T>}, total[0]);
  if (i < n) f(i, n - i, total[1]);
  for (int s = 0; s < kSums; ++s) {
    sums[s] = sum_lanes((total[0][s] + total[1][s]) + (total[2][s] + total[3][s]));
  }
}

// x - mean in the lanes that exist.
template <typename T>
LAMINA_INLINE Vec<T> centred(const T* x, int64_t lanes, Vec<T> mean) {
  const Vec<T> all = load_some(x, lanes) - mean;
  if (lanes == kLanes<T>) return all;
  return select(lane_numbers<T>() < static_cast<Lane<Mask<Vec<T>>>>(lanes), all, Vec<T>{});
}

template <typename T>
struct Moments {
  Vec<T> mean, rstd;
};

template <typename T>
LAMINA_INLINE Moments<T> moments(const T* x, int64_t n, T epsilon) {
  const T count = static_cast<T>(n);
  const Vec<T> first = broadcast(x[0]);  // about this: a mean far from zero costs no digits
  T sum[1], squares[1];
  sum_row<T>(n, sum, [&](int64_t i, int64_t lanes, Vec<T>(&total)[1]) { total[0] += centred(x + i, lanes, first); });
  const Vec<T> mean = broadcast(x[0] + sum[0] / count);
  sum_row<T>(n, squares, [&](int64_t i, int64_t lanes, Vec<T>(&total)[1]) {
    const Vec<T> away = centred(x + i, lanes, mean);
    total[0] = fma(away, away, total[0]);
  });
  return {mean, T(1) / sqrt(broadcast(squares[0] / count + epsilon))};
}

template <typename T>
void forward(const T* x, int64_t rows, int64_t n, T epsilon, const T* gamma, const T* beta, T* y) {
  for (; rows > 0; --rows, x += n, y += n) {
    const Moments<T> of = moments(x, n, epsilon);
    each_vector<T>(n, [&](int64_t i, int64_t lanes) {
      const Vec<T> h = (load_some(x + i, lanes) - of.mean) * of.rstd;
      store_first(y + i, fma(h, load_some(gamma + i, lanes), load_some(beta + i, lanes)), lanes);
    });
  }
}

// With g = dy gamma: dx = rstd (g - mean(g) - h mean(g h)).
template <typename T>
void backward(const T* dy, const T* x, int64_t rows, int64_t n, T epsilon, const T* gamma, T* dx, T* dgamma, T* dbeta) {
  for (; rows > 0; --rows, dy += n, x += n, dx += n) {
    const Moments<T> of = moments(x, n, epsilon);
    T sums[2];
    sum_row<T>(n, sums, [&](int64_t i, int64_t lanes, Vec<T>(&total)[2]) {
      const Vec<T> slope = load_some(dy + i, lanes), g = slope * load_some(gamma + i, lanes);
      const Vec<T> h = centred(x + i, lanes, of.mean) * of.rstd;
      total[0] += g;
      total[1] = fma(g, h, total[1]);
      store_first(dgamma + i, fma(slope, h, load_some(dgamma + i, lanes)), lanes);
      store_first(dbeta + i, slope + load_some(dbeta + i, lanes), lanes);
    });
    const Vec<T> level = broadcast(sums[0] / static_cast<T>(n)), tilt = broadcast(sums[1] / static_cast<T>(n));
    each_vector<T>(n, [&](int64_t i, int64_t lanes) {
      const Vec<T> h = (load_some(x + i, lanes) - of.mean) * of.rstd;
      const Vec<T> g = load_some(dy + i, lanes) * load_some(gamma + i, lanes);
      store_first(dx + i, (g - level - h * tilt) * of.rstd, lanes);
    });
  }
}

template <typename T>
constexpr RowNormKernels<T> kTable = {forward<T>, backward<T>};

}  // namespace

const PerFloat<RowNormKernels> row_norm_kernels = {kTable<float>, kTable<double>};

}  // namespace lamina::LAMINA_ISA
