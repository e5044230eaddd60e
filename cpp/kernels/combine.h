#pragma once

#include "kernels/lanes.h"

// What reductions combine, in vectors and in single elements, and how they read their input.
namespace lamina::LAMINA_ISA {

// The ends of a type's range: infinities where it has them.
template <typename T>
constexpr T highest() {
  if constexpr (kIsFloat<T>) return T(__builtin_inf());
  return kIsSigned<T> ? T((uint64_t{1} << (8 * sizeof(T) - 1)) - 1) : T(-1);
}
template <typename T>
constexpr T lowest() {
  if constexpr (kIsFloat<T>) return T(-__builtin_inf());
  return kIsSigned<T> ? T(-highest<T>() - 1) : T(0);
}

struct Sum {
  template <typename T>
  static constexpr T kIdentity = T(0);
  template <typename V>
  LAMINA_INLINE static V combine(V a, V x) {
    return a + x;
  }
};

// 0 as long as what is added is finite, NaN from then on.
struct Residue {
  template <typename T>
  static constexpr T kIdentity = T(0);
  template <typename V>
  LAMINA_INLINE static V combine(V a, V x) {
    return static_cast<V>(a + (x - x));
  }
};

struct Product {
  template <typename T>
  static constexpr T kIdentity = T(1);
  template <typename V>
  LAMINA_INLINE static V combine(V a, V x) {
    return a * x;
  }
};

template <typename V>
concept IsVector = requires(V v) { v[0]; };

// `extreme` gives x where one of the two is NaN; where that is a, it must stay.
template <typename V>
LAMINA_INLINE V keep_nan(V a, V extreme) {
  return a != a ? a : extreme;
}

struct Maximum {
  template <typename T>
  static constexpr T kIdentity = lowest<T>();
  template <typename V>
  LAMINA_INLINE static V combine(V a, V x) {
    if constexpr (IsVector<V>)
      return keep_nan(a, greater(a, x));
    else
      return keep_nan(a, a > x ? a : x);
  }
};

struct Minimum {
  template <typename T>
  static constexpr T kIdentity = highest<T>();
  template <typename V>
  LAMINA_INLINE static V combine(V a, V x) {
    if constexpr (IsVector<V>)
      return keep_nan(a, lesser(a, x));
    else
      return keep_nan(a, a < x ? a : x);
  }
};

// All of v in v[0], in pairs.
template <typename Op, int kCount, typename V>
LAMINA_INLINE V combine_tree(V (&v)[kCount]) {
  for (int half = kCount / 2; half > 0; half /= 2) {
    for (int i = 0; i < half; ++i) v[i] = Op::combine(v[i], v[i + half]);
  }
  return v[0];
}

// --- loads that convert
// -----------------------------------------------------------------------------------------------

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

// The first n lanes, 0 < n < kLanes, from memory, the others `fill`.
template <typename Acc, typename In>
LAMINA_INLINE Vec<Acc> load_part(const In* p, int64_t n, Acc fill) {
  if constexpr (sizeof(In) == sizeof(Acc) && sizeof(In) >= 4) {
    using Lanes = Mask<Vec<Acc>>;
    const Lanes present = lane_numbers<Acc>() < static_cast<Lane<Lanes>>(n);
    return present ? (Vec<Acc>)load_partial(p, n) : broadcast(fill);
  } else {
    Vec<Acc> v = broadcast(fill);
    for (int64_t i = 0; i < n; ++i) v[i] = static_cast<Acc>(p[i]);
    return v;
  }
}

}  // namespace lamina::LAMINA_ISA
