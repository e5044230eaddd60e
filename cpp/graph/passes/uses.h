#pragma once

#include <map>
#include <string_view>
#include <vector>

#include "graph/instructions.h"

namespace lamina {

// How often each value is read, counting the plan's outputs and writes, and which instruction makes it: as it was when
// this was made.
class Uses {
 public:
  explicit Uses(Instructions& list) : code_(list.code) {
    for (const Value& value : list.outputs) ++count_[list.root(value)];
    for (const auto& write : list.graph.writes()) ++count_[list.root(write.value)];
    for (Instruction& instruction : code_) {
      for (const Value& value : instruction.inputs) ++count_[value];
      for (const Value& value : instruction.outputs) maker_[value] = &instruction;
    }
  }

  size_t count(Value value) const {
    const auto count = count_.find(value);
    return count == count_.end() ? 0 : count->second;
  }
  // The instruction that makes `value`, if one does and is still there.
  Instruction* maker(Value value) const {
    const auto maker = maker_.find(value);
    return maker != maker_.end() && maker->second->op != nullptr ? maker->second : nullptr;
  }
  // The same, if nobody else reads the value.
  Instruction* sole_maker(Value value) const { return count(value) == 1 ? maker(value) : nullptr; }
  // The same, if its op is `op`.
  Instruction* sole_maker(Value value, std::string_view op) const {
    Instruction* instruction = sole_maker(value);
    return instruction != nullptr && op == instruction->op->name ? instruction : nullptr;
  }
  // Whether `value` is there when `instruction` runs.
  bool made_before(Value value, const Instruction& instruction) const {
    const auto maker = maker_.find(value);
    return maker == maker_.end() || maker->second < &instruction;
  }

 private:
  std::vector<Instruction>& code_;
  std::map<Value, size_t> count_;
  std::map<Value, Instruction*> maker_;
};

}  // namespace lamina
