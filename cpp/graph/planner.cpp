#include "graph/planner.h"

#include <algorithm>
#include <map>
#include <numeric>

namespace lamina {

namespace {

constexpr int64_t kAlignment = 64;

int64_t aligned(int64_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

struct Span {
  int64_t begin, end;
};

int64_t most_alive(const std::vector<Lifetime>& lifetimes) {
  std::map<int32_t, int64_t> change;  // in bytes alive, by step
  for (const Lifetime& block : lifetimes) {
    change[block.first] += aligned(block.bytes);
    change[block.last + 1] -= aligned(block.bytes);
  }
  int64_t alive = 0, most = 0;
  for (const auto& [step, bytes] : change) most = std::max(most, alive += bytes);
  return most;
}

}  // namespace

MemoryPlan plan_memory(const std::vector<Lifetime>& lifetimes) {
  MemoryPlan plan;
  plan.live = most_alive(lifetimes);
  plan.offsets.assign(lifetimes.size(), 0);
  std::vector<size_t> order(lifetimes.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return lifetimes[a].bytes > lifetimes[b].bytes; });

  std::vector<size_t> placed;
  std::vector<Span> taken;
  for (const size_t i : order) {
    const Lifetime& block = lifetimes[i];
    taken.clear();
    for (const size_t j : placed) {
      if (lifetimes[j].first <= block.last && block.first <= lifetimes[j].last) {
        taken.push_back({plan.offsets[j], plan.offsets[j] + aligned(lifetimes[j].bytes)});
      }
    }
    std::sort(taken.begin(), taken.end(), [](const Span& a, const Span& b) { return a.begin < b.begin; });
    int64_t offset = 0;
    for (const Span& span : taken) {
      if (offset + aligned(block.bytes) <= span.begin) break;
      offset = std::max(offset, span.end);
    }
    plan.offsets[i] = offset;
    plan.bytes = std::max(plan.bytes, offset + aligned(block.bytes));
    placed.push_back(i);
  }
  return plan;
}

}  // namespace lamina
