#include <algorithm>
#include <atomic>
#include <set>

#include "core/claims.h"
#include "core/threads.h"
#include "graph/blockwise.h"
#include "graph/placement.h"
#include "graph/plan.h"

namespace lamina {

// Turns a graph into a plan's steps: picks and fuses instructions, decides where every value lives, prepares the
// kernels and finds out where workers must meet.
class PlanBuilder {
 public:
  PlanBuilder(const Graph& graph, const std::vector<Value>& outputs, PlanUse use, Plan& plan)
      : use_(use),
        most_workers_(use == PlanUse::kBlock ? 1 : thread_count()),
        list_(simplified(graph, outputs)),
        placement_(list_),
        plan_(plan) {
    for (const Value& value : outputs) read_.insert(list_.root(value));
    for (const Graph::Write& write : graph.writes()) read_.insert(list_.root(write.value));
    for (const Instruction& instruction : list_.code) {
      for (const Value& value : instruction.inputs) read_.insert(list_.root(value));
    }
    for (const Value& value : graph.inputs()) plan_.input_types_.push_back(graph.type(value));
    for (const Value& value : outputs) plan_.output_types_.push_back(graph.type(value));
    plan_.input_slots_ = placement_.input_slots();
    plan_.output_slots_ = placement_.output_slots();
    plan_.variables_ = placement_.variables();
    plan_.constants_ = placement_.constants();
    plan_.writes_variables_ = !graph.writes().empty();
  }

  void build() {
    prepare();
    placement_.arrange();
    if (use_ == PlanUse::kRun && cut_into_blocks()) {
      choose_workers();
      return;
    }
    plan_.arena_ = placement_.allocate();
    plan_.arena_bytes_ = placement_.arena().bytes;
    plan_.live_bytes_ = placement_.arena().live;
    for (const Slot& slot : placement_.slots()) plan_.table_.push_back(slot.memory);
    choose_workers();
    find_barriers();
    place_checks();
  }

  // The slots of some of the graph's inputs, in an order of their own.
  std::vector<int32_t> slots_of(const std::vector<Value>& inputs) const {
    std::vector<int32_t> slots;
    for (const Value& input : inputs) slots.push_back(placement_.slot(input));
    return slots;
  }

 private:
  static Instructions simplified(const Graph& graph, const std::vector<Value>& outputs) {
    Instructions list = select_instructions(graph, outputs);
    trim_outputs(list);
    merge_equal(list);
    fold_constants(list);
    absorb_transposes(list);
    work_on_pooled(list);
    fuse(list);
    fuse_slopes(list);
    fuse_pools(list);
    fuse_updates(list);
    assign_owners(list);
    drop_renames(list);
    fuse_scalars(list);
    return list;
  }

  void prepare();
  bool cut_into_blocks();
  void choose_workers();
  void find_barriers();
  void place_checks();

