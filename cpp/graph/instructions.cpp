#include "graph/instructions.h"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <tuple>

namespace lamina {

Instructions select_instructions(const Graph& graph, const std::vector<Value>& outputs) {
  const auto& nodes = graph.nodes();
  std::vector<Value> roots = outputs;
  for (const auto& write : graph.writes()) roots.push_back(write.value);
  const std::vector<bool> needed = needed_nodes(graph, roots);
  Instructions list{graph, outputs, {}, {}, {}, {}};
  for (size_t n = 0; n < nodes.size(); ++n) {
    const Node& node = nodes[n];
    const Value first{static_cast<int32_t>(n), 0};
    if (!needed[n]) continue;
    if (node.constant) list.constants[first] = node.constant;
    if (node.op == nullptr) continue;
    Instruction instruction{node.op, node.inputs, {}, node.attributes};
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      instruction.outputs.push_back({first.node, static_cast<int32_t>(i)});
    }
    list.code.push_back(std::move(instruction));
  }
  return list;
}

NodeInfo Instructions::info(const Instruction& instruction) const {
  NodeInfo info{instruction.op->name, {}, {}, &instruction.attributes};
  for (const Value& value : instruction.inputs) info.inputs.push_back(type(value));
  for (const Value& value : instruction.outputs) info.outputs.push_back(type(value));
  return info;
}

void trim_outputs(Instructions& list) {
  std::set<Value> read(list.outputs.begin(), list.outputs.end());
  for (const auto& write : list.graph.writes()) read.insert(write.value);
  for (const Instruction& instruction : list.code) read.insert(instruction.inputs.begin(), instruction.inputs.end());
  for (Instruction& instruction : list.code) {
    if (instruction.op->trim == nullptr) continue;
    std::vector<bool> kept;
    for (const Value& value : instruction.outputs) kept.push_back(read.contains(value));
    instruction.attributes = instruction.op->trim(list.info(instruction), kept);
    size_t next = 0;
    std::erase_if(instruction.outputs, [&](const Value&) { return !kept[next++]; });
  }
}

void merge_equal(Instructions& list) {
  using Key = std::tuple<const Op*, std::vector<Value>, std::string>;
  std::map<Key, const Instruction*> seen;
  for (Instruction& instruction : list.code) {
    for (Value& input : instruction.inputs) input = list.root(input);
    Key key{instruction.op, instruction.inputs, instruction.attributes.key()};
    const auto [earlier, first] = seen.try_emplace(std::move(key), &instruction);
    if (first) continue;
    for (size_t i = 0; i < instruction.outputs.size(); ++i) {
      list.same[instruction.outputs[i]] = earlier->second->outputs[i];
    }
    instruction.op = nullptr;
  }
  list.drop_replaced();
}

namespace {

// Runs one op here and now, on one worker.
void compute(const Instruction& instruction, Instructions& list) {
  const NodeInfo info = list.info(instruction);
  std::vector<void*> table;
  std::vector<int32_t> inputs, outputs;
  for (const Value& value : instruction.inputs) {
    inputs.push_back(static_cast<int32_t>(table.size()));
    table.push_back(list.constants.at(value)->data());
  }
  for (const Value& value : instruction.outputs) {
    outputs.push_back(static_cast<int32_t>(table.size()));
    auto buffer = std::make_shared<Buffer>(list.type(value).bytes());
    table.push_back(buffer->data());
    list.constants[value] = std::move(buffer);
  }
  const StepKernel kernel = instruction.op->prepare(info);
  const Buffer scratch(kernel.scratch_bytes);
  const StepData data(table.data(), inputs.data(), outputs.data(), scratch.data());
  for (int phase = 0; phase < kernel.phases; ++phase) kernel.run(data, Worker{}, phase);
  for (const auto& fault : kernel.faults) {
    if (fault->found()) fault->raise(-1, {});
  }
}

// Moves each check to behind the instruction that makes what it looks at, before the first if none does.
void hoist_checks(Instructions& list) {
  auto& code = list.code;
  for (auto check = code.begin(); check != code.end(); ++check) {
    if (!check->op->check) continue;
    const Value value = list.root(check->inputs[0]);
    const auto maker = std::find_if(std::make_reverse_iterator(check), code.rend(), [&](const Instruction& earlier) {
      return std::find(earlier.outputs.begin(), earlier.outputs.end(), value) != earlier.outputs.end();
    });
    std::rotate(maker.base(), check, check + 1);
  }
}

}  // namespace

void fold_constants(Instructions& list) {
  constexpr int64_t kMostBytes = 1 << 20;
  for (Instruction& instruction : list.code) {
    const bool known = std::all_of(instruction.inputs.begin(), instruction.inputs.end(),
                                   [&](Value value) { return list.constants.contains(value); });
    const bool small = std::all_of(instruction.outputs.begin(), instruction.outputs.end(),
                                   [&](Value value) { return list.type(value).bytes() <= kMostBytes; });
    if (!known || !small || instruction.attributes.holds_functions()) continue;
    compute(instruction, list);
    instruction.op = nullptr;
  }
  list.drop_replaced();
}

void drop_renames(Instructions& list) {
  const auto renames = [&](const Instruction& instruction) {
    constexpr std::array<std::string_view, 3> kAlways = {"reshape", "identity", "stop_gradient"};
    // Of as many elements as they began with.
    constexpr std::array<std::string_view, 6> kSometimes = {"sum", "mean", "prod", "max", "min", "broadcast_to"};
    const auto among = [&](const auto& names) {
      return std::find(names.begin(), names.end(), instruction.op->name) != names.end();
    };
    if (instruction.op->check || among(kAlways)) return true;
    if (!among(kSometimes)) return false;
    const TensorType &x = list.type(instruction.inputs[0]), &y = list.type(instruction.outputs[0]);
    return x.dtype == y.dtype && x.size() == y.size();
  };
  for (Instruction& instruction : list.code) {
    if (!renames(instruction)) continue;
    list.same[instruction.outputs[0]] = list.root(instruction.inputs[0]);
    instruction.outputs.clear();
    if (!instruction.op->check) instruction.op = nullptr;
  }
  list.drop_replaced();
  hoist_checks(list);
}

}  // namespace lamina
