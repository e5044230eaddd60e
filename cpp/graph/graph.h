#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/variable.h"
#include "graph/op.h"

namespace lamina {

struct Node {
  const Op* op = nullptr;  // null for inputs, constants and variables
  std::vector<Value> inputs;
  std::vector<TensorType> outputs;
  Attributes attributes;
  std::shared_ptr<Variable> variable;      // set for a variable's initial value
  std::shared_ptr<const Buffer> constant;  // set for a constant
  int32_t input_position = -1;             // set for a graph input
};

// A pure dataflow graph in static single assignment form: every value is written once, writing a variable only changes
// which value a later read gives and what the plan leaves in the variable at its end.
class Graph {
 public:
  Value input(TensorType type);
  Value constant(TensorType type, const void* data);
  Value scalar(DType dtype, double value);
  Value read(const std::shared_ptr<Variable>& variable);
  void write(const std::shared_ptr<Variable>& variable, Value value);

  // Adds a node; throws, leaving the graph as it was, where the op refuses its inputs.
  std::vector<Value> apply(const std::string& op, const std::vector<Value>& inputs, Attributes attributes = {});
  // The same for ops of one output.
  Value add(const std::string& op, const std::vector<Value>& inputs, Attributes attributes = {});

  // Gradients of `target` (summed if it is not a scalar, or weighted by `seed`) with respect to each of `sources`;
  // no value where target does not depend on the source.
  std::vector<Value> gradients(Value target, const std::vector<Value>& sources, Value seed = {});
  // The same for the sum over several targets, each weighted by its seed.
  std::vector<Value> gradients(const std::vector<Value>& targets, const std::vector<Value>& sources,
                               const std::vector<Value>& seeds);

  const TensorType& type(Value value) const { return nodes_[value.node].outputs[value.index]; }
  const std::deque<Node>& nodes() const { return nodes_; }

  struct Write {
    std::shared_ptr<Variable> variable;
    Value value;
  };
  const std::vector<Write>& writes() const { return writes_; }
  const std::vector<Value>& inputs() const { return inputs_; }

 private:
  Value add_source(Node node);

  std::deque<Node> nodes_;  // a deque: nodes stay where they are while gradient rules add more
  std::vector<Value> inputs_;
  std::vector<Write> writes_;                 // the last value written to each variable, in order of first write
  std::map<const Variable*, Value> current_;  // what a read gives now
};

// Which nodes are `roots` or what they are computed from.
std::vector<bool> needed_nodes(const Graph& graph, const std::vector<Value>& roots);

// Emission helpers for gradient rules; each adds the nodes it needs and folds nothing.
namespace emit {
Value add(Graph& g, Value a, Value b);
Value subtract(Graph& g, Value a, Value b);
Value multiply(Graph& g, Value a, Value b);
Value divide(Graph& g, Value a, Value b);
Value negate(Graph& g, Value a);
Value scale(Graph& g, Value a, double factor);
// Sums a gradient over the axes along which `shape` was broadcast, so that it has that shape.
Value sum_to(Graph& g, Value dy, const Shape& shape);
Value reshape(Graph& g, Value a, const Shape& shape);
Value broadcast_to(Graph& g, Value a, const Shape& shape);
Value cast(Graph& g, Value a, DType dtype);
Value zeros(Graph& g, const TensorType& type);
}  // namespace emit

}  // namespace lamina
