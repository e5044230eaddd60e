#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/team.h"
#include "core/variable.h"
#include "graph/burst_tuner.h"
#include "graph/function.h"
#include "graph/wake_rule.h"

namespace lamina {

// One op with its memory: slots index the plan's table of pointers.
struct Step {
  const char* op;
  StepKernel kernel;
  std::vector<int32_t> inputs;   // slots
  std::vector<int32_t> outputs;  // slots
  int32_t scratch = -1;          // slot, or -1
  int workers = 1;               // how many share the work
  bool barrier = false;          // meet before this step: it touches what others wrote or read
  size_t checks = 0;             // so many of the plan's faults, if found, end the run before this step
};

// Who walks a plan: the team of `run`, that of a step of another plan, or one worker within such a step.
enum class PlanUse { kRun, kStep, kBlock };

class Blockwise;

// Whether so many elements of an input are as a caller wants them to be.
using Accepts = bool (*)(const void* elements, DType dtype, int64_t count);

// A graph made ready to run: a list of steps over planned memory. Variables are shared with other plans.
class Plan {
 public:
  Plan(const Graph& graph, const std::vector<Value>& outputs, PlanUse use = PlanUse::kRun);
  explicit Plan(const Function& function);  // for a step of another plan

  const std::vector<TensorType>& input_types() const { return input_types_; }
  const std::vector<TensorType>& output_types() const { return output_types_; }
  const std::vector<Step>& steps() const { return steps_; }
  int64_t arena_bytes() const { return arena_bytes_; }
  // The most bytes that values in the arena take at one step: what the arena would be if memory were perfectly shared.
  int64_t live_bytes() const { return live_bytes_; }
  int workers() const { return short_ ? 1 : workers_; }
  bool writes_variables() const { return writes_variables_; }
  bool holds_plans() const;                            // steps that walk plans of their own, such as loops
  double nanoseconds() const { return nanoseconds_; }  // estimated time on one core

  // Runs once on the caller's memory: one pointer per input and per output. Throws what its steps find wrong with the
  // data; variables are as they were then, unless a step found it in what was computed after the first write.
  void run(const void* const* inputs, void* const* outputs);

  // The same, unless `accepts` refuses something that an input holds, about which it is asked just before it is needed.
  // Returns whether it has not; else the outputs are half done.
  bool run_if(Accepts accepts, const void* const* inputs, void* const* outputs);

  // Measures each step: nanoseconds until `workers` workers have done it, the median of `repeats` runs. Variables
  // change as in any run.
  std::vector<double> profile(const void* const* inputs, void* const* outputs, int repeats, int workers);

  // The parts of run, for a caller that runs many times: hold the lock, bind the pointers, then let a team walk, or,
  // inside a team (bound by one worker, before a barrier), every worker.
  std::unique_lock<std::mutex> lock() { return std::unique_lock(mutex_); }
  void bind_input(size_t i, const void* data) { table_[input_slots_[i]] = const_cast<void*>(data); }
  void bind_output(size_t i, void* data) { table_[output_slots_[i]] = data; }
  void walk_with(int workers) const;
  void walk(Worker worker, SpinBarrier& barrier) const { walk(table_.data(), worker, barrier); }

  // What steps have found since the last raise; the first of it is thrown, see Fault.
  const std::vector<std::shared_ptr<Fault>>& faults() const { return faults_; }
  bool faulty() const { return faulty(faults_.size()); }
  void raise_faults(int64_t rows = -1, const std::function<int64_t(int64_t)>& row_number = {}) const;

  // For a step that holds a plan and binds tables of its own, copies of this one.
  const std::vector<void*>& table() const { return table_; }
  std::vector<void*> table_over(const Buffer& arena) const;  // for who runs it in an arena of his own
  const std::vector<int32_t>& input_slots() const { return input_slots_; }
  const std::vector<int32_t>& output_slots() const { return output_slots_; }
  void walk(void* const* table, Worker worker, SpinBarrier& barrier) const;

 private:
  void bind(const void* const* inputs, void* const* outputs);
  int workers_now() const;
  bool all_accepted(Accepts accepts, const void* const* inputs) const;
  void run_locked(const void* const* inputs, void* const* outputs);
  bool faulty(size_t checks) const;

  friend class PlanBuilder;

  std::vector<Step> steps_;
  std::vector<void*> table_;
  std::vector<int32_t> input_slots_, output_slots_;
  std::vector<TensorType> input_types_, output_types_;
  std::vector<std::shared_ptr<Variable>> variables_;      // kept alive
  std::vector<std::shared_ptr<const Buffer>> constants_;  // kept alive
  std::vector<std::shared_ptr<Fault>> faults_;            // of the steps, in their order
  std::unique_ptr<Buffer> arena_;
  std::shared_ptr<Blockwise> blocks_;  // null where rows go through the steps together
  int64_t arena_bytes_ = 0;
  int64_t live_bytes_ = 0;
  double nanoseconds_ = 0;
  int workers_ = 1;
  bool chooses_ = false;  // whether to wake a team, by what that costs
  bool short_ = false;    // too short for it
  bool writes_variables_ = false;
  // Every run writes these, on a line of memory of which its workers read nothing.
  alignas(64) std::mutex mutex_;
  BurstTuner tuner_;    // of a short plan
  WakeRule wake_rule_;  // of another
};

// Work worth giving to one more worker, in nanoseconds. Zero: every step uses every worker (for tests).
double parallel_grain();
void set_parallel_grain(double nanoseconds);

}  // namespace lamina
