#include <algorithm>

#include "graph/graph.h"
#include "ops/checks.h"
#include "ops/control/loop_layout.h"
#include "ops/register.h"

namespace lamina {

LoopLayout::LoopLayout(const Attributes& attributes, size_t inputs)
    : length(attributes.integer("length", -1)),
      reverse(attributes.flag("reverse")),
      conditional(attributes.flag("conditional")),
      counted(attributes.flag("counted")),
      carries(attributes.integer("carries")),
      sequences(attributes.integer("sequences", 0)) {
  const Functions& functions = attributes.functions("body");
  require(functions.size() == 1, "loop: expected one function as its body, received ", functions.size());
  body = functions[0];
  constants = static_cast<int64_t>(inputs) - carries - sequences - (counted ? 1 : 0);
  stacked = static_cast<int64_t>(body->outputs.size()) - carries;
  require(carries >= 0 && sequences >= 0 && constants >= 0 && stacked >= 0, "loop: ", inputs, " inputs and a body of ",
          body->outputs.size(), " outputs do not make ", carries, " carries and ", sequences, " sequences");
  if (attributes.has("history")) {
    history = attributes.integers("history");
  } else {
    for (int64_t k = 0; k < carries && bounded(); ++k) history.push_back(k);
  }
  for (const int64_t k : history) require(k >= 0 && k < carries, "loop: no carry ", k, " to keep a history of");
}

namespace {

TensorType stack_of(const TensorType& type, int64_t length) {
  TensorType stack = type;
  stack.shape.insert(stack.shape.begin(), length);
  return stack;
}

void require_type(const char* what, int64_t i, const TensorType& expected, const TensorType& received) {
  require(expected == received, "loop: expected ", what, " ", i, " to be ", to_string(expected), ", received ",
          to_string(received));
}

std::vector<TensorType> infer_loop(const NodeInfo& info) {
  const LoopLayout loop(info.attr(), info.inputs.size());
  const std::vector<TensorType> in = loop.body->input_types(), out = loop.body->output_types();
  const int64_t ends = loop.carries + loop.sequences + loop.constants;
  require(static_cast<int64_t>(in.size()) == ends, "loop: expected a body of ", ends, " inputs, received one of ",
          in.size());
  for (int64_t i = 0; i < ends; ++i) {
    const bool sequence = i >= loop.carries && i < loop.carries + loop.sequences;
    require_type("input", i, sequence ? stack_of(in[i], loop.length) : in[i], info.inputs[i]);
    if (i < loop.carries) require_type("the body's output", i, in[i], out[i]);
  }
  require(loop.bounded() || loop.sequences + loop.stacked + static_cast<int64_t>(loop.history.size()) == 0,
          "loop: sequences and results of every step need a length");
  require(loop.bounded() || loop.conditional, "loop: expected a length or a condition");
  require(!(loop.conditional && (loop.counted || loop.reverse)),
          "loop: a condition goes with neither trips nor reverse");
  if (loop.conditional) {
    require(loop.carries > 0, "loop: a condition needs a carry");
    require_type("input", 0, {DType::kBool, {}}, in[0]);
  }
  if (loop.counted) require_type("input", ends, {DType::kInt32, {}}, info.inputs[ends]);

  std::vector<TensorType> types(out.begin(), out.begin() + loop.carries);
  for (size_t i = loop.carries; i < out.size(); ++i) types.push_back(stack_of(out[i], loop.length));
  for (const int64_t k : loop.history) types.push_back(stack_of(out[k], loop.length));
  if (loop.conditional) types.push_back({DType::kInt32, {}});
  return types;
}

// Nobody differentiates: no history; nobody wants every step's results: they are not kept, and perhaps not computed.
Attributes trim_loop(const NodeInfo& info, std::vector<bool>& kept) {
  const LoopLayout loop(info.attr(), info.inputs.size());
  const Function& body = *loop.body;
  Attributes attributes = info.attr();
  std::vector<Value> outputs(body.outputs.begin(), body.outputs.begin() + loop.carries);
  std::fill_n(kept.begin(), loop.carries, true);
  for (int64_t i = loop.carries; i < loop.first_history(); ++i) {
    if (kept[i]) outputs.push_back(body.outputs[i]);
  }
  std::vector<int64_t> history;
  for (size_t h = 0; h < loop.history.size(); ++h) {
    if (kept[loop.first_history() + h]) history.push_back(loop.history[h]);
  }
  if (loop.conditional) kept.back() = true;
  attributes.set("history", history);
  if (outputs.size() < body.outputs.size()) {
    attributes.set("body", Functions{std::make_shared<Function>(body.graph, body.inputs, std::move(outputs))});
  }
  return attributes;
}

// Values of the outer graph and what they are in a body, side by side.
struct Ends {
  std::vector<Value> outer, inner;
  void add(Value its_outer, Value its_inner) {
    outer.push_back(its_outer);
    inner.push_back(its_inner);
  }
};

// The reverse loop: walks the positions backward, computes each step again from the carries that the history kept, and
// takes the gradients of the carries from step to step, those of constants as sums over the steps.
class ReverseLoop {
 public:
  explicit ReverseLoop(const GradContext& context)
      : c_(context), loop_(context.attr, context.x.size()), body_(*loop_.body), g_(body_.graph) {
    require(loop_.bounded(),
            "while_loop: a gradient needs the values of every step, for which there is memory only if ",
            "maximum_iterations says how many there can be");
  }

