#include "kernels/crossentropy.h"

#include "kernels/lines.h"

namespace lamina::LAMINA_ISA {
namespace {

// --- of logits -------------------------------------------------------------------------------------------------------

LAMINA_INLINE bool is_class(int32_t label, int64_t n) {
  return label >= 0 && label < n;
}

template <typename T>
void sparse_of_logits(const T* x, const int32_t* labels, T* loss, int64_t rows, int64_t n) {
  each_rows<T>(rows, n, {x}, nullptr, [&](const auto& line, const T* const* in, T*, int64_t first, int64_t count) {
    const Vec<T> m = max_of(line, in[0]), log_sum = log_sum_exp(line, in[0], m);
    for (int64_t r = 0; r < count; ++r) {
      const int64_t i = first + r;
      const int32_t label = labels[i];
      loss[i] = is_class(label, n) ? m[r] - x[i * n + label] + log_sum[r] : T(kNaN);
    }
  });
}

// The rows' factors, as lanes: of one row in every lane, or of a block of rows.
template <typename T>
LAMINA_INLINE Vec<T> row_factors(const T* factors, int64_t count) {
  if (count == kLanes<T>) return load(factors);
  return count == 1 ? broadcast(*factors) : load_partial(factors, count);
}

template <typename T>
void sparse_of_logits_grad(const T* x, const int32_t* labels, const T* dloss, T* dx, int64_t rows, int64_t n) {
  each_rows<T>(rows, n, {x}, dx, [&](const auto& line, const T* const* in, T* out, int64_t first, int64_t count) {
    const Vec<T> factor = row_factors(dloss + first, count) / exponentiate(line, in[0], out);
    fill(line, out, [&](int64_t i) { return line.get(out, i, 0) * factor; });
  });
  for (int64_t i = 0; i < rows; ++i) {
    if (is_class(labels[i], n)) {
      dx[i * n + labels[i]] -= dloss[i];
    } else {
      for (int64_t j = 0; j < n; ++j) dx[i * n + j] = T(kNaN);
    }
  }
}

template <typename T>
void of_logits(const T* x, const T* t, T* loss, int64_t rows, int64_t n) {
  each_rows<T>(rows, n, {x, t}, nullptr, [&](const auto& line, const T* const* in, T*, int64_t first, int64_t count) {
    const Vec<T> m = max_of(line, in[0]), log_sum = log_sum_exp(line, in[0], m);
    const Vec<T> sum = sum_of<T>(line, [&](int64_t i) {
      // A class that cannot be (t = 0) costs nothing, even where its logit is -infinity.
      const Vec<T> weight = line.get(in[1], i, 0);
      return select(weight == 0, Vec<T>{}, weight * (m - line.get(in[0], i, 0) + log_sum));
    });
    for (int64_t r = 0; r < count; ++r) loss[first + r] = sum[r];
  });
}

template <typename T>
void of_logits_grad(const T* x, const T* t, const T* dloss, T* dx, int64_t rows, int64_t n) {
  each_rows<T>(rows, n, {x, t}, dx, [&](const auto& line, const T* const* in, T* out, int64_t first, int64_t count) {
    const Vec<T> factor = sum_of_line(line, in[1]) / exponentiate(line, in[0], out);
    const Vec<T> scale = row_factors(dloss + first, count);
    fill(line, out, [&](int64_t i) { return scale * (line.get(out, i, 0) * factor - line.get(in[1], i, 0)); });
  });
}

// --- of probabilities, scaled to a sum of 1 and clipped --------------------------------------------------------------

template <typename T>
struct Clip {
  T low, high;
  explicit Clip(double epsilon) : low(static_cast<T>(epsilon)), high(static_cast<T>(1 - epsilon)) {}
  LAMINA_INLINE Vec<T> operator()(Vec<T> q) const { return clamp(q, low, high); }
  // Of `slope` what comes through.
  LAMINA_INLINE Vec<T> pass(Vec<T> q, Vec<T> slope) const { return select((q >= low) & (q <= high), slope, Vec<T>{}); }
};

// The probability of each row's label, NaN where that is no class; of one row in every lane.
template <typename T, typename Layout>
LAMINA_INLINE Vec<T> chosen_of(const Layout& line, const T* p, const int32_t* labels, int64_t count) {
  Vec<T> chosen = broadcast(T(kNaN));
  for (int64_t r = 0; r < count; ++r) {
    if (is_class(labels[r], line.n)) chosen[r] = p[line.place(r, labels[r])];
  }
  return count == 1 ? broadcast(Lane<Vec<T>>(chosen[0])) : chosen;
}

template <typename T>
void sparse(const T* p, const int32_t* labels, T* loss, int64_t rows, int64_t n, double epsilon) {
  const Clip<T> clip(epsilon);
  each_rows<T>(rows, n, {p}, nullptr, [&](const auto& line, const T* const* in, T*, int64_t first, int64_t count) {
    const Vec<T> chosen = chosen_of(line, in[0], labels + first, count);
    store_first(loss + first, -log(clip(chosen / sum_of_line(line, in[0]))), count);
  });
}

// dloss (1 / sum - [class = label] / p[label]) where nothing was clipped.
template <typename T>
void sparse_grad(const T* p, const int32_t* labels, const T* dloss, T* dp, int64_t rows, int64_t n, double epsilon) {
  const Clip<T> clip(epsilon);
  each_rows<T>(rows, n, {p}, dp, [&](const auto& line, const T* const* in, T* out, int64_t first, int64_t count) {
    const Vec<T> chosen = chosen_of(line, in[0], labels + first, count), sum = sum_of_line(line, in[0]);
    const Vec<T> factor = clip.pass(chosen / sum, row_factors(dloss + first, count));
    const Vec<T> share = select(chosen == chosen, factor / sum, chosen);
    const Vec<T> own = select(factor == 0, factor, factor / chosen);
    fill(line, out, [&](int64_t) { return share; });
    for (int64_t r = 0; r < count; ++r) {
      if (is_class(labels[first + r], n)) out[line.place(r, labels[first + r])] -= own[r];
    }
  });
}

template <typename T>
void dense(const T* p, const T* t, T* loss, int64_t rows, int64_t n, double epsilon) {
  const Clip<T> clip(epsilon);
  each_rows<T>(rows, n, {p, t}, nullptr, [&](const auto& line, const T* const* in, T*, int64_t first, int64_t count) {
    const Vec<T> sum = sum_of_line(line, in[0]);
    const Vec<T> total =
        sum_of<T>(line, [&](int64_t i) { return line.get(in[1], i, 0) * log(clip(line.get(in[0], i, 1) / sum)); });
    store_first(loss + first, -total, count);
  });
}

// dloss (sum of t / sum of p - t / p), where t counts only if p was not clipped.
template <typename T>
void dense_grad(const T* p, const T* t, const T* dloss, T* dp, int64_t rows, int64_t n, double epsilon) {
  const Clip<T> clip(epsilon);
  each_rows<T>(rows, n, {p, t}, dp, [&](const auto& line, const T* const* in, T* out, int64_t first, int64_t count) {
    const Vec<T> sum = sum_of_line(line, in[0]), factor = row_factors(dloss + first, count);
    const auto counted = [&](int64_t i) { return clip.pass(line.get(in[0], i, 1) / sum, line.get(in[1], i, 0)); };
    const Vec<T> share = sum_of<T>(line, counted) / sum;
    fill(line, out, [&](int64_t i) {
      const Vec<T> t_here = counted(i);
      return factor * (share - select(t_here == 0, Vec<T>{}, t_here / line.get(in[0], i, 1)));
    });
  });
}

template <typename T>
constexpr CrossentropyKernels<T> kTable = {
    sparse_of_logits<T>, sparse_of_logits_grad<T>, of_logits<T>, of_logits_grad<T>,
    sparse<T>,           sparse_grad<T>,           dense<T>,     dense_grad<T>};

}  // namespace

constinit const PerFloat<CrossentropyKernels> crossentropy_kernels = {kTable<float>, kTable<double>};

}  // namespace lamina::LAMINA_ISA
