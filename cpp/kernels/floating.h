#pragma once

#include "kernels/lanes.h"

// What approximations of functions are made of: bits, signs, rounding, powers of two, polynomials.
namespace lamina::LAMINA_ISA {

constexpr double kInfinity = __builtin_inf();
constexpr double kNaN = __builtin_nan("");

// The layout of a floating-point type.
template <typename T>
struct Format;
template <>
struct Format<float> {
  using Integer = int32_t;
  using Unsigned = uint32_t;
  static constexpr int kFraction = 23, kBias = 127;
  static constexpr float kLeastNormal = 0x1p-126f;
};
template <>
struct Format<double> {
  using Integer = int64_t;
  using Unsigned = uint64_t;
  static constexpr int kFraction = 52, kBias = 1023;
  static constexpr double kLeastNormal = 0x1p-1022;
};

// The bits of a vector as integers.
template <typename V>
LAMINA_INLINE Mask<V> bits(V x) {
  return (Mask<V>)x;
}

template <typename V>
using Unsigned = Vec<typename Format<Lane<V>>::Unsigned>;

template <typename V>
LAMINA_INLINE Mask<V> sign_bit() {
  return bits(-V{});
}

template <typename V>
LAMINA_INLINE V abs(V x) {
  if constexpr (kIsFloat<Lane<V>>) {
    return (V)(bits(x) & ~sign_bit<V>());
  } else {
    return select(x < 0, -x, x);
  }
}

// |x| with the sign of y.
template <typename V>
LAMINA_INLINE V copy_sign(V x, V y) {
  return (V)((bits(x) & ~sign_bit<V>()) | (bits(y) & sign_bit<V>()));
}

template <typename V>
LAMINA_INLINE V sign(V x) {
  return select(x > 0, V{} + 1, select(x < 0, V{} - 1, x));
}

// A number so large that adding it leaves no fraction, and puts a small integer into the lowest bits.
template <typename T>
constexpr T kRounder = T(1.5) * T(int64_t{1} << Format<T>::kFraction);

template <typename V>
LAMINA_INLINE V to_float(Mask<V> small_integer) {
  const V rounder = broadcast(kRounder<Lane<V>>);
  return (V)(small_integer + bits(rounder)) - rounder;
}

// Half-way cases go to even. What is too large to have a fraction is left alone.
template <typename V, typename T = Lane<V>>
LAMINA_INLINE V round(V x) {
  const V shift = broadcast(T(int64_t{1} << Format<T>::kFraction));
  return select(abs(x) < shift, copy_sign((abs(x) + shift) - shift, x), x);
}

template <typename V>
LAMINA_INLINE V floor(V x) {
  const V nearest = round(x);
  return select(nearest > x, nearest - 1, nearest);
}

template <typename V>
LAMINA_INLINE V ceil(V x) {
  const V nearest = round(x);
  return select(nearest < x, copy_sign(nearest + 1, x), nearest);
}

// Comparisons that keep NaN.
template <typename V, typename T = Lane<V>>
LAMINA_INLINE V clamp(V x, T low, T high) {
  return lesser(broadcast(high), greater(broadcast(low), x));
}

// Horner's scheme: c[0] + c[1] x + ...
template <typename V, typename T, int kCount>
LAMINA_INLINE V polynomial(V x, const T (&c)[kCount]) {
  V y = broadcast(c[kCount - 1]);
#pragma GCC unroll 32
  for (int i = kCount - 2; i >= 0; --i) y = fma(y, x, broadcast(c[i]));
  return y;
}

// 2^n for normal results.
template <typename V, typename T = Lane<V>>
LAMINA_INLINE V power_of_two(Mask<V> n) {
  return (V)((n + Format<T>::kBias) << Format<T>::kFraction);
}

template <typename V>
LAMINA_INLINE V sqrt(V x) {
  if constexpr (sizeof(Lane<V>) == 4) {
    return each_lane(x, [](float v) { return __builtin_sqrtf(v); });
  } else {
    return each_lane(x, [](double v) { return __builtin_sqrt(v); });
  }
}

}  // namespace lamina::LAMINA_ISA
