#include "graph/graph.h"

#include <algorithm>
#include <cstring>

namespace lamina {

Value Graph::add_source(Node node) {
  nodes_.push_back(std::move(node));
  return {static_cast<int32_t>(nodes_.size()) - 1, 0};
}

Value Graph::input(TensorType type) {
  require_possible(type, "input");
  Node node;
  node.input_position = static_cast<int32_t>(inputs_.size());
  node.outputs = {std::move(type)};
  inputs_.push_back(add_source(std::move(node)));
  return inputs_.back();
}

Value Graph::constant(TensorType type, const void* data) {
  auto buffer = std::make_shared<Buffer>(type.bytes());
  if (type.bytes() > 0) std::memcpy(buffer->data(), data, static_cast<size_t>(type.bytes()));
  Node node;
  node.constant = std::move(buffer);
  node.outputs = {std::move(type)};
  return add_source(std::move(node));
}

Value Graph::scalar(DType dtype, double value) {
  return visit_dtype(dtype, [&](auto zero) {
    using T = decltype(zero);
    const T converted = static_cast<T>(value);
    return constant({dtype, {}}, &converted);
  });
}

Value Graph::read(const std::shared_ptr<Variable>& variable) {
  if (const auto found = current_.find(variable.get()); found != current_.end()) return found->second;
  Node node;
  node.variable = variable;
  node.outputs = {variable->type};
  return current_[variable.get()] = add_source(std::move(node));
}

void Graph::write(const std::shared_ptr<Variable>& variable, Value value) {
  require(type(value) == variable->type, "assign to variable '", variable->name, "': expected ",
          to_string(variable->type), ", received ", to_string(type(value)));
  read(variable);  // the plan must know the variable's initial value, to see who still needs it
  current_[variable.get()] = value;
  const auto same = [&](const Write& write) { return write.variable == variable; };
  if (const auto found = std::find_if(writes_.begin(), writes_.end(), same); found != writes_.end()) {
    found->value = value;
  } else {
    writes_.push_back({variable, value});
  }
}

std::vector<Value> Graph::apply(const std::string& op, const std::vector<Value>& inputs, Attributes attributes) {
  const Op& record = find_op(op);
  NodeInfo info{record.name, {}, {}, &attributes};
  info.inputs.reserve(inputs.size());
  for (const Value& value : inputs) info.inputs.push_back(type(value));
  Node node;
  node.op = &record;
  node.inputs = inputs;
  node.outputs = record.infer(info);
  for (const TensorType& type : node.outputs) require_possible(type, record.name);
  node.attributes = std::move(attributes);
  const int32_t index = static_cast<int32_t>(nodes_.size());
  const int32_t count = static_cast<int32_t>(node.outputs.size());
  nodes_.push_back(std::move(node));
  std::vector<Value> outputs;
  for (int32_t i = 0; i < count; ++i) outputs.push_back({index, i});
  return outputs;
}

Value Graph::add(const std::string& op, const std::vector<Value>& inputs, Attributes attributes) {
  return apply(op, inputs, std::move(attributes)).front();
}

std::vector<bool> needed_nodes(const Graph& graph, const std::vector<Value>& roots) {
  const auto& nodes = graph.nodes();
  std::vector<bool> needed(nodes.size(), false);
  for (const Value& root : roots) needed[root.node] = true;
  for (size_t n = nodes.size(); n-- > 0;) {
    if (!needed[n]) continue;
    for (const Value& input : nodes[n].inputs) needed[input.node] = true;
  }
  return needed;
}

}  // namespace lamina
