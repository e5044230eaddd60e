#include "kernels/softmax.h"

#include "kernels/math.h"

namespace lamina::LAMINA_ISA {
namespace {

template <typename T>
LAMINA_INLINE Vec<T> max(Vec<T> x, Vec<T> y) {
  return select(x > y, x, y);
}

// A row of n elements, a vector of neighbours at a time. `all_*` gives the result over all lanes in every lane.
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
  LAMINA_INLINE void put(T* p, int64_t i, Vec<T> v) const { store_first(p + i, v, n - i < kLanes<T> ? n - i : kLanes<T>); }
  LAMINA_INLINE static Vec<T> all_max(Vec<T> v) {
    return across_lanes(v, [](Vec<T> x, Vec<T> y) { return max<T>(x, y); });
  }
  LAMINA_INLINE static Vec<T> all_sum(Vec<T> v) {
    return across_lanes(v, [](Vec<T> x, Vec<T> y) { return x + y; });
  }
};

// As many columns of n elements as a vector has lanes, or `width` of them at the edge.
template <typename T>
struct DownColumns {
  static constexpr int64_t kStep = 1;
  int64_t n, step, width;

  LAMINA_INLINE Vec<T> get(const T* p, int64_t i, T) const {
    return width == kLanes<T> ? load(p + i * step) : load_partial(p + i * step, width);
  }
  LAMINA_INLINE void put(T* p, int64_t i, Vec<T> v) const { store_first(p + i * step, v, width); }
  LAMINA_INLINE static Vec<T> all_max(Vec<T> v) { return v; }
  LAMINA_INLINE static Vec<T> all_sum(Vec<T> v) { return v; }
};

constexpr double kLowest = -kInfinity;

template <typename T, typename Layout>
LAMINA_INLINE Vec<T> max_of(const Layout& line, const T* x) {
  Vec<T> m = broadcast(T(kLowest));
  for (int64_t i = 0; i < line.n; i += line.kStep) m = max<T>(m, line.get(x, i, T(kLowest)));
  return line.all_max(m);
}

template <typename T, typename Layout>
LAMINA_INLINE Vec<T> sum_of_exp(const Layout& line, const T* x, Vec<T> m) {
  Vec<T> sum{};
  for (int64_t i = 0; i < line.n; i += line.kStep) sum += exp(line.get(x, i, T(kLowest)) - m);
  return line.all_sum(sum);
}

struct Softmax {
  template <typename T, typename Layout>
  LAMINA_INLINE static void run(const Layout& line, const T* x, T* y) {
    const Vec<T> m = max_of(line, x);
    Vec<T> sum{};
    for (int64_t i = 0; i < line.n; i += line.kStep) {
      const Vec<T> e = exp(line.get(x, i, T(kLowest)) - m);
      line.put(y, i, e);
      sum += e;
    }
    sum = line.all_sum(sum);
    for (int64_t i = 0; i < line.n; i += line.kStep) line.put(y, i, line.get(y, i, 0) / sum);
  }
};

struct LogSoftmax {
  template <typename T, typename Layout>
  LAMINA_INLINE static void run(const Layout& line, const T* x, T* y) {
    const Vec<T> m = max_of(line, x);
    const Vec<T> log_sum = log(sum_of_exp(line, x, m));
    for (int64_t i = 0; i < line.n; i += line.kStep) line.put(y, i, line.get(x, i, 0) - m - log_sum);
  }
};

struct SoftmaxGrad {
  template <typename T, typename Layout>
  LAMINA_INLINE static void run(const Layout& line, const T* y, const T* dy, T* dx) {
    Vec<T> sum{};
    for (int64_t i = 0; i < line.n; i += line.kStep) sum += line.get(y, i, 0) * line.get(dy, i, 0);
    sum = line.all_sum(sum);
    for (int64_t i = 0; i < line.n; i += line.kStep) line.put(dx, i, line.get(y, i, 0) * (line.get(dy, i, 0) - sum));
  }
};

struct LogSoftmaxGrad {
  template <typename T, typename Layout>
  LAMINA_INLINE static void run(const Layout& line, const T* y, const T* dy, T* dx) {
    Vec<T> sum{};
    for (int64_t i = 0; i < line.n; i += line.kStep) sum += line.get(dy, i, 0);
    sum = line.all_sum(sum);
    for (int64_t i = 0; i < line.n; i += line.kStep) line.put(dx, i, line.get(dy, i, 0) - exp(line.get(y, i, 0)) * sum);
  }
};

// Runs a function line by line, or a vector of columns by a vector of columns.
template <typename F, typename T, typename... Pointers>
LAMINA_INLINE void each_line(Lines lines, Pointers... pointers) {
  if (lines.step == 1) {
    for (int64_t i = 0; i < lines.count; ++i) F::template run<T>(AlongRow<T>{lines.n}, (pointers + i * lines.n)...);
  } else {
    for (int64_t i = 0; i < lines.count; i += kLanes<T>) {
      const int64_t width = lines.count - i < kLanes<T> ? lines.count - i : kLanes<T>;
      F::template run<T>(DownColumns<T>{lines.n, lines.step, width}, (pointers + i)...);
    }
  }
}

template <typename F, typename T>
void map(const T* x, T* y, Lines lines) {
  each_line<F, T>(lines, x, y);
}

template <typename F, typename T>
void map_grad(const T* y, const T* dy, T* dx, Lines lines) {
  each_line<F, T>(lines, y, dy, dx);
}

template <typename T, typename Label>
void sparse_loss(const T* x, const Label* labels, T* loss, int64_t rows, int64_t n) {
  const AlongRow<T> line{n};
  for (int64_t i = 0; i < rows; ++i, x += n) {
    const bool valid = labels[i] >= 0 && labels[i] < n;
    const Vec<T> m = max_of(line, x);
    const Vec<T> log_sum = log(sum_of_exp(line, x, m));
    loss[i] = valid ? m[0] - x[labels[i]] + log_sum[0] : T(__builtin_nan(""));
  }
}

template <typename T, typename Label>
void sparse_grad(const T* x, const Label* labels, const T* dloss, T* dx, int64_t rows, int64_t n) {
  const AlongRow<T> line{n};
  for (int64_t i = 0; i < rows; ++i, x += n, dx += n) {
    const bool valid = labels[i] >= 0 && labels[i] < n;
    const T scale = valid ? dloss[i] : T(__builtin_nan(""));
    const Vec<T> m = max_of(line, x);
    const Vec<T> factor = scale / sum_of_exp(line, x, m);
    for (int64_t j = 0; j < n; j += line.kStep) line.put(dx, j, exp(line.get(x, j, 0) - m) * factor);
    if (valid) dx[labels[i]] -= scale;
  }
}

template <typename T>
void loss(const T* x, const T* t, T* loss, int64_t rows, int64_t n) {
  const AlongRow<T> line{n};
  for (int64_t i = 0; i < rows; ++i, x += n, t += n) {
    const Vec<T> m = max_of(line, x);
    const Vec<T> log_sum = log(sum_of_exp(line, x, m));
    Vec<T> sum{};
    for (int64_t j = 0; j < n; j += line.kStep) {
      // A class that cannot be (t = 0) costs nothing, even where its logit is -infinity.
      const Vec<T> weight = line.get(t, j, 0);
      sum += select(weight == 0, Vec<T>{}, weight * (m - line.get(x, j, 0) + log_sum));
    }
    loss[i] = line.all_sum(sum)[0];
  }
}

template <typename T>
void loss_grad(const T* x, const T* t, const T* dloss, T* dx, int64_t rows, int64_t n) {
  const AlongRow<T> line{n};
  for (int64_t i = 0; i < rows; ++i, x += n, t += n, dx += n) {
    const Vec<T> m = max_of(line, x);
    Vec<T> total{};
    for (int64_t j = 0; j < n; j += line.kStep) total += line.get(t, j, 0);
    const Vec<T> factor = line.all_sum(total) / sum_of_exp(line, x, m);
    for (int64_t j = 0; j < n; j += line.kStep) {
      line.put(dx, j, dloss[i] * (exp(line.get(x, j, 0) - m) * factor - line.get(t, j, 0)));
    }
  }
}

template <typename T>
constexpr SoftmaxKernels<T> table() {
  return {map<Softmax, T>,
          map<LogSoftmax, T>,
          map_grad<SoftmaxGrad, T>,
          map_grad<LogSoftmaxGrad, T>,
          {sparse_loss<T, int32_t>, sparse_grad<T, int32_t>},
          {sparse_loss<T, int64_t>, sparse_grad<T, int64_t>},
          loss<T>,
          loss_grad<T>};
}

}  // namespace

constinit const PerFloat<SoftmaxKernels> softmax_kernels = {table<float>(), table<double>()};

}  // namespace lamina::LAMINA_ISA
