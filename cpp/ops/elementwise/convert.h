#pragma once

#include <limits>
#include <type_traits>

namespace lamina {

// Conversion defined for every value: to bool it asks "is it not zero", from floating point to integers it cuts off the
// fraction and saturates, and NaN gives 0.
template <typename To, typename From>
To convert(From value) {
  if constexpr (std::is_same_v<To, bool>) {
    return value != From{0};
  } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    // The first value above the range is a power of two, so exact in both floating-point types.
    constexpr From above = static_cast<From>(std::numeric_limits<To>::max() / 2 + 1) * 2;
    constexpr From lowest = static_cast<From>(std::numeric_limits<To>::min());
    if (!(value == value)) return 0;
    if (value >= above) return std::numeric_limits<To>::max();
    return value <= lowest ? std::numeric_limits<To>::min() : static_cast<To>(value);
  } else {
    return static_cast<To>(value);
  }
}

}  // namespace lamina
