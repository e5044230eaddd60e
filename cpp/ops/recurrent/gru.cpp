#include "ops/recurrent/plain.h"
#include "ops/recurrent/walk.h"
#include "ops/register.h"

// gru(x, kernel, recurrent_kernel, bias, h0[, mask]; reverse) and its gradient. Gated recurrent unit (Cho et al. 2014)
// with the reset gate after the product; columns of the kernels in the order z, r, n; bias (2, 3 units): of the input,
// of the state.
namespace lamina {
namespace {

enum Output { kH, kGates, kSeen };

std::vector<TensorType> infer_gru(const NodeInfo& info) {
  const Recurrence sizes(info, 3, 1, 2);
  return {sizes.sequence(info, sizes.units), sizes.sequence(info, 4 * sizes.units), sizes.sequence(info, sizes.seen())};
}

// z and r see input and state together; of n's sum both parts are needed.
template <typename T>
class Gru {
 public:
  Gru(const NodeInfo&, const Recurrence& sizes, WalkScratch<T>& scratch)
      : sizes_(sizes),
        gates_(sizes.seen(), 2 * sizes.units, scratch),
        input_(sizes.features, sizes.units, scratch),
        state_(sizes.units, sizes.units, scratch) {
    block = rows_together<T>(sizes.seen() + gates_.width() + input_.width() + state_.width());
    for (StepSums<T>* sums : {&gates_, &input_, &state_}) sums->reserve(block, scratch);
    gates_width = 4 * sizes.units;
    nanoseconds = step_ns<T>(sizes.seen() * 3 * sizes.units, sizes.units);
  }

  int64_t block, gates_width;
  double nanoseconds;
  static constexpr int seen_output = kSeen, gates_output = kGates;

  void pack(const StepData& data, T* shared, Worker worker) const {
    const int64_t units = sizes_.units, features = sizes_.features, columns = 3 * units;
    const T *kernel = data.in<T>(1), *recurrent_kernel = data.in<T>(2), *bias = data.in<T>(3);
    gates_.pack(kernel, columns, 0, features, shared, worker);
    gates_.pack(recurrent_kernel, columns, features, units, shared, worker);
    input_.pack(kernel + 2 * units, columns, 0, features, shared, worker);
    state_.pack(recurrent_kernel + 2 * units, columns, 0, units, shared, worker);
    if (worker.index > 0) return;
    std::transform(bias, bias + 2 * units, bias + columns, gates_.bias(shared), std::plus<T>());
    std::copy_n(bias + 2 * units, units, input_.bias(shared));
    std::copy_n(bias + columns + 2 * units, units, state_.bias(shared));
  }

  void step(const CellStep<T>& base, const StepData&, Place, Rows<const T> seen, T* shared, T* own) const {
    const Rows<const T> state{seen.data + sizes_.features, seen.stride};
    gru_({base, gates_.of(seen, base.rows, shared, own), input_.of(seen, base.rows, shared, own),
          state_.of(state, base.rows, shared, own)});
  }

