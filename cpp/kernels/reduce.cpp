#include "kernels/reduce.h"

#include "kernels/math.h"

namespace lamina::LAMINA_ISA {
namespace {

// The ends of a type's range: infinities where it has them.
template <typename T>
constexpr T highest() {
  if constexpr (T(0.5) != 0) return T(__builtin_inf());
  return T(-1) < T(0) ? T((uint64_t{1} << (8 * sizeof(T) - 1)) - 1) : T(-1);
}
template <typename T>
constexpr T lowest() {
  if constexpr (T(0.5) != 0) return -T(__builtin_inf());
  return T(-1) < T(0) ? T(-highest<T>() - 1) : T(0);
}

// --- what is combined: the same expressions for vectors and for single elements ---------------------------------------

struct Sum {
  template <typename T>
  static constexpr T kIdentity = T(0);
  template <typename V>
  LAMINA_INLINE static V combine(V a, V x) { return a + x; }
};

struct Product {
  template <typename T>
  static constexpr T kIdentity = T(1);
  template <typename V>
  LAMINA_INLINE static V combine(V a, V x) { return a * x; }
};

// Compares so that a NaN replaces everything and is replaced by nothing.
struct Maximum {
  template <typename T>
  static constexpr T kIdentity = lowest<T>();
  template <typename V>
  LAMINA_INLINE static V combine(V a, V x) { return ((x > a) | (x != x)) ? x : a; }
};

struct Minimum {
  template <typename T>
  static constexpr T kIdentity = highest<T>();
  template <typename V>
  LAMINA_INLINE static V combine(V a, V x) { return ((x < a) | (x != x)) ? x : a; }
};

// --- loads that convert -----------------------------------------------------------------------------------------------

template <typename T, int kCount>
struct SomeOf {
  typedef T Type __attribute__((vector_size(kCount * sizeof(T))));
};

template <typename Acc, typename In>
LAMINA_INLINE Vec<Acc> load_as(const In* p) {
  typename SomeOf<In, kLanes<Acc>>::Type v;
  __builtin_memcpy(&v, p, sizeof v);
  return __builtin_convertvector(v, Vec<Acc>);
}

// The first n lanes from memory, the others `fill`.
template <typename Acc, typename In>
LAMINA_INLINE Vec<Acc> load_some(const In* p, int64_t n, Acc fill) {
  Vec<Acc> v = broadcast(fill);
  for (int64_t i = 0; i < n; ++i) v[i] = static_cast<Acc>(p[i]);
  return v;
}

// --- rows -------------------------------------------------------------------------------------------------------------

constexpr int kAccumulators = 8;
constexpr int64_t kRounds = 64;  // vectors that one accumulator takes before it is put aside

template <typename Op, typename T>
LAMINA_INLINE T combine_lanes(Vec<T> v) {
  T x[kLanes<T>];
  store(x, v);
  for (int half = kLanes<T> / 2; half > 0; half /= 2) {
    for (int i = 0; i < half; ++i) x[i] = Op::combine(x[i], x[i + half]);
  }
  return x[0];
}

// At most kAccumulators * kRounds vectors, and a part of one.
template <typename Op, typename Acc, typename In>
LAMINA_INLINE Acc reduce_piece(const In* x, int64_t n) {
  constexpr int64_t kStep = kLanes<Acc>;
  Vec<Acc> acc[kAccumulators];
  for (auto& each : acc) each = broadcast(Op::template kIdentity<Acc>);
  int64_t i = 0;
  for (; i + kAccumulators * kStep <= n; i += kAccumulators * kStep) {
    for (int a = 0; a < kAccumulators; ++a) acc[a] = Op::combine(acc[a], load_as<Acc>(x + i + a * kStep));
  }
  for (; i + kStep <= n; i += kStep) acc[0] = Op::combine(acc[0], load_as<Acc>(x + i));
  if (i < n) acc[1] = Op::combine(acc[1], load_some<Acc>(x + i, n - i, Op::template kIdentity<Acc>));
  for (int half = kAccumulators / 2; half > 0; half /= 2) {
    for (int a = 0; a < half; ++a) acc[a] = Op::combine(acc[a], acc[a + half]);
  }
  return combine_lanes<Op, Acc>(acc[0]);
}

// Short rows, one element after the other.
template <typename Op, typename Acc, typename In>
LAMINA_INLINE Acc reduce_short(const In* x, int64_t n) {
  Acc acc = Op::template kIdentity<Acc>;
  for (int64_t i = 0; i < n; ++i) acc = Op::combine(acc, static_cast<Acc>(x[i]));
  return acc;
}

// Acc is Out, but unsigned where that is an integer whose sum may wrap around.
template <typename Op, typename Acc, typename In, typename Out>
void rows(const In* x, int64_t rows, int64_t n, int64_t stride, Out* out) {
  constexpr int64_t kPiece = kAccumulators * kRounds * kLanes<Acc>;
  for (int64_t r = 0; r < rows; ++r, x += stride) {
    Acc total = static_cast<Acc>(out[r]);
    if (n < kLanes<Acc>) {
      total = Op::combine(total, reduce_short<Op, Acc>(x, n));
    } else {
      for (int64_t i = 0; i < n; i += kPiece) {
        total = Op::combine(total, reduce_piece<Op, Acc>(x + i, n - i < kPiece ? n - i : kPiece));
      }
    }
    out[r] = static_cast<Out>(total);
  }
}

// --- columns ----------------------------------------------------------------------------------------------------------

constexpr int kTogether = 8;               // rows combined with each other before they meet the output
constexpr int64_t kColumnTile = 4096;      // elements of the output that stay in the first-level cache

template <typename Op, typename Acc, typename In>
LAMINA_INLINE Vec<Acc> combine_rows(const In* x, int64_t stride) {
  Vec<Acc> v[kTogether];
  for (int r = 0; r < kTogether; ++r) v[r] = load_as<Acc>(x + r * stride);
  for (int half = kTogether / 2; half > 0; half /= 2) {
    for (int r = 0; r < half; ++r) v[r] = Op::combine(v[r], v[r + half]);
  }
  return v[0];
}

template <typename Op, typename Acc, typename In>
LAMINA_INLINE Acc combine_rows_at(const In* x, int64_t stride) {
  Acc v[kTogether];
  for (int r = 0; r < kTogether; ++r) v[r] = static_cast<Acc>(x[r * stride]);
  for (int half = kTogether / 2; half > 0; half /= 2) {
    for (int r = 0; r < half; ++r) v[r] = Op::combine(v[r], v[r + half]);
  }
  return v[0];
}

template <typename Op, typename Acc, typename In>
LAMINA_INLINE void add_columns(const In* x, int64_t rows, int64_t n, int64_t stride, Acc* out) {
  int64_t r = 0;
  for (; r + kTogether <= rows; r += kTogether) {
    const In* from = x + r * stride;
    int64_t j = 0;
    for (; j + kLanes<Acc> <= n; j += kLanes<Acc>) {
      store(out + j, Op::combine(load(out + j), combine_rows<Op, Acc>(from + j, stride)));
    }
    for (; j < n; ++j) out[j] = Op::combine(out[j], combine_rows_at<Op, Acc>(from + j, stride));
  }
  for (; r < rows; ++r) {
    const In* from = x + r * stride;
    int64_t j = 0;
    for (; j + kLanes<Acc> <= n; j += kLanes<Acc>) store(out + j, Op::combine(load(out + j), load_as<Acc>(from + j)));
    for (; j < n; ++j) out[j] = Op::combine(out[j], static_cast<Acc>(from[j]));
  }
}

template <typename Op, typename Acc, typename In, typename Out>
void columns(const In* x, int64_t rows, int64_t n, int64_t stride, Out* out) {
  Acc* total = reinterpret_cast<Acc*>(out);  // differs from Out in signedness only
  if (stride == n && n < kNarrow) {
    // Narrow and dense: several rows one after the other are one row of a wider matrix; its columns are folded at the end.
    const int64_t together = n > 0 ? 2 * kNarrow / n : 1;
    Acc folded[2 * kNarrow];
    for (int64_t i = 0; i < together * n; ++i) folded[i] = Op::template kIdentity<Acc>;
    const int64_t wide_rows = rows / together;
    add_columns<Op>(x, wide_rows, together * n, together * n, folded);
    for (int64_t i = 0; i < together * n; ++i) total[i % n] = Op::combine(total[i % n], folded[i]);
    add_columns<Op>(x + wide_rows * together * n, rows - wide_rows * together, n, n, total);
    return;
  }
  for (int64_t j = 0; j < n; j += kColumnTile) {
    add_columns<Op>(x + j, rows, n - j < kColumnTile ? n - j : kColumnTile, stride, total + j);
  }
}

// --- the table --------------------------------------------------------------------------------------------------------

// Integers add and multiply as unsigned ones: they wrap around, which signed ones may not.
template <typename T>
struct WrappingOf {
  using Type = T;
};
template <>
struct WrappingOf<int32_t> {
  using Type = uint32_t;
};
template <>
struct WrappingOf<int64_t> {
  using Type = uint64_t;
};

template <typename Op, typename In, typename Out, typename Acc>
constexpr ReduceKernel<In, Out> kKernel = {rows<Op, Acc, In, Out>, columns<Op, Acc, In, Out>};

template <typename T, typename S = typename SumOf<T>::Type, typename Acc = typename WrappingOf<S>::Type>
constexpr ReduceKernels<T> kTable = {kKernel<Sum, T, S, Acc>, kKernel<Product, T, S, Acc>, kKernel<Maximum, T, T, T>,
                                     kKernel<Minimum, T, T, T>};

}  // namespace

const PerType<ReduceKernels> reduce_kernels = {kTable<float>, kTable<double>, kTable<int32_t>, kTable<int64_t>,
                                             kTable<uint8_t>};

}  // namespace lamina::LAMINA_ISA
