#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <type_traits>

namespace lamina {

// An unsigned number as wide as x whose order is that of x: NaN last, -0 beside 0.
template <typename T>
auto sort_key(T x) {
  if constexpr (sizeof(T) == 1) {
    return static_cast<uint8_t>(x);
  } else {
    using Key = std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>;
    constexpr Key kSign = Key{1} << (8 * sizeof(T) - 1);
    Key bits = std::bit_cast<Key>(x);
    if constexpr (std::is_floating_point_v<T>) {
      if (x != x) return ~Key{0};
      if (bits == kSign) bits = 0;
      if (bits & kSign) return static_cast<Key>(~bits);
    }
    return static_cast<Key>(bits ^ kSign);
  }
}

// What is sorted: a key, and where it stood.
template <typename Key>
struct SortItem {
  Key key;
  int32_t index;
  bool operator<(const SortItem& other) const { return key < other.key || (key == other.key && index < other.index); }
};

// Sorts items whose indices ascend, byte by byte from the last, keeping the order of equals; returns where they end up:
// in `items` or in `spare`.
template <typename Key>
SortItem<Key>* radix_sort(SortItem<Key>* items, SortItem<Key>* spare, int64_t n) {
  constexpr int kDigits = sizeof(Key), kValues = 256;
  const auto digit = [](Key key, int d) { return static_cast<uint8_t>(key >> (8 * d)); };
  int32_t places[kDigits][kValues] = {};
  for (int64_t i = 0; i < n; ++i) {
    for (int d = 0; d < kDigits; ++d) ++places[d][digit(items[i].key, d)];
  }
  for (int d = 0; d < kDigits; ++d) {
    int32_t* place = places[d];
    if (place[digit(items[0].key, d)] == n) continue;  // all alike
    for (int32_t v = 0, sum = 0; v < kValues; ++v) {
      const int32_t count = place[v];
      place[v] = sum;
      sum += count;
    }
    for (int64_t i = 0; i < n; ++i) spare[place[digit(items[i].key, d)]++] = items[i];
    std::swap(items, spare);
  }
  return items;
}

}  // namespace lamina
