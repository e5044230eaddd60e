#pragma once

#include "graph/graph.h"

namespace lamina {

// The gradient rule of an op that plainer ops could compute as well: formula(graph, inputs) emits them and returns the
// outputs. What a fused kernel's own gradient should be is read off there.
template <typename Formula>
std::vector<Value> grad_of_composed(const GradContext& c, Formula formula) {
  Graph& g = c.graph;
  std::vector<Value> inputs;  // other names for the same values: nothing before them is to be differentiated
  for (const Value x : c.x) inputs.push_back(g.add("identity", {x}));
  const std::vector<Value> outputs = formula(g, inputs);
  Value total;
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (!c.dy[i]) continue;
    const Value part = g.add("sum", {emit::multiply(g, c.dy[i], outputs[i])});
    total = total ? emit::add(g, total, part) : part;
  }
  return g.gradients(total, inputs);
}

}  // namespace lamina
