#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

#include "core/stop.h"
#include "graph/plan.h"
#include "ops/control/loop_layout.h"

namespace lamina {
namespace {

// Runs a loop's body again and again on pointers into the loop's inputs, outputs and history: nothing is copied between
// steps. While a team walks one step by one table of pointers, worker 0 binds the other table for the next, so that one
// barrier a step is enough.
class LoopWalk {
 public:
  explicit LoopWalk(const NodeInfo& info) : loop_(info.attr(), info.inputs.size()), plan_(*loop_.body) {
    tables_.fill(plan_.table());
    for (const TensorType& type : plan_.input_types()) input_bytes_.push_back(type.bytes());
    for (const TensorType& type : plan_.output_types()) output_bytes_.push_back(type.bytes());
    history_.assign(loop_.carries, -1);
    for (size_t h = 0; h < loop_.history.size(); ++h) {
      history_[loop_.history[h]] = static_cast<int>(loop_.first_history() + static_cast<int64_t>(h));
    }
    for (int64_t k = 0; k < loop_.carries; ++k) {
      spare_.push_back(spare_bytes_);
      if (history_[k] < 0) spare_bytes_ += (output_bytes_[k] + 63) / 64 * 64;
    }
  }

  StepKernel kernel(std::shared_ptr<LoopWalk> self) const {
    constexpr double kUnknownTrips = 16, kStep = 50;
    StepKernel kernel;
    kernel.walk = [self](const StepData& data, Worker worker, SpinBarrier& barrier) {
      self->walk(data, worker, barrier);
    };
    kernel.walkers = plan_.workers();
    kernel.faults = plan_.faults();
    kernel.faults.push_back(stopped_);
    kernel.scratch_bytes = spare_bytes_;
    kernel.nanoseconds =
        (loop_.bounded() ? static_cast<double>(loop_.length) : kUnknownTrips) * (plan_.nanoseconds() + kStep);
    return kernel;
  }

 private:
  void walk(const StepData& data, Worker worker, SpinBarrier& barrier) {
    const int64_t trips = most_trips(data);
    bool more = trips > 0 && (!loop_.conditional || *data.in<bool>(0));
    if (worker.index == 0) {
      bind_constants(data);
      if (more) bind(data, 0, trips);
    }
    for (int64_t k = 0; k < loop_.carries && more; ++k) {
      if (history_[k] >= 0) copy(record(data, k, loop_.position(0, trips)), data.in<char>(int(k)), k, worker);
    }
    barrier.wait(worker.count);
    int64_t step = 0;
    while (more) {
      plan_.walk(tables_[step & 1].data(), worker, barrier);
      if (worker.index == 0) {
        if (step + 1 < trips) bind(data, step + 1, trips);
        stop_[step & 1] = stop_wanted.load(std::memory_order_relaxed);
      }
      barrier.wait(worker.count);
      more = step + 1 < trips && !stop_[step & 1];
      if (worker.index == 0 && stop_[step & 1]) stopped_->report(ErrorKind::kInterrupt, "interrupted", -1);
      ++step;
      if (loop_.conditional) more = more && *reinterpret_cast<const bool*>(carry_after(data, 0, step - 1, trips));
    }
    finish(data, step, trips, worker);
  }

  int64_t most_trips(const StepData& data) const {
    if (!loop_.bounded()) return std::numeric_limits<int64_t>::max();
    if (!loop_.counted) return loop_.length;
    const int last = static_cast<int>(loop_.carries + loop_.sequences + loop_.constants);
    return std::clamp<int64_t>(*data.in<int32_t>(last), 0, loop_.length);
  }

  // Where carry k stands at a position of its history.
  char* record(const StepData& data, int64_t k, int64_t position) const {
    return data.out<char>(history_[k]) + position * output_bytes_[k];
  }

