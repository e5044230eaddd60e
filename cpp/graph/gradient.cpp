#include <algorithm>

#include "graph/graph.h"

namespace lamina {

namespace {

// Which nodes lie between the sources and the target: those that a source reaches.
std::vector<bool> reached_from(const std::deque<Node>& nodes, const std::vector<Value>& sources, int32_t last) {
  std::vector<bool> reached(static_cast<size_t>(last) + 1, false);
  for (const Value& source : sources) {
    if (source.node <= last) reached[source.node] = true;
  }
  for (int32_t n = 0; n <= last; ++n) {
    if (reached[n]) continue;
    const auto& inputs = nodes[n].inputs;
    reached[n] = std::any_of(inputs.begin(), inputs.end(), [&](const Value& x) { return reached[x.node]; });
  }
  return reached;
}

}  // namespace

// Reverse accumulation: walk back from the target, ask each node's rule for its inputs' gradients, add up where a value
// was used more than once. The rules emit ordinary nodes, so the result can be differentiated again.
std::vector<Value> Graph::gradients(Value target, const std::vector<Value>& sources, Value seed) {
  require(is_float(type(target).dtype), "gradients: expected a floating-point target, received ",
          to_string(type(target)));
  if (seed) {
    require(type(seed) == type(target), "gradients: expected a seed of the target's type ", to_string(type(target)),
            ", received ", to_string(type(seed)));
  } else {
    seed = emit::broadcast_to(*this, scalar(type(target).dtype, 1.0), type(target).shape);
  }
  return gradients(std::vector{target}, sources, {seed});
}

std::vector<Value> Graph::gradients(const std::vector<Value>& targets, const std::vector<Value>& sources,
                                    const std::vector<Value>& seeds) {
  int32_t last = -1;
  for (const Value& target : targets) last = std::max(last, target.node);
  const std::vector<bool> reached = reached_from(nodes_, sources, last);
  std::map<Value, Value> gradient;
  const auto flow = [&](Value x, Value dx) {
    const auto [place, first] = gradient.try_emplace(x, dx);
    if (!first) place->second = emit::add(*this, place->second, dx);
  };
  for (size_t i = 0; i < targets.size(); ++i) flow(targets[i], seeds[i]);

  for (int32_t n = last; n >= 0; --n) {
    const Node& node = nodes_[n];
    if (!reached[n] || node.op == nullptr || node.op->grad == nullptr) continue;
    GradContext context{*this, node.inputs, {}, {}, {}, node.attributes};
    bool upstream = false, flows = false;
    for (const Value& x : node.inputs) {
      context.wanted.push_back(reached[x.node] && is_float(type(x).dtype));
      upstream = upstream || context.wanted.back();
    }
    for (int32_t i = 0; i < static_cast<int32_t>(node.outputs.size()); ++i) {
      context.y.push_back({n, i});
      const auto found = gradient.find({n, i});
      context.dy.push_back(found == gradient.end() ? Value{} : found->second);
      flows = flows || context.dy.back();
    }
    if (!upstream || !flows) continue;
    const std::vector<Value> dx = node.op->grad(context);
    for (size_t i = 0; i < dx.size(); ++i) {
      if (dx[i] && context.wanted[i]) flow(node.inputs[i], dx[i]);
    }
  }

  std::vector<Value> result;
  for (const Value& source : sources) {
    const auto found = gradient.find(source);
    result.push_back(found == gradient.end() ? Value{} : found->second);
  }
  return result;
}

}  // namespace lamina
