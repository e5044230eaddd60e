#include "kernels/activations.h"
#include "kernels/domain.h"
#include "kernels/elementwise.h"

namespace lamina::LAMINA_ISA {
namespace {

// The rows of unary.def as types that templates can take.
#define UNARY(NAME, DOMAIN, COST, FORWARD, VIA, SLOPE, CURVE, ...)                                          \
  struct row_##NAME {                                                                                       \
    template <typename V, typename T>                                                                       \
    LAMINA_INLINE static V forward(V x, [[maybe_unused]] T a, [[maybe_unused]] T b, [[maybe_unused]] T c) { \
      return FORWARD;                                                                                       \
    }                                                                                                       \
    template <typename V, typename T>                                                                       \
    LAMINA_INLINE static V slope([[maybe_unused]] V VIA, [[maybe_unused]] T a, [[maybe_unused]] T b,        \
                                 [[maybe_unused]] T c) {                                                    \
      return SLOPE;                                                                                         \
    }                                                                                                       \
    template <typename V, typename T>                                                                       \
    LAMINA_INLINE static V curve([[maybe_unused]] V VIA, [[maybe_unused]] T a, [[maybe_unused]] T b,        \
                                 [[maybe_unused]] T c) {                                                    \
      return CURVE;                                                                                         \
    }                                                                                                       \
  };
#define STEP(NAME, DOMAIN, COST, FORWARD)          \
  struct row_##NAME {                              \
    template <typename V, typename T>              \
    LAMINA_INLINE static V forward(V x, T, T, T) { \
      return FORWARD;                              \
    }                                              \
  };
#define PREDICATE(NAME, DOMAIN, COST, FORWARD)  \
  struct row_##NAME {                           \
    template <typename V, typename T = Lane<V>> \
    LAMINA_INLINE static Mask<V> test(V x) {    \
      return FORWARD;                           \
    }                                           \
  };
#include "kernels/unary.def"

// The loops run over whole vectors only; a partial one is copied to and from a vector, and runs through the same code.
template <typename Row, typename T>
__attribute__((noinline)) void forward_vectors(const T* x, T* y, int64_t n, const T* parameters) {
  const T a = parameters[0], b = parameters[1], c = parameters[2];
  for (int64_t i = 0; i < n; i += kLanes<T>) store(y + i, Row::forward(load(x + i), a, b, c));
}

template <typename Row, typename T>
void forward(const T* x, T* y, int64_t n, const T* parameters) {
  const int64_t rest = n % kLanes<T>;
  forward_vectors<Row>(x, y, n - rest, parameters);
  if (rest == 0) return;
  T part[kLanes<T>];
  store(part, load_partial(x + n - rest, rest));
  forward_vectors<Row>(part, part, kLanes<T>, parameters);
  store_partial(y + n - rest, load(part), rest);
}

struct Slope {
  template <typename Row, typename V, typename T>
  LAMINA_INLINE static V of(V v, T a, T b, T c) {
    return Row::slope(v, a, b, c);
  }
};
struct Curve {
  template <typename Row, typename V, typename T>
  LAMINA_INLINE static V of(V v, T a, T b, T c) {
    return Row::curve(v, a, b, c);
  }
};

template <typename Row, typename Derivative, typename T>
__attribute__((noinline)) void slope_vectors(const T* v, const T* p, T* dx, int64_t n, const T* parameters) {
  const T a = parameters[0], b = parameters[1], c = parameters[2];
  for (int64_t i = 0; i < n; i += kLanes<T>) {
    store(dx + i, load(p + i) * Derivative::template of<Row>(load(v + i), a, b, c));
  }
}

template <typename Row, typename Derivative, typename T>
void slope(const T* v, const T* p, T* dx, int64_t n, const T* parameters) {
  const int64_t rest = n % kLanes<T>;
  slope_vectors<Row, Derivative>(v, p, dx, n - rest, parameters);
  if (rest == 0) return;
  T v_part[kLanes<T>], part[kLanes<T>];
  store(v_part, load_partial(v + n - rest, rest));
  store(part, load_partial(p + n - rest, rest));
  slope_vectors<Row, Derivative>(v_part, part, part, kLanes<T>, parameters);
  store_partial(dx + n - rest, load(part), rest);
}

template <typename Row, typename T>
void predicate(const T* x, uint8_t* y, int64_t n) {
  int64_t i = 0;
  for (; i + kLanes<T> <= n; i += kLanes<T>) store_bools(y + i, Row::test(load(x + i)), kLanes<T>);
  if (i < n) store_bools(y + i, Row::test(load_partial(x + i, n - i)), n - i);
}

template <typename T>
constexpr UnaryKernels<T> table() {
  UnaryKernels<T> kernels{};
#define UNARY(NAME, DOMAIN, ...)                              \
  if constexpr (domain::has_##DOMAIN<T>) {                    \
    kernels.forward[unary::NAME] = forward<row_##NAME, T>;    \
  }                                                           \
  if constexpr (domain::has_Float<T>) {                       \
    kernels.slope[unary::NAME] = slope<row_##NAME, Slope, T>; \
    kernels.curve[unary::NAME] = slope<row_##NAME, Curve, T>; \
  }
#define STEP(NAME, DOMAIN, ...) \
  if constexpr (domain::has_##DOMAIN<T>) kernels.forward[unary::NAME] = forward<row_##NAME, T>;
#define PREDICATE(NAME, DOMAIN, ...) \
  if constexpr (domain::has_##DOMAIN<T>) kernels.predicate[unary::NAME] = predicate<row_##NAME, T>;
#include "kernels/unary.def"
  return kernels;
}

}  // namespace

constinit const PerType<UnaryKernels> unary_kernels = {
    {table<float>(), table<double>()}, table<int32_t>(), table<int64_t>(), table<uint8_t>()};

}  // namespace lamina::LAMINA_ISA
