#pragma once

#include <limits>

#include "core/tensor_type.h"

// Indices may be negative (counted from the end). What an index outside the axis reads is NaN, or 0 where the dtype has
// no NaN; what it would write is dropped.
namespace lamina {

// The position that an index means on an axis of n, or -1 where there is none.
template <typename I>
int64_t resolve(I index, int64_t n) {
  const int64_t position = index < 0 ? static_cast<int64_t>(index) + n : static_cast<int64_t>(index);
  return position >= 0 && position < n ? position : -1;
}

template <typename T>
constexpr T missing() {
  return std::numeric_limits<T>::has_quiet_NaN ? std::numeric_limits<T>::quiet_NaN() : T{};
}

template <typename F>
auto visit_index(DType dtype, F&& f) {
  return dtype == DType::kInt64 ? f(int64_t{}) : f(int32_t{});
}

}  // namespace lamina
