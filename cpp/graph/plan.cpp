#include "graph/plan.h"

#include <algorithm>
#include <atomic>
#include <chrono>

#include "core/threads.h"
#include "graph/blockwise.h"

namespace lamina {

namespace {

[[gnu::always_inline]] inline StepData data_of(const Step& step, void* const* table, int seat = 0) {
  return {table, step.inputs.data(), step.outputs.data(), step.scratch < 0 ? nullptr : table[step.scratch], seat};
}

// Inline, as small plans are little else than a list of such calls.
[[gnu::always_inline]] inline void run_alone(const Step& step, void* const* table, Worker worker,
                                             SpinBarrier& barrier) {
  const StepData data = data_of(step, table);
  worker.count = 1;
  if (step.kernel.walk) return step.kernel.walk(data, worker, barrier);
  int phase = 0;
  do step.kernel.run(data, worker, phase);
  while (++phase < step.kernel.phases);
}

// One worker's part of a step of a team of several.
void run_share(const Step& step, void* const* table, Worker worker, SpinBarrier& barrier) {
  if (step.workers == 1) {
    if (worker.index == 0) run_alone(step, table, worker, barrier);
    return;
  }
  const StepData data = data_of(step, table, worker.index);
  if (step.kernel.walk) return step.kernel.walk(data, worker, barrier);
  Worker part = worker;
  part.count = std::min(step.workers, worker.count);
  for (int phase = 0; phase < step.kernel.phases; ++phase) {
    if (phase > 0) barrier.wait(worker.count);
    if (part.index < part.count) step.kernel.run(data, part, phase);
  }
}

}  // namespace

void Plan::walk(void* const* table, Worker worker, SpinBarrier& barrier) const {
  if (worker.count == 1) {
    for (const Step& step : steps_) {
      if (step.checks > 0 && faulty(step.checks)) return;
      run_alone(step, table, worker, barrier);
    }
    return;
  }
  for (const Step& step : steps_) {
    if (step.barrier) barrier.wait(worker.count);
    if (step.checks > 0 && faulty(step.checks)) return;
    run_share(step, table, worker, barrier);
  }
}

bool Plan::holds_plans() const {
  return std::any_of(steps_.begin(), steps_.end(), [](const Step& step) { return bool(step.kernel.walk); });
}

bool Plan::faulty(size_t checks) const {
  return std::any_of(faults_.begin(), faults_.begin() + static_cast<std::ptrdiff_t>(checks),
                     [](const auto& fault) { return fault->found(); });
}

void Plan::raise_faults(int64_t rows, const std::function<int64_t(int64_t)>& row_number) const {
  if (!faulty()) return;
  const auto first = *std::find_if(faults_.begin(), faults_.end(), [](const auto& fault) { return fault->found(); });
  for (const auto& fault : faults_) fault->clear();
  first->raise(rows, row_number);
}

std::vector<void*> Plan::table_over(const Buffer& arena) const {
  std::vector<void*> table = table_;
  const char* begin = static_cast<const char*>(arena_->data());
  for (void*& pointer : table) {
    const char* old = static_cast<const char*>(pointer);
    if (old >= begin && old < begin + arena_bytes_) pointer = static_cast<char*>(arena.data()) + (old - begin);
  }
  return table;
}

void Plan::bind(const void* const* inputs, void* const* outputs) {
  for (size_t i = 0; i < input_slots_.size(); ++i) bind_input(i, inputs[i]);
  for (size_t i = 0; i < output_slots_.size(); ++i) bind_output(i, outputs[i]);
}

void Plan::walk_with(int workers) const {
  run_team(workers, [&](Worker worker, SpinBarrier& barrier) {
    const FlushDenormals flush(writes_variables_);
    walk(worker, barrier);
  });
}

void Plan::run(const void* const* inputs, void* const* outputs) {
  const auto guard = lock();
  run_locked(inputs, outputs);
}

bool Plan::run_if(Accepts accepts, const void* const* inputs, void* const* outputs) {
  const auto guard = lock();
  if (blocks_ == nullptr) {
    if (!all_accepted(accepts, inputs)) return false;
    run_locked(inputs, outputs);
    return true;
  }
  blocks_->ask(accepts);
  run_locked(inputs, outputs);
  return blocks_->ask(nullptr);
}

// How many workers a run that starts now would use at most.
int Plan::workers_now() const {
  const int most = std::min(workers_, thread_count());
  return chooses_ && !short_ && most > 1 ? wake_rule_.workers(most, nanoseconds_) : most;
}

bool Plan::all_accepted(Accepts accepts, const void* const* inputs) const {
  constexpr int64_t kWorthATeam = 1 << 16;  // bytes
  std::atomic<bool> good = true;
  for (size_t i = 0; i < input_types_.size(); ++i) {
    const TensorType& type = input_types_[i];
    run_team(type.bytes() < kWorthATeam ? 1 : workers_now(), [&](Worker worker, SpinBarrier&) {
      const Range share = worker.share(type.size());
      const char* elements = static_cast<const char*>(inputs[i]) + share.begin * item_size(type.dtype);
      if (!accepts(elements, type.dtype, share.size())) good = false;
    });
  }
  return good;
}

void Plan::run_locked(const void* const* inputs, void* const* outputs) {
  bind(inputs, outputs);
  const int most = workers_now();
  if (short_ && most > 1) {
    tuner_.run(most, [&](int workers) { walk_with(workers); });
  } else {
    walk_with(most);
    if (chooses_ && workers_ > 1) wake_rule_.finish();
  }
  raise_faults();
}

std::vector<double> Plan::profile(const void* const* inputs, void* const* outputs, int repeats, int workers) {
  using Clock = std::chrono::steady_clock;
  const auto guard = lock();
  bind(inputs, outputs);
  std::vector<std::vector<double>> times(steps_.size());
  run_team(std::min(workers, thread_count()), [&](Worker worker, SpinBarrier& barrier) {
    const FlushDenormals flush(writes_variables_);
    for (int repeat = 0; repeat < repeats; ++repeat) {
      for (size_t i = 0; i < steps_.size(); ++i) {
        const auto start = Clock::now();
        run_share(steps_[i], table_.data(), worker, barrier);
        barrier.wait(worker.count);
        if (worker.index > 0) continue;
        times[i].push_back(std::chrono::duration<double, std::nano>(Clock::now() - start).count());
      }
    }
  });
  raise_faults();
  std::vector<double> medians;
  for (auto& all : times) {
    std::nth_element(all.begin(), all.begin() + all.size() / 2, all.end());
    medians.push_back(all.empty() ? 0 : all[all.size() / 2]);
  }
  return medians;
}

}  // namespace lamina
