#include "graph/placement.h"

#include <algorithm>

namespace lamina {

Placement::Placement(const Instructions& list) : list_(list), graph_(list.graph) {
  place_inputs();
  place_sources();
  place_results();
  place_outputs();
  place_writes();
  share_memory();
}

int32_t Placement::add_slot(Slot slot) {
  slots_.push_back(std::move(slot));
  return static_cast<int32_t>(slots_.size()) - 1;
}

int32_t Placement::leader(int32_t slot) const {
  while (slots_[slot].shares >= 0) slot = slots_[slot].shares;
  return slot;
}

void Placement::place_inputs() {
  for (const Value& value : graph_.inputs()) {
    const Node& node = graph_.nodes()[value.node];
    Slot slot{Place::kInput, node.outputs[0]};
    slot.position = node.input_position;
    slot_of_[value] = add_slot(slot);
    input_slots_.push_back(slot_of_[value]);
  }
}

// Variables and constants, as far as something reads them.
void Placement::place_sources() {
  const auto place = [&](Value raw) {
    const Value value = list_.root(raw);
    if (slot_of_.contains(value)) return;
    if (const auto& variable = graph_.nodes()[value.node].variable) {
      Slot slot{Place::kVariable, variable->type};
      slot.memory = variable->buffer.data();
      variables_.push_back(variable);
      slot_of_[value] = add_slot(slot);
    } else if (const auto constant = list_.constants.find(value); constant != list_.constants.end()) {
      Slot slot{Place::kConstant, list_.type(value)};
      slot.memory = constant->second->data();
      constants_.push_back(constant->second);
      slot_of_[value] = add_slot(slot);
    }
  };
  for (const Instruction& instruction : list_.code) {
    for (const Value& value : instruction.inputs) place(value);
  }
  for (const Value& value : list_.outputs) place(value);
  for (const auto& write : graph_.writes()) {
    place(write.value);
    variables_.push_back(write.variable);
  }
}

void Placement::place_results() {
  for (int32_t p = 0; p < end(); ++p) {
    for (const Value& value : list_.code[p].outputs) {
      Slot slot{Place::kArena, list_.type(value)};
      slot.first = slot.last = p;
      slot_of_[value] = add_slot(slot);
    }
    for (const Value& value : list_.code[p].inputs) slots_[slot(value)].last = p;
  }
}

// A result is computed straight into the caller's memory; what is not a result of its own is copied there at the end.
void Placement::place_outputs() {
  for (size_t i = 0; i < list_.outputs.size(); ++i) {
    int32_t here = slot(list_.outputs[i]);
    if (slots_[here].place != Place::kArena) {
      const int32_t from = here;
      here = add_slot({Place::kArena, slots_[from].type});
      copies_.push_back({from, here});
      slots_[from].last = end();
    }
    slots_[here].place = Place::kOutput;
    slots_[here].position = static_cast<int32_t>(i);
    slots_[here].last = end();
    output_slots_.push_back(here);
  }
}

// Whether the written value can be computed over the variable's old one: nobody reads the old value later, and if the
// computing op itself reads it, the op allows it.
bool Placement::computes_in_place(const Graph::Write& write) const {
  const Slot& target = slots_[slot(write.value)];
  if (target.place != Place::kArena) return false;
  int32_t old = -1;
  for (const auto& [value, index] : slot_of_) {
    if (graph_.nodes()[value.node].variable == write.variable) old = index;
  }
  if (old < 0 || slots_[old].last < target.first) return true;
  if (slots_[old].last > target.first) return false;
  const Instruction& maker = list_.code[target.first];
  if (maker.op->reads_first) return true;
  if (!maker.op->in_place) return false;
  for (size_t i = 0; i < maker.inputs.size(); ++i) {
    const bool reads_old = slot(maker.inputs[i]) == old;
    const bool makes_new = i < maker.outputs.size() && slot(maker.outputs[i]) == slot(write.value) &&
                           list_.type(maker.inputs[i]).size() == list_.type(maker.outputs[i]).size();
    if (reads_old && !makes_new) return false;
  }
  return true;
}

void Placement::place_writes() {
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
void Placement::share_memory() {
  for (int32_t p = 0; p < end(); ++p) {
    const Instruction& instruction = list_.code[p];
    if (!instruction.op->in_place) continue;
    const size_t pairs = std::min(instruction.inputs.size(), instruction.outputs.size());
    for (size_t i = 0; i < pairs; ++i) {
      const int32_t to = slot(instruction.outputs[i]), from = slot(instruction.inputs[i]);
      const TensorType &a = list_.type(instruction.inputs[i]), &b = list_.type(instruction.outputs[i]);
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

int32_t Placement::add_scratch(int64_t bytes, int32_t step) {
  Slot slot{Place::kArena, {DType::kUInt8, {bytes}}};
  slot.first = slot.last = step;
  return add_slot(slot);
}

void Placement::arrange() {
  // Copies run as steps of their own after `end()`; what they touch lives to the very end.
  const int32_t last_step = end() + static_cast<int32_t>(copies_.size());
  std::vector<Lifetime> lifetimes;
  for (int32_t s = 0; s < static_cast<int32_t>(slots_.size()); ++s) {
    const Slot& slot = slots_[s];
    if (slot.place != Place::kArena || slot.shares >= 0) continue;
    lifetimes.push_back({slot.type.bytes(), slot.first, slot.last >= end() ? last_step : slot.last});
    owners_.push_back(s);
  }
  arena_ = plan_memory(lifetimes);
}

std::unique_ptr<Buffer> Placement::allocate() {
  auto arena = std::make_unique<Buffer>(arena_.bytes);
  char* base = static_cast<char*>(arena->data());
  for (size_t i = 0; i < owners_.size(); ++i) slots_[owners_[i]].memory = base + arena_.offsets[i];
  for (int32_t s = 0; s < static_cast<int32_t>(slots_.size()); ++s) slots_[s].memory = slots_[leader(s)].memory;
  return arena;
}

}  // namespace lamina