  // Where a step leaves carry k: in the history for the next step; else by turns in spare memory and the output, so
  // that the last of `trips` steps ends in the output.
  char* carry_after(const StepData& data, int64_t k, int64_t step, int64_t trips) const {
    const bool last = step + 1 == trips;
    if (history_[k] >= 0 && !last) return record(data, k, loop_.position(step + 1, trips));
    if (history_[k] >= 0 || (trips - step) % 2 == 1) return data.out<char>(static_cast<int>(k));
    return data.scratch<char>() + spare_[k];
  }

  void bind_constants(const StepData& data) {
    const int64_t first = loop_.carries + loop_.sequences;
    for (auto& table : tables_) {
      for (int64_t c = first; c < first + loop_.constants; ++c) {
        table[plan_.input_slots()[c]] = const_cast<char*>(data.in<char>(static_cast<int>(c)));
      }
    }
  }

  void bind(const StepData& data, int64_t step, int64_t trips) {
    auto& table = tables_[step & 1];
    const auto &from = plan_.input_slots(), &to = plan_.output_slots();
    const int64_t position = loop_.position(step, trips);
    for (int64_t k = 0; k < loop_.carries; ++k) {
      table[from[k]] =
          step > 0 ? carry_after(data, k, step - 1, trips) : const_cast<char*>(data.in<char>(static_cast<int>(k)));
      table[to[k]] = carry_after(data, k, step, trips);
    }
    for (int64_t x = loop_.carries; x < loop_.carries + loop_.sequences; ++x) {
      table[from[x]] = const_cast<char*>(data.in<char>(static_cast<int>(x))) + position * input_bytes_[x];
    }
    for (int64_t y = loop_.carries; y < loop_.carries + loop_.stacked; ++y) {
      table[to[y]] = data.out<char>(static_cast<int>(y)) + position * output_bytes_[y];
    }
  }

  // After `steps` of at most `trips`: carries go where the caller expects them, positions without a step are zero.
  void finish(const StepData& data, int64_t steps, int64_t trips, Worker worker) const {
    for (int64_t k = 0; k < loop_.carries; ++k) {
      const char* left = steps > 0 ? carry_after(data, k, steps - 1, trips) : data.in<char>(static_cast<int>(k));
      copy(data.out<char>(static_cast<int>(k)), left, k, worker);
    }
    for (int64_t y = loop_.carries; y < loop_.carries + loop_.stacked; ++y) {
      const Range rest = worker.share((loop_.length - steps) * output_bytes_[y], 64);
      if (rest.size() == 0) continue;
      std::memset(data.out<char>(static_cast<int>(y)) + steps * output_bytes_[y] + rest.begin, 0, size_t(rest.size()));
    }
    if (loop_.conditional && worker.index == 0) {
      const auto last = loop_.first_history() + static_cast<int64_t>(loop_.history.size());
      *data.out<int32_t>(static_cast<int>(last)) = static_cast<int32_t>(steps);
    }
  }

  void copy(char* to, const char* from, int64_t k, Worker worker) const {
    const Range share = worker.share(output_bytes_[k], 64);
    if (to != from && share.size() > 0) std::memcpy(to + share.begin, from + share.begin, size_t(share.size()));
  }

  const LoopLayout loop_;
  const Plan plan_;
  std::array<std::vector<void*>, 2> tables_;  // of even and odd steps
  std::array<bool, 2> stop_{};                // whether the loop is to be left after it, likewise
  std::shared_ptr<Fault> stopped_ = std::make_shared<Fault>();
  std::vector<int64_t> input_bytes_, output_bytes_;
  std::vector<int> history_;    // by carry: which output, or -1
  std::vector<int64_t> spare_;  // by carry: where its memory lies in the scratch memory
  int64_t spare_bytes_ = 0;
};

}  // namespace

StepKernel loop_kernel(const NodeInfo& info) {
  const auto walk = std::make_shared<LoopWalk>(info);
  return walk->kernel(walk);
}

}  // namespace lamina