  const PlanUse use_;
  const int most_workers_;
  const Instructions list_;
  std::set<Value> read_;  // what outputs, writes and instructions read
  Placement placement_;
  Plan& plan_;
};

namespace {

std::atomic<double> g_parallel_grain = 1000;

struct Extent {
  const char* begin;
  int64_t bytes;
  bool overlaps(const Extent& other) const { return begin < other.begin + other.bytes && other.begin < begin + bytes; }
};

// Cuts each worker's share into pieces, which others may claim.
void claim(StepKernel& kernel, int pieces, int workers) {
  kernel.run = [run = std::move(kernel.run), pieces, claims = Claims(workers)](const StepData& data, Worker worker,
                                                                               int phase) {
    if (worker.count == 1) return run(data, worker, phase);
    claims.run(worker, pieces, [&](int owner, int number) {
      Worker part = worker;
      part.index = owner * pieces + number;
      part.count = worker.count * pieces;
      run(data, part, phase);
    });
  };
}

}  // namespace

double parallel_grain() {
  return g_parallel_grain;
}
void set_parallel_grain(double nanoseconds) {
  g_parallel_grain = nanoseconds;
}

void PlanBuilder::prepare() {
  const auto add_step = [&](const Op& op, const NodeInfo& info, std::vector<int32_t> from, std::vector<int32_t> to) {
    Step step{op.name, op.prepare(info), std::move(from), std::move(to)};
    if (step.kernel.scratch_bytes > 0) {
      step.scratch = placement_.add_scratch(step.kernel.scratch_bytes, static_cast<int32_t>(plan_.steps_.size()));
    }
    plan_.faults_.insert(plan_.faults_.end(), step.kernel.faults.begin(), step.kernel.faults.end());
    plan_.steps_.push_back(std::move(step));
  };
  for (const Instruction& instruction : list_.code) {
    NodeInfo info = list_.info(instruction);
    info.workers = most_workers_;
    std::vector<int32_t> from, to;
    for (const Value& value : instruction.inputs) from.push_back(placement_.slot(value));
    for (const Value& value : instruction.outputs) {
      to.push_back(placement_.slot(value));
      info.read.push_back(read_.contains(value));
    }
    add_step(*instruction.op, info, std::move(from), std::move(to));
  }
  const Op& copy_op = find_op("identity");
  const Attributes none;
  for (const Placement::Copy& copy : placement_.copies()) {
    const TensorType& type = placement_.slots()[copy.from].type;
    const TensorType flat{type.dtype, {type.size()}};
    add_step(copy_op, {copy_op.name, {flat}, {flat}, &none, {}, most_workers_}, {copy.from}, {copy.to});
  }
}

// Makes one step of all that there is to do, if rows do not depend on each other and together need more memory than
// there is in a cache.
bool PlanBuilder::cut_into_blocks() {
  const std::vector<TensorType>& inputs = plan_.input_types_;
  if (!list_.graph.writes().empty() || inputs.empty()) return false;
  const int64_t rows = inputs[0].shape.empty() ? 0 : inputs[0].shape[0];
  const bool all = std::all_of(inputs.begin(), inputs.end(),
                               [&](const TensorType& type) { return !type.shape.empty() && type.shape[0] == rows; });
  if (!all || rows < 2) return false;
  int64_t caller = 0, weights = 0;
  for (const Slot& slot : placement_.slots()) {
    if (slot.place == Place::kInput || slot.place == Place::kOutput) caller += slot.type.bytes();
    if (slot.place == Place::kVariable || slot.place == Place::kConstant) weights += slot.type.bytes();
  }
  const int64_t most = rows_of_block(rows, placement_.arena().live, caller, weights);
  if (most == rows) return false;
  const auto blocks = Blockwise::make(list_, rows, most);
  if (blocks == nullptr) return false;
  Step step{"blockwise", blocks->kernel(blocks), {}, {}};
  for (int32_t& slot : plan_.input_slots_) step.inputs.push_back(slot = static_cast<int32_t>(step.inputs.size()));
  for (int32_t& slot : plan_.output_slots_) {
    step.outputs.push_back(slot = static_cast<int32_t>(step.inputs.size() + step.outputs.size()));
  }
  plan_.table_.resize(step.inputs.size() + step.outputs.size());
  plan_.steps_.assign(1, std::move(step));
  plan_.arena_bytes_ = plan_.live_bytes_ = blocks->arena_bytes();
  plan_.blocks_ = blocks;
  return true;
}

void PlanBuilder::choose_workers() {
  constexpr double kPiece = 16000, kMostPieces = 16;  // nanoseconds of a piece, pieces of a worker
  constexpr double kWholePlan = 12000;                // below this, waking the team costs more than it brings
  const double grain = parallel_grain();
  for (Step& step : plan_.steps_) {
    StepKernel& kernel = step.kernel;
    // Scratch memory was made for so many; should threads be added later, they look on.
    const int most = kernel.scratch_bytes > 0 ? std::min(kernel.most_workers, most_workers_) : kernel.most_workers;
    const double shares = grain > 0 ? kernel.nanoseconds / grain : most;
    const int least = std::min(kernel.keepers, most);
    step.workers = kernel.walk ? kernel.walkers : static_cast<int>(std::clamp<double>(shares, least, most));
    if (use_ == PlanUse::kBlock) step.workers = 1;
    if (kernel.in_pieces && std::min(step.workers, most_workers_) > 1) {
      const double pieces = grain > 0 ? kernel.nanoseconds / most_workers_ / kPiece : kMostPieces;
      if (pieces >= 2) claim(kernel, static_cast<int>(std::min(pieces, kMostPieces)), most_workers_);
    }
    plan_.nanoseconds_ += kernel.nanoseconds;
    plan_.workers_ = std::max(plan_.workers_, step.workers);
  }
  plan_.chooses_ = grain > 0 && use_ == PlanUse::kRun;
  plan_.short_ = plan_.chooses_ && plan_.nanoseconds_ < kWholePlan;
}

// Steps need a barrier between them only where one writes memory that the other touches. Two steps of one worker each
// never do: the same worker takes both.
void PlanBuilder::find_barriers() {
  const auto extent = [&](int32_t s) {
    const Slot& slot = placement_.slots()[s];
    // A caller's memory is not known yet; a stand-in per input and output keeps them apart.
    static char standins[2 * 4096];
    if (slot.place == Place::kInput) return Extent{standins + slot.position % 4096, 1};
    if (slot.place == Place::kOutput) return Extent{standins + 4096 + slot.position % 4096, 1};
    return Extent{static_cast<const char*>(slot.memory), slot.type.bytes()};
  };
  const auto touches = [&](const Step& writer, const Step& other) {
    std::vector<int32_t> written = writer.outputs, seen = other.inputs;
    if (writer.scratch >= 0) written.push_back(writer.scratch);
    if (other.scratch >= 0) seen.push_back(other.scratch);
    seen.insert(seen.end(), other.outputs.begin(), other.outputs.end());
    return std::any_of(written.begin(), written.end(), [&](int32_t w) {
      return std::any_of(seen.begin(), seen.end(), [&](int32_t s) { return extent(w).overlaps(extent(s)); });
    });
  };
  size_t first_since_barrier = 0;
  for (size_t b = 0; b < plan_.steps_.size(); ++b) {
    Step& step = plan_.steps_[b];
    for (size_t a = first_since_barrier; a < b && !step.barrier; ++a) {
      const Step& earlier = plan_.steps_[a];
      if (earlier.workers == 1 && step.workers == 1) continue;
      step.barrier = touches(earlier, step) || touches(step, earlier);
    }
    if (step.barrier) first_since_barrier = b;
  }
}

// What steps find wrong ends the run before the first step that writes a variable: at the last barrier up to there that
// those steps have behind them.
void PlanBuilder::place_checks() {
  size_t checks = 0, behind = 0, first_write = 0;
  for (; first_write < plan_.steps_.size(); ++first_write) {
    const Step& step = plan_.steps_[first_write];
    if (std::any_of(step.outputs.begin(), step.outputs.end(),
                    [&](int32_t s) { return placement_.slots()[s].place == Place::kVariable; })) {
      break;
    }
    checks += step.kernel.faults.size();
    if (!step.kernel.faults.empty()) behind = first_write + 1;
  }
  if (checks == 0 || first_write == plan_.steps_.size()) return;
  size_t at = first_write;
  while (at > behind && !plan_.steps_[at].barrier) --at;
  if (!plan_.steps_[at].barrier) at = first_write;
  plan_.steps_[at].barrier = true;
  plan_.steps_[at].checks = checks;
}

Plan::Plan(const Graph& graph, const std::vector<Value>& outputs, PlanUse use) {
  PlanBuilder(graph, outputs, use, *this).build();
}

Plan::Plan(const Function& function) {
  PlanBuilder builder(function.graph, function.outputs, PlanUse::kStep, *this);
  builder.build();
  input_slots_ = builder.slots_of(function.inputs);
  input_types_ = function.input_types();
}

}  // namespace lamina
