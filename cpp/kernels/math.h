#pragma once

#include "kernels/vec.h"

namespace lamina::LAMINA_ISA {

constexpr double kInfinity = __builtin_inf();
constexpr double kLog2E = 1.4426950408889634;
constexpr double kLog10E = 0.43429448190325183;
constexpr double kTwoOverSqrtPi = 1.1283791670955126;
constexpr double kSeluScale = 1.0507009873554805;
constexpr double kSeluAlpha = 1.6732632423543772;

template <typename V>
using Mask = decltype(V{} < V{});

template <typename V>
LAMINA_INLINE V select(Mask<V> mask, V a, V b) {
  return mask ? a : b;
}

// f of each lane by itself: for what has no vector form.
template <typename V, typename F>
LAMINA_INLINE V each_lane(V x, F f) {
  for (unsigned i = 0; i < sizeof(V) / sizeof(x[0]); ++i) x[i] = f(x[i]);
  return x;
}

template <typename V, typename F>
LAMINA_INLINE V each_lane(V x, V y, F f) {
  for (unsigned i = 0; i < sizeof(V) / sizeof(x[0]); ++i) x[i] = f(x[i], y[i]);
  return x;
}

template <typename T>
LAMINA_INLINE Mask<Vec<T>> lane_numbers() {
  Mask<Vec<T>> numbers{};
  for (int i = 0; i < kLanes<T>; ++i) numbers[i] = i;
  return numbers;
}

// f over all lanes, in pairs, given back in every lane.
template <typename V, typename F>
LAMINA_INLINE V across_lanes(V v, F f) {
  for (int step = sizeof(V) / sizeof(Lane<V>) / 2; step > 0; step /= 2) {
    v = f(v, __builtin_shuffle(v, lane_numbers<Lane<V>>() ^ step));
  }
  return v;
}

// Stores the first n lanes, 0 < n <= kLanes.
template <typename T>
LAMINA_INLINE void store_first(T* p, Vec<T> v, int64_t n) {
  if (n == kLanes<T>) store(p, v);
  else store_partial(p, v, n);
}

template <int kCount>
struct BytesOf {
  typedef uint8_t Type __attribute__((vector_size(kCount)));
};

// Stores the first n lanes of a mask as bytes of 0 or 1.
template <typename M>
LAMINA_INLINE void store_bools(uint8_t* p, M mask, int64_t n) {
  constexpr int kCount = sizeof(M) / sizeof(mask[0]);
  using Bytes = typename BytesOf<kCount>::Type;
  const Bytes bytes = __builtin_convertvector(mask, Bytes) & 1;
  if (n == kCount) {
    __builtin_memcpy(p, &bytes, kCount);
  } else {
    for (int64_t i = 0; i < n; ++i) p[i] = bytes[i];
  }
}

template <typename V> LAMINA_INLINE V abs(V x) { return each_lane(x, [](auto v) { return v > 0 ? v : decltype(v)(0 - v); }); }
template <typename V> LAMINA_INLINE V sign(V x) { return select(x > 0, V{} + 1, select(x < 0, V{} - 1, x)); }
#define LAMINA_LIBM(name, builtin) template <typename V> LAMINA_INLINE V name(V x) { return each_lane(x, [](auto v) { return decltype(v)(__builtin_##builtin(v)); }); }
LAMINA_LIBM(sqrt, sqrt) LAMINA_LIBM(floor, floor) LAMINA_LIBM(ceil, ceil) LAMINA_LIBM(round, nearbyint)
LAMINA_LIBM(exp, exp) LAMINA_LIBM(expm1, expm1) LAMINA_LIBM(log, log) LAMINA_LIBM(log1p, log1p) LAMINA_LIBM(log2, log2) LAMINA_LIBM(log10, log10)
LAMINA_LIBM(sin, sin) LAMINA_LIBM(cos, cos) LAMINA_LIBM(tan, tan) LAMINA_LIBM(sinh, sinh) LAMINA_LIBM(cosh, cosh) LAMINA_LIBM(tanh, tanh)
LAMINA_LIBM(arcsin, asin) LAMINA_LIBM(arccos, acos) LAMINA_LIBM(arctan, atan) LAMINA_LIBM(erf, erf) LAMINA_LIBM(erfc, erfc)
#define LAMINA_LIBM2(name, builtin) template <typename V> LAMINA_INLINE V name(V x, V y) { return each_lane(x, y, [](auto v, auto w) { return decltype(v)(__builtin_##builtin(v, w)); }); }
LAMINA_LIBM2(arctan2, atan2)

template <typename V> LAMINA_INLINE V sigmoid(V x) {
  const V z = exp(-abs(x));
  return select(x < 0, z, V{} + 1) / (1 + z);
}
template <typename V> LAMINA_INLINE V softplus(V x) {
  return select(x < 0, V{}, x) + log1p(exp(-abs(x)));
}
}
