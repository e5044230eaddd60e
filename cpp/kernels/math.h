#pragma once

#include "kernels/coefficients.h"
#include "kernels/floating.h"

// Elementary functions of vectors, without branches: range reduction and a polynomial or two. Within 3 units in the
// last place of the exact result, for float32 tried on every seventh number; infinities, NaN, signed zeros and
// subnormals as in C. special.h has the less common ones.
namespace lamina::LAMINA_ISA {

// --- exponentials
// -----------------------------------------------------------------------------------------------------

// x = n log(2) + r. The lowest bits of `code` are n + 2 kBias.
template <typename V, typename T = Lane<V>>
struct ExpReduction {
  static constexpr T kCode = kRounder<T> + 2 * Format<T>::kBias;
  Mask<V> code;
  V n, r;

  LAMINA_INLINE explicit ExpReduction(V x) {
    const V sum = x * T(1.4426950408889634) + kCode;
    code = bits(sum);
    n = sum - kCode;
    r = fma(n, broadcast(-Coefficients<T>::kLn2[0]), x);
    r = fma(n, broadcast(-Coefficients<T>::kLn2[1]), r);
  }

  // y 2^n, in two steps since 2^n itself need not be a normal number.
  LAMINA_INLINE V scale(V y) const {
#if defined(__AVX512F__)
    return sizeof(T) == 4 ? LAMINA_PS(scalef, y, n) : LAMINA_PD(scalef, y, n);
#else
    const Mask<V> half = (Mask<V>)((Unsigned<V>)code >> 1);
    return y * (V)(half << Format<T>::kFraction) * (V)((code - half) << Format<T>::kFraction);
#endif
  }
};

// Beyond these exp(x) is infinite or 0.
template <typename T>
constexpr T kExpHigh = sizeof(T) == 4 ? T(89) : T(710);
template <typename T>
constexpr T kExpLow = sizeof(T) == 4 ? T(-104) : T(-746);

// exp(r) - 1 and exp(r) for a reduced r.
template <typename V, typename T = Lane<V>>
LAMINA_INLINE V expm1_reduced(V r) {
  return fma(r * r, polynomial(r, Coefficients<T>::kExp), r);
}
template <typename V>
LAMINA_INLINE V exp_reduced(V r) {
  return 1 + expm1_reduced(r);
}

template <typename V, typename T = Lane<V>>
LAMINA_INLINE V exp(V x) {
  const ExpReduction<V> e(clamp(x, kExpLow<T>, kExpHigh<T>));
  return e.scale(exp_reduced(e.r));
}

// exp(r) - 1 = p, so exp(x) - 1 = 2 (2^(n-1) p + (2^(n-1) - 1/2)).
template <typename V, typename T = Lane<V>>
LAMINA_INLINE V expm1(V x) {
  const ExpReduction<V> e(clamp(x, T(sizeof(T) == 4 ? -30 : -60), kExpHigh<T>));
  const V p = fma(e.r * e.r, polynomial(e.r, Coefficients<T>::kExp), e.r);
  const V scale = (V)((e.code - (Format<T>::kBias + 1)) << Format<T>::kFraction);
  const V y = select(e.n == 0, p, 2 * fma(scale, p, scale - T(0.5)));
  return select(x == 0, x, y);
}

// --- logarithms
// -------------------------------------------------------------------------------------------------------

// x = 2^e (1 + f) with 1 + f from sqrt(1/2) to sqrt(2), for x > 0.
template <typename V, typename T = Lane<V>>
struct LogReduction {
  Mask<V> integer;
  V e, f;