  std::vector<Value> emit() {
    differentiate();
    for (int64_t i = 0; i < std::ssize(body_.inputs); ++i) collect(i);
    add_forward_values();

    Ends ends = carries_;
    ends.outer.insert(ends.outer.end(), sequences_.outer.begin(), sequences_.outer.end());
    ends.inner.insert(ends.inner.end(), sequences_.inner.begin(), sequences_.inner.end());
    ends.outer.insert(ends.outer.end(), constants_.outer.begin(), constants_.outer.end());
    ends.inner.insert(ends.inner.end(), constants_.inner.begin(), constants_.inner.end());
    Attributes attributes{{"length", loop_.length},
                          {"reverse", !loop_.reverse},
                          {"carries", std::ssize(carries_.inner)},
                          {"sequences", std::ssize(sequences_.inner)},
                          {"counted", loop_.conditional || loop_.counted}};
    if (loop_.conditional) ends.outer.push_back(c_.y.back());
    if (loop_.counted) ends.outer.push_back(c_.x.back());
    attributes.set("body", Functions{std::make_shared<Function>(std::move(g_), ends.inner, results())});
    const std::vector<Value> y = c_.graph.apply("loop", ends.outer, std::move(attributes));
    std::vector<Value> dx(c_.x.size());
    for (size_t i = 0; i < from_.size(); ++i) dx[from_[i]] = y[i];
    for (size_t i = 0; i < from_sequence_.size(); ++i) dx[from_sequence_[i]] = y[next_.size() + i];
    return dx;
  }

 private:
  const TensorType& type(int64_t input) const { return g_.type(body_.inputs[input]); }
  bool is_carry(int64_t input) const { return input < loop_.carries; }
  bool is_sequence(int64_t input) const { return !is_carry(input) && input < loop_.carries + loop_.sequences; }

  // Within the body: from the gradients of its outputs to those of its inputs.
  void differentiate() {
    std::vector<Value> targets, sources, seeds;
    for (int64_t k = 0; k < loop_.carries; ++k) {
      if (!is_float(type(k).dtype)) continue;
      const Value seed = g_.input(type(k));
      targets.push_back(body_.outputs[k]);
      seeds.push_back(seed);
      carries_.add(c_.dy[k] ? c_.dy[k] : emit::zeros(c_.graph, type(k)), seed);
    }
    for (int64_t y = loop_.carries; y < loop_.first_history(); ++y) {
      if (!c_.dy[y]) continue;
      targets.push_back(body_.outputs[y]);
      seeds.push_back(element_of(c_.dy[y]));
    }
    for (int64_t i = 0; i < std::ssize(body_.inputs); ++i) {
      if (!is_float(type(i).dtype) || !(is_carry(i) || c_.wanted[i])) continue;
      sources.push_back(body_.inputs[i]);
      gradient_[i] = {};
    }
    const std::vector<Value> found = g_.gradients(targets, sources, seeds);
    size_t next = 0;
    for (auto& [input, value] : gradient_) value = found[next++];
  }

  // An element of a sequence that the reverse loop reads.
  Value element_of(Value sequence) {
    TensorType element = c_.graph.type(sequence);
    element.shape.erase(element.shape.begin());
    sequences_.add(sequence, g_.input(element));
    return sequences_.inner.back();
  }

  // What becomes of the gradient of one of the body's inputs.
  void collect(int64_t input) {
    const auto found = gradient_.find(input);
    if (found == gradient_.end()) return;
    Value value = found->second;
    if (is_carry(input)) {
      if (!value) value = emit::zeros(g_, type(input));
      const Value recorded = c_.dy[history_of(input)];  // in a gradient of a gradient
      next_.push_back(recorded ? emit::add(g_, value, element_of(recorded)) : value);
      from_.push_back(input);
    } else if (!value) {
      return;
    } else if (is_sequence(input)) {
      stacked_.push_back(value);
      from_sequence_.push_back(input);
    } else {
      const Value sum = g_.input(type(input));
      carries_.add(emit::zeros(c_.graph, type(input)), sum);
      next_.push_back(emit::add(g_, sum, value));
      from_.push_back(input);
    }
  }

  // What of the forward loop the gradients are computed from.
  void add_forward_values() {
    const std::vector<bool> needed = needed_nodes(g_, results());
    for (int64_t i = 0; i < std::ssize(body_.inputs); ++i) {
      const Value inner = body_.inputs[i];
      if (!needed[inner.node]) continue;
      if (is_carry(i)) {
        sequences_.add(c_.y[history_of(i)], inner);
      } else {
        (is_sequence(i) ? sequences_ : constants_).add(c_.x[i], inner);
      }
    }
  }

  std::vector<Value> results() const {
    std::vector<Value> values = next_;
    values.insert(values.end(), stacked_.begin(), stacked_.end());
    return values;
  }

  int64_t history_of(int64_t carry) const {
    const auto at = std::find(loop_.history.begin(), loop_.history.end(), carry);
    require(at != loop_.history.end(), "loop: its gradient needs the history of carry ", carry);
    return loop_.first_history() + (at - loop_.history.begin());
  }

  const GradContext& c_;
  const LoopLayout loop_;
  const Function& body_;
  Graph g_;                                    // the body, and its gradients
  std::map<int64_t, Value> gradient_;          // by input of the body
  Ends carries_, sequences_, constants_;       // of the reverse loop
  std::vector<Value> next_, stacked_;          // results of its body
  std::vector<int64_t> from_, from_sequence_;  // whose gradient each of those is
};

std::vector<Value> grad_loop(const GradContext& c) {
  return ReverseLoop(c).emit();
}

}  // namespace

void register_loop_ops() {
  Op loop{"loop", infer_loop, loop_kernel, grad_loop};
  loop.trim = trim_loop;
  register_op(loop);
}

}  // namespace lamina
