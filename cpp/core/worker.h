#pragma once

#include <algorithm>
#include <cstdint>

namespace lamina {

class RowQueue;

struct Range {
  int64_t begin, end;
  int64_t size() const { return end - begin; }
};

// One of the `count` workers that walk a plan's steps together.
struct Worker {
  int index = 0;
  int count = 1;
  RowQueue* soon = nullptr;  // what this one will read after the plan, if anybody knows

  // This worker's share of 0..n, cut at multiples of `grain`. Results must not depend on where the cuts fall.
  Range share(int64_t n, int64_t grain = 1) const {
    if (count == 1) return {0, n};
    const int64_t blocks = (n + grain - 1) / grain;
    const int64_t begin = blocks * index / count * grain;
    const int64_t end = blocks * (index + 1) / count * grain;
    return {std::min(begin, n), std::min(end, n)};
  }
};

}  // namespace lamina
