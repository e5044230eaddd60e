#include "graph/plan_builder.h"

#include <algorithm>

#include "graph/planner.h"

namespace lamina {

PlanBuilder::PlanBuilder(const Graph& graph, const std::vector<Value>& outputs, Plan& plan)
    : graph_(graph), outputs_(outputs), plan_(plan) {}

void PlanBuilder::build() {
  select();
  place_sources();
  place_results();
  place_outputs();
  place_writes();
  share_memory();
  prepare();
  allocate();
  choose_workers();
  find_barriers();
}

int32_t PlanBuilder::add_slot(Slot slot) {
  slots_.push_back(std::move(slot));
  return static_cast<int32_t>(slots_.size()) - 1;
}

void PlanBuilder::select() {
  list_ = select_instructions(graph_, outputs_);
  merge_equal(list_);
  fold_constants(graph_, list_);
  fuse(graph_, outputs_, list_);
  drop_renames(list_);
}

void PlanBuilder::place_sources() {
  for (const Value& value : graph_.inputs()) {
    const Node& node = graph_.nodes()[value.node];
    plan_.input_types_.push_back(node.outputs[0]);
    Slot slot{Place::kInput, node.outputs[0]};
    slot.position = node.input_position;
    slot_of_[value] = add_slot(slot);
    plan_.input_slots_.push_back(slot_of_[value]);
  }
  std::vector<Value> used;
  for (const Instruction& instruction : list_.code) {
    used.insert(used.end(), instruction.inputs.begin(), instruction.inputs.end());
  }
  used.insert(used.end(), outputs_.begin(), outputs_.end());
  for (const auto& write : graph_.writes()) {
    used.push_back(write.value);
    plan_.variables_.push_back(write.variable);
  }
  for (const Value& raw : used) {
    const Value value = list_.root(raw);
    if (slot_of_.contains(value)) continue;
    if (const auto& variable = graph_.nodes()[value.node].variable) {
      Slot slot{Place::kVariable, variable->type};
      slot.memory = variable->buffer.data();
      plan_.variables_.push_back(variable);
      slot_of_[value] = add_slot(slot);
    } else if (const auto constant = list_.constants.find(value); constant != list_.constants.end()) {
      Slot slot{Place::kConstant, graph_.type(value)};
      slot.memory = constant->second->data();
      plan_.constants_.push_back(constant->second);
      slot_of_[value] = add_slot(slot);
    }
  }
}

void PlanBuilder::place_results() {
  for (int32_t p = 0; p < end(); ++p) {
    for (const Value& value : list_.code[p].outputs) {
      Slot slot{Place::kArena, graph_.type(value)};
      slot.first = slot.last = p;
      slot_of_[value] = add_slot(slot);
    }
    for (const Value& value : list_.code[p].inputs) slots_[slot(value)].last = p;
  }
}

// A result is computed straight into the caller's memory; what is not a result of its own is copied there at the end.
void PlanBuilder::place_outputs() {
  for (size_t i = 0; i < outputs_.size(); ++i) {
    int32_t here = slot(outputs_[i]);
    if (slots_[here].place != Place::kArena) {
      const int32_t from = here;
      here = add_slot({Place::kArena, slots_[from].type});
      copies_.push_back({from, here});
      slots_[from].last = end();
    }
    slots_[here].place = Place::kOutput;
    slots_[here].position = static_cast<int32_t>(i);
    slots_[here].last = end();
    plan_.output_slots_.push_back(here);
    plan_.output_types_.push_back(graph_.type(outputs_[i]));
  }
}

// Whether the written value can be computed over the variable's old one: nobody reads the old value later, and if the
// computing op itself reads it, the op allows it.
bool PlanBuilder::computes_in_place(const Graph::Write& write) const {
  const Slot& target = slots_[slot(write.value)];
  if (target.place != Place::kArena) return false;
  int32_t old = -1;
  for (const auto& [value, index] : slot_of_) {
    if (graph_.nodes()[value.node].variable == write.variable) old = index;
  }
  if (old < 0 || slots_[old].last < target.first) return true;
  if (slots_[old].last > target.first) return false;
  const Instruction& maker = list_.code[target.first];
  if (!maker.op->in_place) return false;
  for (size_t i = 0; i < maker.inputs.size(); ++i) {
    const bool reads_old = slot(maker.inputs[i]) == old;
    const bool makes_new = i < maker.outputs.size() && slot(maker.outputs[i]) == slot(write.value) &&
                           graph_.type(maker.inputs[i]).size() == graph_.type(maker.outputs[i]).size();
    if (reads_old && !makes_new) return false;
  }
  return true;
}

void PlanBuilder::place_writes() {
  plan_.writes_variables_ = !graph_.writes().empty();
  std::vector<const Graph::Write*> copied, placed;
  // What is copied at the end keeps its source alive till then, so these come first.
  for (const auto& write : graph_.writes()) {
    Slot& source = slots_[slot(write.value)];
    if (source.place == Place::kArena) {
      placed.push_back(&write);
    } else if (source.memory != write.variable->buffer.data()) {
      source.last = end();
      copied.push_back(&write);
    }
  }
  for (const auto* write : placed) {
    Slot& target = slots_[slot(write->value)];
    if (computes_in_place(*write)) {
      target.place = Place::kVariable;
      target.memory = write->variable->buffer.data();
    } else {
      target.last = end();
      copied.push_back(write);
    }
  }
  // Variables may trade values: read all that are about to change before the first is written.
  std::vector<Copy> stores;
  for (const auto* write : copied) {
    int32_t from = slot(write->value);
    if (slots_[from].place == Place::kVariable) {
      Slot temporary{Place::kArena, slots_[from].type};
      temporary.first = temporary.last = end();
      copies_.push_back({from, add_slot(temporary)});
      from = copies_.back().to;
    }
    Slot variable{Place::kVariable, write->variable->type};
    variable.memory = write->variable->buffer.data();
    stores.push_back({from, add_slot(variable)});
  }
  copies_.insert(copies_.end(), stores.begin(), stores.end());
}

// Lets an op write over its input where nobody needs that afterwards.
void PlanBuilder::share_memory() {
  const auto leader = [&](int32_t s) {
    while (slots_[s].shares >= 0) s = slots_[s].shares;
    return s;
  };
  for (int32_t p = 0; p < end(); ++p) {
    const Instruction& instruction = list_.code[p];
    if (!instruction.op->in_place) continue;
    const size_t pairs = std::min(instruction.inputs.size(), instruction.outputs.size());
    for (size_t i = 0; i < pairs; ++i) {
      const int32_t to = slot(instruction.outputs[i]), from = slot(instruction.inputs[i]);
      const TensorType &a = graph_.type(instruction.inputs[i]), &b = graph_.type(instruction.outputs[i]);
      if (slots_[to].place != Place::kArena || slots_[from].place != Place::kArena || a.dtype != b.dtype ||
          a.size() != b.size()) {
        continue;
      }
      const int32_t memory = leader(from);
      if (slots_[memory].last != p) continue;
      const auto others = std::count_if(instruction.inputs.begin(), instruction.inputs.end(),
                                        [&](Value x) { return leader(slot(x)) == memory; });
      if (others != 1) continue;
      slots_[to].shares = memory;
      slots_[memory].last = std::max(slots_[memory].last, slots_[to].last);
    }
  }
}

namespace {

double g_parallel_grain = 2000;

struct Extent {
  const char* begin;
  int64_t bytes;
  bool overlaps(const Extent& other) const { return begin < other.begin + other.bytes && other.begin < begin + bytes; }
};

}  // namespace

double parallel_grain() {
  return g_parallel_grain;
}
void set_parallel_grain(double nanoseconds) {
  g_parallel_grain = nanoseconds;
}

void PlanBuilder::prepare() {
  const auto add_step = [&](const Op& op, std::vector<TensorType> in, std::vector<TensorType> out,
                            const Attributes& attributes, std::vector<int32_t> from, std::vector<int32_t> to) {
    const NodeInfo info{op.name, std::move(in), std::move(out), &attributes};
    Step step{op.name, op.prepare(info), std::move(from), std::move(to)};
    if (step.kernel.scratch_bytes > 0) {
      Slot scratch{Place::kArena, {DType::kUInt8, {step.kernel.scratch_bytes}}};
      step.scratch = add_slot(scratch);
    }
    plan_.steps_.push_back(std::move(step));
  };
  for (const Instruction& instruction : list_.code) {
    std::vector<TensorType> in, out;
    std::vector<int32_t> from, to;
    for (const Value& value : instruction.inputs) in.push_back(graph_.type(value)), from.push_back(slot(value));
    for (const Value& value : instruction.outputs) out.push_back(graph_.type(value)), to.push_back(slot(value));
    add_step(*instruction.op, in, out, instruction.attributes, from, to);
  }
  for (const Copy& copy : copies_) {
    const TensorType flat{slots_[copy.from].type.dtype, {slots_[copy.from].type.size()}};
    add_step(find_op("identity"), {flat}, {flat}, {}, {copy.from}, {copy.to});
  }
  for (int32_t p = 0; p < static_cast<int32_t>(plan_.steps_.size()); ++p) {
    if (plan_.steps_[p].scratch >= 0) slots_[plan_.steps_[p].scratch].first = slots_[plan_.steps_[p].scratch].last = p;
  }
}

void PlanBuilder::allocate() {
  // Copies run as steps of their own after `end()`; what they touch lives to the very end.
  const int32_t steps = static_cast<int32_t>(plan_.steps_.size());
  std::vector<Lifetime> lifetimes;
  std::vector<int32_t> owners;
  for (int32_t s = 0; s < static_cast<int32_t>(slots_.size()); ++s) {
    const Slot& slot = slots_[s];
    if (slot.place != Place::kArena || slot.shares >= 0) continue;
    lifetimes.push_back({slot.type.bytes(), slot.first, slot.last >= end() ? std::max(slot.last, steps) : slot.last});
    owners.push_back(s);
  }
  const MemoryPlan memory = plan_memory(lifetimes);
  plan_.arena_bytes_ = memory.bytes;
  plan_.arena_ = std::make_unique<Buffer>(memory.bytes);
  char* base = static_cast<char*>(plan_.arena_->data());
  for (size_t i = 0; i < owners.size(); ++i) slots_[owners[i]].memory = base + memory.offsets[i];
  for (Slot& slot : slots_) {
    if (slot.shares < 0) continue;
    int32_t s = slot.shares;
    while (slots_[s].shares >= 0) s = slots_[s].shares;
    slot.memory = slots_[s].memory;
  }
  for (const Slot& slot : slots_) plan_.table_.push_back(slot.memory);
}

// Steps need a barrier between them only where one writes memory that the other touches. Two steps of one worker each
// never do: the same worker takes both.
void PlanBuilder::find_barriers() {
  const auto extent = [&](int32_t s) {
    const Slot& slot = slots_[s];
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

void PlanBuilder::choose_workers() {
  constexpr int kMost = 1024;
  constexpr double kWholePlan = 12000;  // below this, waking the team costs more than it brings
  const double grain = parallel_grain();
  double total = 0;
  for (Step& step : plan_.steps_) {
    const double shares = grain > 0 ? step.kernel.nanoseconds / grain : kMost;
    step.workers = static_cast<int>(std::clamp<double>(shares, 1, kMost));
    total += step.kernel.nanoseconds;
    plan_.workers_ = std::max(plan_.workers_, step.workers);
  }
  if (grain > 0 && total < kWholePlan) plan_.workers_ = 1;
}

Plan::Plan(const Graph& graph, const std::vector<Value>& outputs) {
  PlanBuilder(graph, outputs, *this).build();
}

}  // namespace lamina
