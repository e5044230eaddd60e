#pragma once

#include "kernels/special.h"

// Constants of unary.def, and its activations that take more than a line, with their first and second derivatives.
namespace lamina::LAMINA_ISA {

constexpr double kLog2E = 1.4426950408889634;
constexpr double kLog10E = 0.43429448190325183;
constexpr double kTwoOverSqrtPi = 1.1283791670955126;
constexpr double kSeluScale = 1.0507009873554805;
constexpr double kSeluAlpha = 1.6732632423543772;
constexpr double kSqrt2OverPi = 0.7978845608028654;
constexpr double kGeluCubic = 0.044715;

template <typename V, typename T = Lane<V>>
LAMINA_INLINE V relu(V x, T slope, T max_value, T threshold) {
  // An infinite x times a slope of 0 would be NaN.
  const V below = slope == 0 ? V{} : slope * (x - threshold);
  return select(x < threshold, below, select(x > max_value, V{} + max_value, x));
}

template <typename V, typename T = Lane<V>>
LAMINA_INLINE V hard_sigmoid(V x) {
  return clamp(x + 3, T(0), T(6)) * T(1.0 / 6);
}

// d/dx x s(x) = s (1 + x (1 - s)), s the sigmoid.
template <typename V>
LAMINA_INLINE V silu_slope(V x) {
  const V s = sigmoid(x);
  return s * (1 + x * (1 - s));
}

template <typename V>
LAMINA_INLINE V silu_curve(V x) {
  const V s = sigmoid(x);
  return s * (1 - s) * (2 + x * (1 - (s + s)));
}

// gelu's tanh form, x/2 (1 + tanh u), is x sigmoid(2u) with u = sqrt(2/pi) (x + 0.044715 x^3).
template <typename V, typename T = Lane<V>>
struct GeluTanh {
  V s, du, ddu;  // sigmoid(2u), (2u)', (2u)''

  LAMINA_INLINE explicit GeluTanh(V x) {
    constexpr T k = T(2 * kSqrt2OverPi);
    constexpr T cubic = T(2 * kSqrt2OverPi * kGeluCubic);
    s = sigmoid(x * (k + cubic * x * x));
    du = k + 3 * cubic * x * x;
    ddu = 6 * cubic * x;
  }
};

template <typename V>
LAMINA_INLINE V gelu_tanh(V x) {
  return x * GeluTanh<V>(x).s;
}

template <typename V>
LAMINA_INLINE V gelu_tanh_slope(V x) {
  const GeluTanh<V> g(x);
  return g.s + x * g.s * (1 - g.s) * g.du;
}

template <typename V>
LAMINA_INLINE V gelu_tanh_curve(V x) {
  const GeluTanh<V> g(x);
  const V ds = g.s * (1 - g.s) * g.du;
  return 2 * ds + x * (ds * (1 - (g.s + g.s)) * g.du + g.s * (1 - g.s) * g.ddu);
}

// mish(x) = x t, t = tanh(softplus(x)) = m / (m + 2) with m = e (e + 2), e = exp(x); t is 1 long before e overflows.
template <typename V, typename T = Lane<V>>
LAMINA_INLINE V tanh_softplus(V x) {
  const V e = exp(select(x > 20, V{} + 20, x));
  const V m = e * (e + 2);
  return m / (m + 2);
}

template <typename V>
LAMINA_INLINE V mish(V x) {
  return x * tanh_softplus(x);
}

// t' = s (1 - t^2), s the sigmoid.
template <typename V>
LAMINA_INLINE V mish_slope(V x) {
  const V t = tanh_softplus(x);
  return t + x * sigmoid(x) * (1 - t * t);
}

template <typename V>
LAMINA_INLINE V mish_curve(V x) {
  const V t = tanh_softplus(x);
  const V s = sigmoid(x);
  return (1 - t * t) * (2 * s + x * (s * (1 - s) - 2 * t * s * s));
}

}  // namespace lamina::LAMINA_ISA
