#pragma once

#include <cstdint>
#include <vector>

namespace lamina {

// A block of memory that must exist from step `first` to step `last`, both included.
struct Lifetime {
  int64_t bytes;
  int32_t first;
  int32_t last;
};

struct MemoryPlan {
  std::vector<int64_t> offsets;  // one per lifetime, multiples of 64
  int64_t bytes = 0;             // size of the arena that holds them all
  int64_t live = 0;              // most bytes alive at one step: no arena can be smaller
};

// Places blocks so that those alive at the same step do not overlap: largest first, each at the lowest gap that fits.
MemoryPlan plan_memory(const std::vector<Lifetime>& lifetimes);

}  // namespace lamina
