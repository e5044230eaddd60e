#include "ops/elementwise/unary.h"
#include "ops/recurrent/plain.h"
#include "ops/recurrent/walk.h"
#include "ops/register.h"

// simple_rnn(x, kernel, recurrent_kernel, bias, h0[, mask]; reverse, activation="tanh") and its gradient: h =
// activation(x kernel + h recurrent_kernel + bias), for activations whose derivative is a function of their value.
namespace lamina {
namespace {

enum Output { kH, kSeen };

int activation_of(const NodeInfo& info) {
  const std::string name = info.attr().text("activation", "tanh");
  const int index = find_unary(name);
  require(
      index >= 0 && unary_function(index).via_output && unary_function(index).domain == Domain::Float, info.op,
      ": expected an activation whose derivative is a function of its value, such as tanh, relu or sigmoid, received '",
      name, "'");
  return index;
}

bool stays(Rows<const uint8_t> mask, int64_t row) {
  return mask && *mask[row] == 0;
}

std::vector<TensorType> infer_simple_rnn(const NodeInfo& info) {
  const Recurrence sizes(info, 1, 1);
  activation_of(info);
  return {sizes.sequence(info, sizes.units), sizes.sequence(info, sizes.seen())};
}

template <typename T>
class SimpleRnn {
 public:
  SimpleRnn(const NodeInfo& info, const Recurrence& sizes, WalkScratch<T>& scratch)
      : sizes_(sizes), sums_(sizes.seen(), sizes.units, scratch) {
    const int index = activation_of(info);
    activation_ = kernels().unary.of(T{}).forward[index];
    parameters_ = unary_function(index).values<T>(info.attr());
    block = rows_together<T>(sizes.seen() + sums_.width());
    sums_.reserve(block, scratch);
    nanoseconds =
        step_ns<T>(sizes.seen() * sizes.units, 0) + unary_function(index).cost * static_cast<double>(sizes.units);
  }

  int64_t block;
  double nanoseconds;
  static constexpr int seen_output = kSeen, gates_output = -1, gates_width = 0;

  void pack(const StepData& data, T* shared, Worker worker) const {
    sums_.pack(data.in<T>(1), sizes_.units, 0, sizes_.features, shared, worker);
    sums_.pack(data.in<T>(2), sizes_.units, sizes_.features, sizes_.units, shared, worker);
    if (worker.index == 0) std::copy_n(data.in<T>(3), sizes_.units, sums_.bias(shared));
  }

  void step(const CellStep<T>& base, const StepData&, Place, Rows<const T> seen, T* shared, T* own) const {
    const Rows<const T> sums = sums_.of(seen, base.rows, shared, own);
    for (int64_t row = 0; row < base.rows; ++row) {
      if (!stays(base.mask, row)) activation_(sums[row], base.state[row], base.units, parameters_.data());
      std::copy_n(base.state[row], base.units, base.h[row]);
    }
  }

 private:
  Recurrence sizes_;
  StepSums<T> sums_;
  UnaryKernel<T> activation_;
  std::array<T, 3> parameters_;
};

StepKernel prepare_simple_rnn(const NodeInfo& info) {
  return visit_float(info.inputs[0].dtype,
                     [&](auto item) { return walk_forward<SimpleRnn, decltype(item)>(info, Recurrence(info, 1, 1)); });
}

// --- simple_rnn_grad(h, dh, recurrent_kernel[, x, kernel, bias, h0][, mask]; reverse, activation) --------------------
// dsums, dh0, and dsums' total over the steps.

std::vector<TensorType> infer_simple_rnn_grad(const NodeInfo& info) {
  const BackRecurrence sizes(info, 1, 1, 1);
  activation_of(info);
  const TensorType state{info.inputs[0].dtype, {sizes.batch, sizes.units}};
  return {info.inputs[0], state, state};
}

StepKernel prepare_simple_rnn_grad(const NodeInfo& info) {
  const BackRecurrence sizes(info, 1, 1, 1);
  const int index = activation_of(info);
  return visit_float(info.inputs[0].dtype, [&](auto item) {
    using T = decltype(item);
    const auto step = [units = sizes.units, slope = kernels().unary.of(item).slope[index],
                       parameters = unary_function(index).values<T>(info.attr())](
                          const CellBackStep<T>& base, const StepData&, Place, int64_t, Rows<T>) {
      for (int64_t row = 0; row < base.rows; ++row) {
        T *const dstate = base.dstate[row], *const back = base.back[row], *const total = base.total[row];
        if (base.dh) std::transform(dstate, dstate + units, base.dh[row], dstate, std::plus<T>());
        if (stays(base.mask, row)) {
          std::fill_n(back, units, T(0));
        } else {
          slope(base.gates[row], dstate, back, units, parameters.data());
          std::fill_n(dstate, units, T(0));
        }
        std::copy_n(back, units, base.dsums[row]);
        std::transform(total, total + units, back, total, std::plus<T>());
      }
    };
    return walk_back<T>(info, sizes, {sizes.units, sizes.units, 1, -1, 2}, step);
  });
}

std::vector<Value> grad_simple_rnn(const GradContext& c) {
  Graph& g = c.graph;
  const int64_t features = g.type(c.x[1]).shape[0], units = g.type(c.x[2]).shape[0];
  const SeenGradient of_seen = gradient_of_seen(c, kSeen, features);
  std::vector<Value> inputs = {c.y[kH], of_last_steps(c, kH, of_seen.h), c.x[2], c.x[0], c.x[1], c.x[3], c.x[4]};
  const bool masked = c.x.size() > 5;
  if (masked) inputs.push_back(c.x[5]);
  const std::vector<Value> back = g.apply("simple_rnn_grad", inputs, c.attr);
  const Value weights = weights_gradient(g, c.y[kSeen], back[0]);
  std::vector<Value> dx = {with(g, g.add("matmul", {back[0], c.x[1]}, {{"transpose_b", true}}), of_seen.x),
                           slice_matrix(g, weights, {0, features}, {0, units}),
                           slice_matrix(g, weights, {features, features + units}, {0, units}),
                           g.add("sum", {back[2]}, {{"axes", Shape{0}}}), with(g, back[1], of_seen.h0)};
  if (masked) dx.emplace_back();
  return dx;
}

std::vector<Value> grad_simple_rnn_grad(const GradContext& c) {
  const auto step = [&](Graph& g, Value sums, const std::vector<Value>& states, Value kernel) -> std::vector<Value> {
    const Value sum = emit::add(g, sums, g.add("matmul", {states[0], kernel}));
    return {g.add(c.attr.text("activation", "tanh"), {sum}, c.attr)};
  };
  return grad_of_backward(c, 2, {6}, {plain_sums, step});
}

}  // namespace

void register_simple_rnn_ops() {
  register_op({"simple_rnn", infer_simple_rnn, prepare_simple_rnn, grad_simple_rnn});
  register_op({"simple_rnn_grad", infer_simple_rnn_grad, prepare_simple_rnn_grad, grad_simple_rnn_grad});
}

}  // namespace lamina
