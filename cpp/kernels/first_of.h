#pragma once

#include "kernels/combine.h"

namespace lamina::LAMINA_ISA {

// The position of the first element that equals `value`, or is NaN as it is; there must be one.
template <typename T>
LAMINA_INLINE int64_t first_position(const T* x, int64_t n, T value) {
  if constexpr (sizeof(T) < 4) {  // lanes so small could not count far enough
    int64_t i = 0;
    while (x[i] != value) ++i;
    return i;
  } else {
    using Numbers = Mask<Vec<T>>;
    const Numbers none = Numbers{} + highest<Lane<Numbers>>(), end = Numbers{} + static_cast<Lane<Numbers>>(n);
    const Vec<T> wanted = broadcast(value);
    Numbers first = none, at = lane_numbers<T>();
    const auto look = [&](Vec<T> v) {
      const Numbers found = ((v == wanted) | ((v != v) & (wanted != wanted))) & (at < end);
      first = lesser(first, found ? at : none);
      at += kLanes<T>;
    };
    int64_t i = 0;
    for (; i + kLanes<T> <= n; i += kLanes<T>) look(load(x + i));
    if (i < n) look(load_partial(x + i, n - i));
    return across_lanes(first, [](Numbers a, Numbers b) { return lesser(a, b); })[0];
  }
}

// out[i] = the position in row i of x (rows, n) of the first element that equals values[i].
template <typename T>
void first_of(const T* x, int64_t rows, int64_t n, const T* values, int32_t* out) {
  for (int64_t r = 0; r < rows; ++r) out[r] = static_cast<int32_t>(first_position(x + r * n, n, values[r]));
}

}  // namespace lamina::LAMINA_ISA
