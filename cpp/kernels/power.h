#pragma once

#include "kernels/lanes.h"

// Powers and divisions with remainder, lane by lane: the floating-point ones follow C and NumPy, the integer ones wrap
// around and never trap (division by 0 gives 0).
namespace lamina::LAMINA_ISA {

// The remainder of floored division: it has the sign of the divisor.
template <typename T>
LAMINA_INLINE T mod_one(T x, T y) {
  if constexpr (kIsFloat<T>) {
    const T remainder = sizeof(T) == 4 ? T(__builtin_fmodf(float(x), float(y))) : T(__builtin_fmod(x, y));
    if (remainder == 0) return y < 0 ? T(-0.0) : T(0);
    return (remainder < 0) != (y < 0) ? remainder + y : remainder;
  } else {
    // The least integer divided by -1 overflows; the remainder is 0 anyway.
    if (y == 0 || (kIsSigned<T> && y == T(-1))) return 0;
    const T remainder = T(x % y);
    return kIsSigned<T> && remainder != 0 && (remainder ^ y) < 0 ? T(remainder + y) : remainder;
  }
}

template <typename T>
LAMINA_INLINE T floor_divide_one(T x, T y) {
  if constexpr (kIsFloat<T>) {
    if (y == 0) return x / y;
    // x - mod is a multiple of y but for rounding, so the quotient is within half of the integer it stands for.
    const T quotient = (x - mod_one(x, y)) / y;
    const T nearest = sizeof(T) == 4 ? T(__builtin_floorf(float(quotient + T(0.5)))) : T(__builtin_floor(quotient + T(0.5)));
    return quotient == 0 ? (x / y < 0 || (x == 0 && 1 / (x / y) < 0) ? T(-0.0) : T(0)) : nearest;
  } else {
    if (y == 0) return 0;
    if (kIsSigned<T> && y == T(-1)) return T(0 - static_cast<uint64_t>(x));
    const T quotient = T(x / y);
    return kIsSigned<T> && x % y != 0 && (x ^ y) < 0 ? T(quotient - 1) : quotient;
  }
}

template <typename T>
LAMINA_INLINE T power_one(T x, T y) {
  if constexpr (kIsFloat<T>) {
    return sizeof(T) == 4 ? T(__builtin_powf(float(x), float(y))) : T(__builtin_pow(x, y));
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

template <typename V>
LAMINA_INLINE V mod(V x, V y) {
  return each_lane(x, y, [](auto a, auto b) { return mod_one(a, b); });
}

template <typename V>
LAMINA_INLINE V floor_divide(V x, V y) {
  return each_lane(x, y, [](auto a, auto b) { return floor_divide_one(a, b); });
}

template <typename V>
LAMINA_INLINE V power(V x, V y) {
  return each_lane(x, y, [](auto a, auto b) { return power_one(a, b); });
}

}  // namespace lamina::LAMINA_ISA
