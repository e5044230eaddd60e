#pragma once

#include "graph/graph.h"

namespace lamina {

// A graph with its ends in order, which an op holds as an attribute: the body of a loop, a branch. It reads and writes
// no variables: what it needs of them comes as inputs and leaves as outputs, so the op that holds it is as pure as any.
struct Function {
  Function(Graph its_graph, std::vector<Value> its_inputs, std::vector<Value> its_outputs);

  std::vector<TensorType> input_types() const { return types(inputs); }
  std::vector<TensorType> output_types() const { return types(outputs); }

  const Graph graph;
  const std::vector<Value> inputs;  // those of the graph's inputs that it has use for
  const std::vector<Value> outputs;

 private:
  std::vector<TensorType> types(const std::vector<Value>& values) const;
};

}  // namespace lamina
