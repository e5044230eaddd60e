#pragma once

#include "kernels/floating.h"

// Powers and divisions with remainder, lane by lane: the floating-point ones follow C and NumPy, the integer ones wrap
// around and never trap (division by 0 gives 0).
namespace lamina::LAMINA_ISA {

LAMINA_INLINE float c_fmod(float x, float y) {
  return __builtin_fmodf(x, y);
}
LAMINA_INLINE double c_fmod(double x, double y) {
  return __builtin_fmod(x, y);
}
LAMINA_INLINE float c_pow(float x, float y) {
  return __builtin_powf(x, y);
}
LAMINA_INLINE double c_pow(double x, double y) {
  return __builtin_pow(x, y);
}

// What C's remainder, which has the sign of x, lacks to be that of floored division, which has the sign of y.
template <typename T>
LAMINA_INLINE bool rounds_up(T remainder, T y) {
  return remainder != 0 && (remainder < 0) != (y < 0);
}

template <typename T>
LAMINA_INLINE T mod_one(T x, T y) {
  if constexpr (kIsFloat<T>) {
    const T remainder = c_fmod(x, y);
    if (remainder == 0) return y < 0 ? T(-0.0) : T(0);
    return rounds_up(remainder, y) ? remainder + y : remainder;
  } else {
    // The least integer divided by -1 overflows; the remainder is 0 anyway.
    if (y == 0 || (kIsSigned<T> && y == T(-1))) return 0;
    const T remainder = T(x % y);
    return rounds_up(remainder, y) ? T(remainder + y) : remainder;
  }
}

template <typename T>
LAMINA_INLINE T floor_divide_one(T x, T y) {
  if constexpr (kIsFloat<T>) {
    if (y == 0) return x / y;
    const T remainder = c_fmod(x, y);
    const T quotient = (x - remainder) / y - (rounds_up(remainder, y) ? 1 : 0);
    // An integer but for rounding; 0 has the sign of x / y.
    if (quotient == 0) return quotient * (x / y < 0 ? T(-1) : T(1));
    return floor(Vec<T>{} + (quotient + T(0.5)))[0];
  } else {
    if (y == 0) return 0;
    if (kIsSigned<T> && y == T(-1)) return T(0 - static_cast<uint64_t>(x));
    return T(x / y - (rounds_up(T(x % y), y) ? 1 : 0));
  }
}

template <typename T>
LAMINA_INLINE T power_one(T x, T y) {
  if constexpr (kIsFloat<T>) {
    return c_pow(x, y);
  } else {
    // A negative exponent gives 1 / x^|y| cut to an integer: 0 but for x = 1 and -1.
    if (kIsSigned<T> && y < 0) return x == 1 ? T(1) : x == T(-1) ? T(y % 2 == 0 ? 1 : -1) : T(0);
    uint64_t base = static_cast<uint64_t>(x), result = 1;
    for (uint64_t left = static_cast<uint64_t>(y); left != 0; left >>= 1, base *= base) {
      if (left & 1) result *= base;
    }
    return T(result);
  }
}

// Calls rather than copies: they are long, and take long anyway.
template <typename V>
[[gnu::noinline]] V mod(V x, V y) {
  return each_lane(x, y, [](auto a, auto b) { return mod_one(a, b); });
}

template <typename V>
[[gnu::noinline]] V floor_divide(V x, V y) {
  return each_lane(x, y, [](auto a, auto b) { return floor_divide_one(a, b); });
}

template <typename V>
[[gnu::noinline]] V power(V x, V y) {
  return each_lane(x, y, [](auto a, auto b) { return power_one(a, b); });
}

}  // namespace lamina::LAMINA_ISA
