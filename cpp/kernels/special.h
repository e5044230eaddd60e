#pragma once

#include "kernels/math.h"

// Trigonometric and hyperbolic functions and those of the normal distribution: as math.h's, within 4 units in the last
// place (tan; the others 3).
namespace lamina::LAMINA_ISA {

constexpr double kHalfPi = 1.5707963267948966;

// C's library, lane by lane.
#define LAMINA_LIBM(name)                                                  \
  template <typename V>                                                    \
  LAMINA_INLINE V libm_##name(V x) {                                       \
    if constexpr (sizeof(Lane<V>) == 4) {                                  \
      return each_lane(x, [](float v) { return __builtin_##name##f(v); }); \
    } else {                                                               \
      return each_lane(x, [](double v) { return __builtin_##name(v); });   \
    }                                                                      \
  }
LAMINA_LIBM(sin)
LAMINA_LIBM(cos)
LAMINA_LIBM(tan)
#undef LAMINA_LIBM

// --- sine, cosine, tangent
// --------------------------------------------------------------------------------------------

// The nearest integer to x, |x| < 2^(kFraction - 2), the even one of two.
template <typename V>
struct Nearest {
  V value;
  Mask<V> integer;

  LAMINA_INLINE explicit Nearest(V x) {
    const V rounder = broadcast(kRounder<Lane<V>>);
    value = (x + rounder) - rounder;
    integer = bits(x + rounder) - bits(rounder);
  }
};

// x = n pi / 2 + r, with sine and cosine of r.
template <typename V, typename T = Lane<V>>
struct Angle {
  // n times each part of pi / 2 is exact up to here; what is larger takes the library's way, lane by lane.
  static constexpr T kLimit = sizeof(T) == 4 ? T(6000) : T(1600000);

  Mask<V> n;
  V sin_r, cos_r;

  LAMINA_INLINE explicit Angle(V x) {
    const Nearest<V> nearest(x * T(2 / 3.14159265358979324));
    n = nearest.integer;
    V r = x;
    for (int i = 0; i < 4; ++i) r = fma(nearest.value, broadcast(-Coefficients<T>::kHalfPi[i]), r);
    const V z = r * r;
    sin_r = fma(r * z, polynomial(z, Coefficients<T>::kSin), r);
    cos_r = fma(z * z, polynomial(z, Coefficients<T>::kCos), fma(z, broadcast(T(-0.5)), V{} + 1));
  }
};

template <typename V>
LAMINA_INLINE bool any(V mask) {
  return across_lanes(mask, [](V a, V b) { return a | b; })[0] != 0;
}

// y, or f(x) where x is too large for the reduction above, or infinite, or NaN.
template <typename V, typename F>
LAMINA_INLINE V where_large(V x, V y, F f) {
  const Mask<V> small = abs(x) <= Angle<V>::kLimit;
  if (__builtin_expect(any(~small), 0)) return select(small, y, f(x));
  return y;
}

// The sine of n quarter turns more than the angle.
template <typename V>
LAMINA_INLINE V sin_turned(const Angle<V>& a, Mask<V> n) {
  const V y = select((n & 1) == 0, a.sin_r, a.cos_r);
  return select((n & 2) == 0, y, -y);
}

template <typename V>
LAMINA_INLINE V sin(V x) {
  const Angle<V> a(x);
  return where_large(x, select(x == 0, x, sin_turned(a, a.n)), [](V v) { return libm_sin(v); });
}

template <typename V>
LAMINA_INLINE V cos(V x) {
  const Angle<V> a(x);
  return where_large(x, sin_turned(a, a.n + 1), [](V v) { return libm_cos(v); });
}

template <typename V>
LAMINA_INLINE V tan(V x) {
  const Angle<V> a(x);
  const Mask<V> even = (a.n & 1) == 0;
  const V y = select(even, a.sin_r, -a.cos_r) / select(even, a.cos_r, a.sin_r);
  return where_large(x, select(x == 0, x, y), [](V v) { return libm_tan(v); });
}

// --- their inverses
// ---------------------------------------------------------------------------------------------------

// arcsin(|x|) for |x| <= 1/2, and of sqrt((1 - |x|) / 2) above: pi/2 - 2 that is arcsin(|x|).
template <typename V, typename T = Lane<V>>
struct Arcsin {
  Mask<V> small;
  V y;

  LAMINA_INLINE explicit Arcsin(V x) {
    small = abs(x) <= T(0.5);
    const V far = T(0.5) * (1 - abs(x));
    const V z = select(small, x * x, far);
    const V s = select(small, abs(x), sqrt(far));
    y = fma(s, z * polynomial(z, Coefficients<T>::kArcsin), s);
  }
};

template <typename V, typename T = Lane<V>>
LAMINA_INLINE V arcsin(V x) {
  const Arcsin<V> a(x);
  return copy_sign(select(a.small, a.y, T(kHalfPi) - 2 * a.y), x);
}

template <typename V, typename T = Lane<V>>
LAMINA_INLINE V arccos(V x) {
  const Arcsin<V> a(x);
  const V near = T(kHalfPi) - copy_sign(a.y, x);
  const V far = select(x < 0, T(2 * kHalfPi) - 2 * a.y, 2 * a.y);
  return select(a.small, near, far);
}

// arctan(t) for t >= 0: t, (t - 1) / (t + 1) or -1 / t lies within tan(pi / 8), pi / 4 or pi / 2 away.
template <typename V, typename T = Lane<V>>
LAMINA_INLINE V arctan_positive(V t) {
  const Mask<V> middle = t > T(0.41421356237309505), far = t > T(2.414213562373095);
  const V x = select(far, V{} - 1, select(middle, t - 1, t)) / select(far, t, select(middle, t + 1, V{} + 1));
  const V base = select(far, broadcast(T(kHalfPi)), select(middle, broadcast(T(kHalfPi / 2)), V{}));
  const V z = x * x;
  return base + fma(x, z * polynomial(z, Coefficients<T>::kArctan), x);
}

template <typename V>
LAMINA_INLINE V arctan(V x) {
  return copy_sign(arctan_positive(abs(x)), x);
}

// The angle of the point (x, y), -pi to pi.
template <typename V, typename T = Lane<V>>
LAMINA_INLINE V arctan2(V y, V x) {
  const Mask<V> steep = abs(y) > abs(x);
  const V low = select(steep, abs(x), abs(y)), high = select(steep, abs(y), abs(x));
  // Two zeros are an angle of 0, two infinities one of pi / 4.
  const V ratio = select(high == 0, V{}, select(low == T(kInfinity), V{} + 1, low / high));
  V angle = arctan_positive(ratio);
  angle = select(steep, T(kHalfPi) - angle, angle);
  angle = select(bits(x) < 0, T(2 * kHalfPi) - angle, angle);
  return select((x != x) | (y != y), x + y, copy_sign(angle, y));
}

// --- hyperbolic sine and cosine
// ---------------------------------------------------------------------------------------

// exp(|x|) / 2, which is still finite where exp(|x|) is not any more.
template <typename V, typename T = Lane<V>>
LAMINA_INLINE V half_exp_abs(V x) {
  const ExpReduction<V> e(lesser(broadcast(kExpHigh<T> + 1), abs(x)));
  return e.scale(T(0.5) * exp_reduced(e.r));
}

// With h = exp(|x|) / 2: h - 1 / 4h.
template <typename V, typename T = Lane<V>>
LAMINA_INLINE V sinh(V x) {
  const V h = half_exp_abs(x), z = x * x;
  const V near = x * fma(z, polynomial(z, Coefficients<T>::kSinh), V{} + 1);
  return select(abs(x) < 1, near, copy_sign(h - T(0.25) / h, x));
}

template <typename V, typename T = Lane<V>>
LAMINA_INLINE V cosh(V x) {
  const V h = half_exp_abs(x);
  return h + T(0.25) / h;
}

// --- error function and normal distribution
// ---------------------------------------------------------------------------

// y exp(-x^2 factor) for a factor of 1 or 1/2, exact in spite of x^2's rounding: x = h + (x - h) with h so short that
// h^2 is exact, and x^2 - h^2 = (x - h) (x + h).
template <typename V, typename T = Lane<V>>
LAMINA_INLINE V times_exp_of_square(V y, V x, T factor) {
  constexpr auto kLowBits = (typename Format<T>::Integer(1) << (Format<T>::kFraction / 2 + 1)) - 1;
  const V h = (V)(bits(x) & ~kLowBits);
  const ExpReduction<V> e(greater(broadcast(kExpLow<T>), -h * h * factor));
  return e.scale(fma(y, expm1_reduced(e.r + (h - x) * (h + x) * factor), y));
}

// exp(u^2) erfc(u) for u = t unit >= 0. The unit goes into the constants, where it costs no rounding of u.
template <typename V, typename T = Lane<V>>
LAMINA_INLINE V erfcx(V t, T unit = 1) {
  constexpr T kScale = Coefficients<T>::kErfcxScale;
  const T three = 3 / unit;
  return polynomial((t - three) / (t + three), Coefficients<T>::kErfcx) / fma(t, V{} + 2 * kScale * unit, V{} + kScale);
}

template <typename V, typename T = Lane<V>>
LAMINA_INLINE V erf(V x) {
  const V t = clamp(abs(x), T(0), T(6));
  const V near = x * polynomial(t * t, Coefficients<T>::kErf);
  const V far = 1 - times_exp_of_square(erfcx(t), t, T(1));
  return select(abs(x) < 1, near, copy_sign(far, x));
}

template <typename T>
constexpr T kHalfRoot = T(0.70710678118654752);  // sqrt(1/2)

// P(X <= x) for a standard normal X: erfc(-x / sqrt(2)) / 2.
template <typename V, typename T = Lane<V>>
LAMINA_INLINE V normal_cdf(V x) {
  const V t = clamp(abs(x), T(0), T(sizeof(T) == 4 ? 15 : 39));
  const V tail = times_exp_of_square(T(0.5) * erfcx(t, kHalfRoot<T>), t, T(0.5));
  return select(x < 0, tail, 1 - tail);
}

// x P(X <= x). Where that is tiny only the exponential is: the factors before it keep every bit, and so the product is
// right down to the last denormal number.
template <typename V, typename T = Lane<V>>
LAMINA_INLINE V gelu(V x) {
  const V u = x * kHalfRoot<T>, t = clamp(abs(x), T(0), T(sizeof(T) == 4 ? 15 : 39));
  const V near = x * fma(u, T(0.5) * polynomial(u * u, Coefficients<T>::kErf), V{} + T(0.5));
  const V tail = times_exp_of_square(t * (T(-0.5) * erfcx(t, kHalfRoot<T>)), t, T(0.5));
  return select(abs(x) < T(0.7), near, select(x < 0, tail, x + tail));
}

template <typename V, typename T = Lane<V>>
LAMINA_INLINE V normal_pdf(V x) {
  return T(0.3989422804014327) * exp(T(-0.5) * x * x);
}

}  // namespace lamina::LAMINA_ISA
