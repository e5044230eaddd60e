#include "graph/function.h"

#include <algorithm>

namespace lamina {

Function::Function(Graph its_graph, std::vector<Value> its_inputs, std::vector<Value> its_outputs)
    : graph(std::move(its_graph)), inputs(std::move(its_inputs)), outputs(std::move(its_outputs)) {
  const auto& nodes = graph.nodes();
  const std::vector<bool> needed = needed_nodes(graph, outputs);
  for (size_t n = 0; n < nodes.size(); ++n) {
    const Value value{static_cast<int32_t>(n), 0};
    if (nodes[n].variable) fail("a function reads no variables, received '", nodes[n].variable->name, "'");
    if (!needed[n] || nodes[n].input_position < 0) continue;
    require(std::find(inputs.begin(), inputs.end(), value) != inputs.end(), "a function needs input ",
            nodes[n].input_position, " of its graph, which is not among its inputs");
  }
  for (const Value& value : inputs) {
    require(nodes[value.node].input_position >= 0, "a function's inputs must be inputs of its graph");
  }
}

std::vector<TensorType> Function::types(const std::vector<Value>& values) const {
  std::vector<TensorType> result;
  for (const Value& value : values) result.push_back(graph.type(value));
  return result;
}

}  // namespace lamina