 private:
  Recurrence sizes_;
  StepSums<T> gates_, input_, state_;
  void (*gru_)(const GruStep<T>&) = kernels().recurrent.of(T{}).gru;
};

StepKernel prepare_gru(const NodeInfo& info) {
  return visit_float(info.inputs[0].dtype,
                     [&](auto item) { return walk_forward<Gru, decltype(item)>(info, Recurrence(info, 3, 1, 2)); });
}

// --- gru_grad(gates, seen, dh, recurrent_kernel[, x, kernel, bias, h0][, mask]; reverse): dsums, dh0, total ----------
// dsums, and total over the steps: of z, r, the input's part of n, the state's part of n.

std::vector<TensorType> infer_gru_grad(const NodeInfo& info) {
  const BackRecurrence sizes(info, 4, 2, 1);
  require(info.inputs[1].rank() == 3 && info.inputs[1].shape[2] >= sizes.units, "gru_grad: expected what was seen, ",
          "(batch, steps, features + ", sizes.units, "), received ", to_string(info.inputs[1]));
  require_shape(info, 1, "what was seen", {sizes.batch, sizes.steps, info.inputs[1].shape[2]});
  const DType dtype = info.inputs[0].dtype;
  return {info.inputs[0], {dtype, {sizes.batch, sizes.units}}, {dtype, {sizes.batch, 4 * sizes.units}}};
}

StepKernel prepare_gru_grad(const NodeInfo& info) {
  const BackRecurrence sizes(info, 4, 2, 1);
  const int64_t width = 4 * sizes.units, seen = info.inputs[1].shape[2];
  return visit_float(info.inputs[0].dtype, [&](auto item) {
    using T = decltype(item);
    const auto step = [sizes, seen, kernel = kernels().recurrent.of(item).gru_back](
                          const CellBackStep<T>& base, const StepData& data, Place place, int64_t, Rows<T>) {
      kernel({base, sizes.at(data.in<T>(1) + seen - sizes.units, seen, place.first, place.t)});
    };
    return walk_back<T>(info, sizes, {width, width, 2, -1, 2}, step);
  });
}

// The columns of z, r and the state's part of n.
Value of_state(Graph& g, Value x, Range rows, int64_t units) {
  return g.add("concatenate",
               {slice_matrix(g, x, rows, {0, 2 * units}), slice_matrix(g, x, rows, {3 * units, 4 * units})},
               {{"axis", int64_t{1}}});
}

std::vector<Value> grad_gru(const GradContext& c) {
  require_no_gradient(c, "gru", kGates);
  Graph& g = c.graph;
  const int64_t features = g.type(c.x[1]).shape[0], units = g.type(c.x[2]).shape[0];
  const SeenGradient of_seen = gradient_of_seen(c, kSeen, features);
  std::vector<Value> inputs = {c.y[kGates], c.y[kSeen], of_last_steps(c, kH, of_seen.h), c.x[2], c.x[0], c.x[1],
                               c.x[3],      c.x[4]};
  const bool masked = c.x.size() > 5;
  if (masked) inputs.push_back(c.x[5]);
  const std::vector<Value> back = g.apply("gru_grad", inputs, c.attr);
  const Value weights = weights_gradient(g, c.y[kSeen], back[0]);
  const Shape& steps = g.type(back[0]).shape;
  const Value of_input =
      g.add("slice", {back[0]}, {{"begin", Shape{0, 0, 0}}, {"end", Shape{steps[0], steps[1], 3 * units}}});
  const Value bias = g.add("sum", {back[2]}, {{"axes", Shape{0}}, {"keepdims", true}});
  std::vector<Value> dx = {
      with(g, g.add("matmul", {of_input, c.x[1]}, {{"transpose_b", true}}), of_seen.x),
      slice_matrix(g, weights, {0, features}, {0, 3 * units}),
      of_state(g, weights, {features, features + units}, units),
      g.add("concatenate", {slice_matrix(g, bias, {0, 1}, {0, 3 * units}), of_state(g, bias, {0, 1}, units)},
            {{"axis", int64_t{0}}}),
      with(g, back[1], of_seen.h0)};
  if (masked) dx.emplace_back();
  return dx;
}

// Of z, r, the input's part of n, and what the bias adds to the state's part of n.
Value plain_gru_sums(Graph& g, Value x, Value kernel, Value bias) {
  const int64_t columns = g.type(kernel).shape[1], units = columns / 3;
  const auto part = [&](int64_t row, int64_t begin, int64_t end) {
    return emit::reshape(g, slice_matrix(g, bias, {row, row + 1}, {begin, end}), {end - begin});
  };
  const Value gates = emit::add(g, part(0, 0, 2 * units), part(1, 0, 2 * units));
  const Value biases =
      g.add("concatenate", {gates, part(0, 2 * units, columns), part(1, 2 * units, columns)}, {{"axis", int64_t{0}}});
  const Value product = g.add("matmul", {x, kernel});
  const Shape before = {0, 0, 0}, after = {0, 0, units};
  return emit::add(g, g.add("pad", {product}, {{"before", before}, {"after", after}, {"value", 0.0}}), biases);
}

std::vector<Value> plain_gru_step(Graph& g, Value sums, const std::vector<Value>& states, Value kernel) {
  const int64_t units = g.type(kernel).shape[0];
  const Value product = g.add("matmul", {states[0], kernel});
  const auto part = [&](Value of, int64_t number) { return columns_of(g, of, number * units, (number + 1) * units); };
  const auto gate = [&](int64_t number) {
    return g.add("sigmoid", {emit::add(g, part(sums, number), part(product, number))});
  };
  const Value z = gate(0), of_state = emit::add(g, part(sums, 3), part(product, 2));
  const Value n = g.add("tanh", {emit::add(g, part(sums, 2), emit::multiply(g, gate(1), of_state))});
  return {emit::add(g, n, emit::multiply(g, z, emit::subtract(g, states[0], n)))};
}

std::vector<Value> grad_gru_grad(const GradContext& c) {
  return grad_of_backward(c, 3, {7}, {plain_gru_sums, plain_gru_step});
}

}  // namespace

void register_gru_ops() {
  register_op({"gru", infer_gru, prepare_gru, grad_gru});
  register_op({"gru_grad", infer_gru_grad, prepare_gru_grad, grad_gru_grad, true});
}

}  // namespace lamina
