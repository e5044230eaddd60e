#include "ops/recurrent/plain.h"

#include "graph/function.h"
#include "ops/checks.h"
#include "ops/composed.h"

namespace lamina {

namespace {

// (batch, steps, ...) to (steps, batch, ...), and back.
Value swap_axes(Graph& g, Value x) {
  Shape axes = {1, 0};
  for (int64_t axis = 2; axis < g.type(x).rank(); ++axis) axes.push_back(axis);
  return g.add("transpose", {x}, {{"axes", axes}});
}

// The states after every step, (batch, steps, units) each.
std::vector<Value> walk(Graph& g, Value sums, const std::vector<Value>& initial, Value kernel, Value mask, bool reverse,
                        const PlainCell& cell) {
  const TensorType type = g.type(sums);
  const int64_t batch = type.shape[0], steps = type.shape[1], states = std::ssize(initial);
  Graph body;
  std::vector<Value> outer = initial, before;
  for (const Value state : initial) before.push_back(body.input(g.type(state)));
  std::vector<Value> inner = before;
  const auto enter = [&](Value whole, TensorType of_step) {
    outer.push_back(whole);
    return inner.emplace_back(body.input(std::move(of_step)));
  };
  const Value now = enter(swap_axes(g, sums), {type.dtype, {batch, type.shape[2]}});
  const Value takes = mask ? enter(swap_axes(g, mask), {DType::kBool, {batch}}) : Value{};
  std::vector<Value> after = cell.step(body, now, before, enter(kernel, g.type(kernel)));
  for (int64_t i = 0; i < states && takes; ++i) {
    after[i] = body.add("where", {emit::reshape(body, takes, {batch, 1}), after[i], before[i]});
  }
  for (int64_t i = 0; i < states; ++i) after.push_back(after[i]);

  const int64_t sequences = mask ? 2 : 1;
  Attributes attributes{{"length", steps}, {"reverse", reverse}, {"carries", states}, {"sequences", sequences}};
  attributes.set("body", Functions{std::make_shared<Function>(std::move(body), inner, after)});
  const std::vector<Value> y = g.apply("loop", outer, std::move(attributes));
  std::vector<Value> results;
  for (int64_t i = 0; i < states; ++i) results.push_back(swap_axes(g, y[states + i]));
  return results;
}

// The steps that a gradient (batch, given, units) is of: the last ones that are taken.
Value last_steps(Graph& g, Value sequence, int64_t given, bool reverse) {
  const Shape shape = g.type(sequence).shape;
  const int64_t begin = reverse ? 0 : shape[1] - given;
  return g.add("slice", {sequence}, {{"begin", Shape{0, begin, 0}}, {"end", Shape{shape[0], begin + given, shape[2]}}});
}

}  // namespace

std::vector<Value> grad_of_backward(const GradContext& c, size_t kernel, const std::vector<size_t>& initial,
                                    const PlainCell& cell) {
  const size_t x = kernel + 1, bias = kernel + 3, mask = kernel + 5;
  require(c.x.size() >= mask,
          "the gradient of a recurrent op's gradient needs x, kernel, bias and h0 among the inputs");
  const bool reverse = c.attr.flag("reverse");
  return grad_of_composed(c, [&](Graph& g, const std::vector<Value>& in) {
    std::vector<Value> states;
    for (const size_t i : initial) states.push_back(in[i]);
    const Value sums = cell.sums(g, in[x], in[x + 1], in[bias]);
    const std::vector<Value> sequences =
        walk(g, sums, states, in[kernel], in.size() > mask ? in[mask] : Value{}, reverse, cell);

    std::vector<Value> sources = {sums}, targets, seeds;
    sources.insert(sources.end(), states.begin(), states.end());
    for (size_t i = 0; i < states.size(); ++i) {
      const Value dy = in[kernel - states.size() + i];
      const int64_t given = g.type(dy).shape[1];
      if (given == 0) continue;
      targets.push_back(last_steps(g, sequences[i], given, reverse));
      seeds.push_back(dy);
    }
    std::vector<Value> outputs = g.gradients(targets, sources, seeds);
    for (size_t i = 0; i < outputs.size(); ++i) {
      if (!outputs[i]) outputs[i] = emit::zeros(g, g.type(sources[i]));
    }
    outputs.push_back(g.add("sum", {outputs[0]}, {{"axes", Shape{1}}}));
    return outputs;
  });
}

Value plain_sums(Graph& g, Value x, Value kernel, Value bias) {
  return emit::add(g, g.add("matmul", {x, kernel}), bias);
}

Value columns_of(Graph& g, Value x, int64_t begin, int64_t end) {
  Shape from(g.type(x).shape.size(), 0), to = g.type(x).shape;
  from.back() = begin;
  to.back() = end;
  return g.add("slice", {x}, {{"begin", from}, {"end", to}});
}

}  // namespace lamina
