#include "ops/recurrent/plain.h"
#include "ops/recurrent/walk.h"
#include "ops/register.h"

// lstm(x, kernel, recurrent_kernel, bias, h0, c0[, mask]; reverse) and its gradient. Long short-term memory (Hochreiter
// and Schmidhuber 1997, with the forget gate of Gers et al. 2000); columns of the kernels in the order i, f, g, o.
namespace lamina {
namespace {

enum Output { kH, kC, kGates, kSeen };

std::vector<TensorType> infer_lstm(const NodeInfo& info) {
  const Recurrence sizes(info, 4, 2);
  const TensorType states = sizes.sequence(info, sizes.units);
  return {states, states, sizes.sequence(info, 4 * sizes.units), sizes.sequence(info, sizes.seen())};
}

template <typename T>
class Lstm {
 public:
  Lstm(const NodeInfo&, const Recurrence& sizes, WalkScratch<T>& scratch)
      : sizes_(sizes), sums_(sizes.seen(), 4 * sizes.units, scratch) {
    block = rows_together<T>(sizes.seen() + sums_.width());
    sums_.reserve(block, scratch);
    gates_width = 4 * sizes.units;
    nanoseconds = step_ns<T>(sizes.seen() * gates_width, 2 * sizes.units);
  }

  int64_t block, gates_width;
  double nanoseconds;
  static constexpr int seen_output = kSeen, gates_output = kGates;

  void pack(const StepData& data, T* shared, Worker worker) const {
    const int64_t columns = 4 * sizes_.units;
    sums_.pack(data.in<T>(1), columns, 0, sizes_.features, shared, worker);
    sums_.pack(data.in<T>(2), columns, sizes_.features, sizes_.units, shared, worker);
    if (worker.index == 0) std::copy_n(data.in<T>(3), columns, sums_.bias(shared));
  }

  void step(const CellStep<T>& base, const StepData& data, Place place, Rows<const T> seen, T* shared, T* own) const {
    const int64_t units = sizes_.units;
    lstm_({base, sums_.of(seen, base.rows, shared, own),
           state_before<const T>(sizes_, units, data.in<T>(5), data.out<T>(kC), place),
           sizes_.at(data.out<T>(kC), units, place.first, place.t)});
  }

 private:
  Recurrence sizes_;
  StepSums<T> sums_;
  void (*lstm_)(const LstmStep<T>&) = kernels().recurrent.of(T{}).lstm;
};

StepKernel prepare_lstm(const NodeInfo& info) {
  return visit_float(info.inputs[0].dtype,
                     [&](auto item) { return walk_forward<Lstm, decltype(item)>(info, Recurrence(info, 4, 2)); });
}

// --- lstm_grad(gates, c, c0, dh, dc, recurrent_kernel[, x, kernel, bias, h0][, mask]; reverse) -----------------------
// dsums, dh0, dc0, and dsums' total over the steps.

std::vector<TensorType> infer_lstm_grad(const NodeInfo& info) {
  const BackRecurrence sizes(info, 4, 3, 2);
  const DType dtype = info.inputs[0].dtype;
  const TensorType state{dtype, {sizes.batch, sizes.units}};
  require_shape(info, 1, "the states c", {sizes.batch, sizes.steps, sizes.units});
  require_shape(info, 2, "the state c0", state.shape);
  return {info.inputs[0], state, state, {dtype, {sizes.batch, 4 * sizes.units}}};
}

StepKernel prepare_lstm_grad(const NodeInfo& info) {
  const BackRecurrence sizes(info, 4, 3, 2);
  const int64_t width = 4 * sizes.units, dc_steps = info.inputs[4].shape[1];
  return visit_float(info.inputs[0].dtype, [&](auto item) {
    using T = decltype(item);
    const auto step = [sizes, dc_steps, kernel = kernels().recurrent.of(item).lstm_back](
                          const CellBackStep<T>& base, const StepData& data, Place place, int64_t number,
                          Rows<T> carry) {
      kernel({base, sizes.at(data.in<T>(1), sizes.units, place.first, place.t),
              state_before(sizes, sizes.units, data.in<T>(2), data.in<T>(1), place),
              sizes.last(data.in<T>(4), dc_steps, place.first, number), carry});
    };
    return walk_back<T>(info, sizes, {width, width, 3, 2, 3}, step);
  });
}

std::vector<Value> grad_lstm(const GradContext& c) {
  require_no_gradient(c, "lstm", kGates);
  Graph& g = c.graph;
  const int64_t features = g.type(c.x[1]).shape[0];
  const SeenGradient of_seen = gradient_of_seen(c, kSeen, features);
  const Value dh = of_last_steps(c, kH, of_seen.h), dc = of_last_steps(c, kC);
  std::vector<Value> inputs = {c.y[kGates], c.y[kC], c.x[5], dh, dc, c.x[2], c.x[0], c.x[1], c.x[3], c.x[4]};
  const bool masked = c.x.size() > 6;
  if (masked) inputs.push_back(c.x[6]);
  const std::vector<Value> back = g.apply("lstm_grad", inputs, c.attr);
  const Value weights = weights_gradient(g, c.y[kSeen], back[0]);
  const int64_t seen = g.type(weights).shape[0], width = g.type(weights).shape[1];
  std::vector<Value> dx = {with(g, g.add("matmul", {back[0], c.x[1]}, {{"transpose_b", true}}), of_seen.x),
                           slice_matrix(g, weights, {0, features}, {0, width}),
                           slice_matrix(g, weights, {features, seen}, {0, width}),
                           g.add("sum", {back[3]}, {{"axes", Shape{0}}}),
                           with(g, back[1], of_seen.h0),
                           back[2]};
  if (masked) dx.emplace_back();
  return dx;
}

std::vector<Value> plain_lstm_step(Graph& g, Value sums, const std::vector<Value>& states, Value kernel) {
  const Value all = emit::add(g, sums, g.add("matmul", {states[0], kernel}));
  const int64_t units = g.type(kernel).shape[0];
  const auto gate = [&](const char* activation, int64_t number) {
    return g.add(activation, {columns_of(g, all, number * units, (number + 1) * units)});
  };
  const Value in = emit::multiply(g, gate("sigmoid", 0), gate("tanh", 2));
  const Value c = emit::add(g, emit::multiply(g, gate("sigmoid", 1), states[1]), in);
  return {emit::multiply(g, gate("sigmoid", 3), g.add("tanh", {c})), c};
}

std::vector<Value> grad_lstm_grad(const GradContext& c) {
  return grad_of_backward(c, 5, {9, 2}, {plain_sums, plain_lstm_step});
}

}  // namespace

void register_lstm_ops() {
  register_op({"lstm", infer_lstm, prepare_lstm, grad_lstm});
  register_op({"lstm_grad", infer_lstm_grad, prepare_lstm_grad, grad_lstm_grad, true});
}

}  // namespace lamina
