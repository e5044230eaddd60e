#include "graph/instructions.h"

#include <array>
#include <string_view>

namespace lamina {

bool is_alias(const Op& op) {
  constexpr std::array<std::string_view, 3> kAliases = {"reshape", "identity", "stop_gradient"};
  for (const std::string_view name : kAliases) {
    if (name == op.name) return true;
  }
  return false;
}

std::vector<Instruction> select_instructions(const Graph& graph, const std::vector<Value>& outputs) {
  const auto& nodes = graph.nodes();
  std::vector<bool> needed(nodes.size(), false);
  for (const Value& value : outputs) needed[value.node] = true;
  for (const auto& write : graph.writes()) needed[write.value.node] = true;
  for (size_t n = nodes.size(); n-- > 0;) {
    if (!needed[n]) continue;
    for (const Value& input : nodes[n].inputs) needed[input.node] = true;
  }
  std::vector<Instruction> instructions;
  for (size_t n = 0; n < nodes.size(); ++n) {
    const Node& node = nodes[n];
    if (!needed[n] || node.op == nullptr) continue;
    Instruction instruction{node.op, node.inputs, {}, node.attributes};
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      instruction.outputs.push_back({static_cast<int32_t>(n), static_cast<int32_t>(i)});
    }
    instructions.push_back(std::move(instruction));
  }
  return instructions;
}

}  // namespace lamina