  LAMINA_INLINE explicit LogReduction(V x) {
    constexpr T kUp = T(int64_t{1} << (Format<T>::kFraction + 1));
    const Mask<V> subnormal = x < Format<T>::kLeastNormal;
    const Mask<V> root = bits(broadcast(T(0.70710678118654752)));
    const Mask<V> b = bits(select(subnormal, x * kUp, x)) - root;
    const Mask<V> fraction = bits(broadcast(Format<T>::kLeastNormal)) - 1;
    integer = (b >> Format<T>::kFraction) - (subnormal & (Format<T>::kFraction + 1));
    e = to_float<V>(integer);
    f = (V)((b & fraction) + root) - 1;
  }
};

// log(1 + f) + high + low, where s = f / (2 + f): log(1 + f) = f - (f^2 / 2 - s (f^2 / 2 + s^2 P(s^2))).
template <typename V, typename T = Lane<V>>
LAMINA_INLINE V log_near_one(V f, V high, V low) {
  const V s = f / (2 + f), z = s * s;
  const V half = T(0.5) * f * f;
  const V inner = fma(s, fma(z, polynomial(z, Coefficients<T>::kLog), half), low);
  return high - ((half - inner) - f);
}

// What a logarithm is at the edges of its domain, `y` inside: x is the argument, or 1 less where `edge` is -1.
template <typename V, typename T = Lane<V>>
LAMINA_INLINE V log_edges(V x, V y, T edge) {
  y = select(x < T(kInfinity), y, x);
  y = select(x < edge, broadcast(T(kNaN)), y);
  return select(x == edge, broadcast(T(-kInfinity)), y);
}

template <typename V, typename T = Lane<V>>
LAMINA_INLINE V log(V x) {
  const LogReduction<V> l(x);
  const V y = log_near_one(l.f, l.e * Coefficients<T>::kLn2[0], l.e * Coefficients<T>::kLn2[1]);
  return log_edges(x, y, T(0));
}

template <typename V, typename T = Lane<V>>
LAMINA_INLINE V log2(V x) {
  const LogReduction<V> l(x);
  return log_edges(x, fma(log_near_one(l.f, V{}, V{}), broadcast(T(1.4426950408889634)), l.e), T(0));
}

template <typename V, typename T = Lane<V>>
LAMINA_INLINE V log10(V x) {
  const LogReduction<V> l(x);
  const V fraction =
      fma(log_near_one(l.f, V{}, V{}), broadcast(T(0.43429448190325183)), l.e * Coefficients<T>::kLog10Of2[1]);
  return log_edges(x, fma(l.e, broadcast(Coefficients<T>::kLog10Of2[0]), fraction), T(0));
}

// With u = 1 + x rounded, c = 1 + x - u is what the rounding lost: log(1 + x) = log(u) + c / u, to first order.
template <typename V, typename T = Lane<V>>
LAMINA_INLINE V log1p(V x) {
  const V u = 1 + x;
  const V lost = select(abs(x) < 1, x - (u - 1), 1 - (u - x));
  const LogReduction<V> l(u);
  const V c = select(x < T(int64_t{1} << (Format<T>::kFraction + 2)), lost * power_of_two<V>(-l.integer), V{});
  const V y = log_near_one(l.f + c, l.e * Coefficients<T>::kLn2[0], l.e * Coefficients<T>::kLn2[1]);
  return log_edges(x, select(x == 0, x, y), T(-1));
}

// --- what is made of them
// ---------------------------------------------------------------------------------------------

// With t = exp(2 |x|) - 1: t / (t + 2), which is 1 long before t overflows.
template <typename V, typename T = Lane<V>>
LAMINA_INLINE V tanh(V x) {
  const V t = expm1(2 * clamp(abs(x), T(0), T(sizeof(T) == 4 ? 10 : 20)));
  return copy_sign(t / (t + 2), x);
}

template <typename V>
LAMINA_INLINE V sigmoid(V x) {
  const V z = exp(-abs(x));
  return select(x < 0, z, V{} + 1) / (1 + z);
}

// log(1 + exp(x)) = max(x, 0) + log(1 + z) with z = exp(-|x|), where 1 + z = (1 + s) / (1 - s) needs no reduction.
template <typename V, typename T = Lane<V>>
LAMINA_INLINE V softplus(V x) {
  const V z = exp(-abs(x));
  const V s = z / (2 + z), square = s * s;
  const V log_z = fma(s, square * polynomial(square, Coefficients<T>::kLog1p), s + s);
  return greater(V{}, x) + log_z;
}

}  // namespace lamina::LAMINA_ISA
