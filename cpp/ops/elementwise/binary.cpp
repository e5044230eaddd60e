#include "graph/graph.h"
#include "kernels/dispatch.h"
#include "ops/elementwise/elementwise.h"
#include "ops/register.h"
#include "ops/rows.h"
#include "ops/strided.h"

namespace lamina {
namespace {

// --- shapes ----------------------------------------------------------------------------------------------------------

Shape infer_shape(const NodeInfo& info, Domain domain) {
  require_inputs(info, 2);
  require_same_dtype(info, 0, 1);
  require_domain(info, 0, domain);
  return broadcast_shapes(info.inputs[0].shape, info.inputs[1].shape, info.op);
}

// --- running ---------------------------------------------------------------------------------------------------------

// A kernel goes over rows of which each operand is either read element by element or is one element; broadcasting over
// more axes than that (or few, long rows, which workers must cut) is a walk that gives it one row, or part of one, at a
// time.
template <typename T, typename R>
StepKernel prepare_broadcast(const NodeInfo& info, BinaryKernel<T, R> kernel, double cost) {
  const Shape& shape = info.outputs[0].shape;
  const int64_t size = info.outputs[0].size();
  const StridedWalk<2> walk(
      shape, {broadcast_strides(info.inputs[0].shape, shape), broadcast_strides(info.inputs[1].shape, shape)});
  const int64_t columns = walk.inner_size();
  const int64_t dx = walk.inner_stride(0), dy = walk.inner_stride(1);

  StepKernel step;
  step.nanoseconds = elementwise_ns(info, size, cost);
  step.in_pieces = true;
  constexpr int64_t kEnoughRows = 16;
  if (walk.rank() == 1) {
    step.run = [=](const StepData& data, Worker worker, int) {
      const Range range = worker.share(size, kGrain);
      kernel({data.in<T>(0) + range.begin * dx, 0, dx}, {data.in<T>(1) + range.begin * dy, 0, dy},
             data.out<R>() + range.begin, 1, range.size());
    };
  } else if (walk.rank() == 2 && walk.axis_size(1) >= kEnoughRows) {
    const int64_t rows = walk.axis_size(1), x_row = walk.axis_stride(0, 1), y_row = walk.axis_stride(1, 1);
    step.run = [=](const StepData& data, Worker worker, int) {
      const Range range = worker.share(rows);
      kernel({data.in<T>(0) + range.begin * x_row, x_row, dx}, {data.in<T>(1) + range.begin * y_row, y_row, dy},
             data.out<R>() + range.begin * columns, range.size(), columns);
    };
  } else {
    step.run = [=](const StepData& data, Worker worker, int) {
      walk.run(worker.share(size, kGrain), [&](int64_t position, const std::array<int64_t, 2>& at, int64_t count) {
        kernel({data.in<T>(0) + at[0], 0, dx}, {data.in<T>(1) + at[1], 0, dy}, data.out<R>() + position, 1, count);
      });
    };
  }
  return step;
}

StepKernel prepare_function(const NodeInfo& info, int index, double cost) {
  return visit_kernel_type(info.inputs[0].dtype, [&](auto item) {
    return prepare_broadcast(info, kernels().binary.of(item).function[index], cost);
  });
}

StepKernel prepare_comparison(const NodeInfo& info, int index, double cost) {
  return visit_kernel_type(info.inputs[0].dtype, [&](auto item) {
    return prepare_broadcast(info, kernels().binary.of(item).comparison[index], cost);
  });
}

// --- gradients -------------------------------------------------------------------------------------------------------

// Gradients of x and y as they are over the result's shape, summed over the axes along which each was broadcast.
std::vector<Value> unbroadcast(const GradContext& c, Value dx, Value dy) {
  Graph& g = c.graph;
  return {emit::sum_to(g, dx, g.type(c.x[0]).shape), emit::sum_to(g, dy, g.type(c.x[1]).shape)};
}

std::vector<Value> grad_add(const GradContext& c) {
  return unbroadcast(c, c.dy[0], c.dy[0]);
}

std::vector<Value> grad_subtract(const GradContext& c) {
  const Shape& shape = c.graph.type(c.x[1]).shape;
  return {emit::sum_to(c.graph, c.dy[0], c.graph.type(c.x[0]).shape),
          emit::negate(c.graph, emit::sum_to(c.graph, c.dy[0], shape))};
}

std::vector<Value> grad_multiply(const GradContext& c) {
  return unbroadcast(c, emit::multiply(c.graph, c.dy[0], c.x[1]), emit::multiply(c.graph, c.dy[0], c.x[0]));
}

// z = x / y: dz / y and -dz / y z, by the same kind of division.
std::vector<Value> grad_quotient(const GradContext& c, const char* divide) {
  Graph& g = c.graph;
  const Value dx = g.add(divide, {c.dy[0], c.x[1]});
  return unbroadcast(c, dx, emit::negate(g, emit::multiply(g, dx, c.y[0])));
}

std::vector<Value> grad_divide(const GradContext& c) {
  return grad_quotient(c, "divide");
}
std::vector<Value> grad_divide_no_nan(const GradContext& c) {
  return grad_quotient(c, "divide_no_nan");
}

std::vector<Value> grad_floor_divide(const GradContext& c) {
  return {zeros_like(c.graph, c.x[0]), zeros_like(c.graph, c.x[1])};
}

// z = x - y floor(x / y).
std::vector<Value> grad_mod(const GradContext& c) {
  Graph& g = c.graph;
  const Value quotient = g.add("floor_divide", {c.x[0], c.x[1]});
  return unbroadcast(c, c.dy[0], emit::negate(g, emit::multiply(g, c.dy[0], quotient)));
}

// z = x^y: y x^(y-1), 0 where y = 0 also at x = 0; and z log(x), taken as 0 where x is not positive.
std::vector<Value> grad_power(const GradContext& c) {
  Graph& g = c.graph;
  const DType dtype = g.type(c.x[0]).dtype;
  const Value zero = g.scalar(dtype, 0), one = g.scalar(dtype, 1);
  const Value x = c.x[0], y = c.x[1];
  const Value exponent = g.add("where", {g.add("equal", {y, zero}), one, emit::subtract(g, y, one)});
  const Value dx = emit::multiply(g, c.dy[0], emit::multiply(g, y, g.add("power", {x, exponent})));
  const Value log_x = g.add("log", {g.add("where", {g.add("greater", {x, zero}), x, one})});
  return unbroadcast(c, dx, emit::multiply(g, c.dy[0], emit::multiply(g, c.y[0], log_x)));
}

// Everything goes to the one that was chosen; to x where they are equal.
std::vector<Value> grad_choice(const GradContext& c, const char* x_is_chosen) {
  Graph& g = c.graph;
  const Value zero = g.scalar(g.type(c.dy[0]).dtype, 0);
  const Value chosen = g.add(x_is_chosen, {c.x[0], c.x[1]});
  return unbroadcast(c, g.add("where", {chosen, c.dy[0], zero}), g.add("where", {chosen, zero, c.dy[0]}));
}

std::vector<Value> grad_maximum(const GradContext& c) {
  return grad_choice(c, "greater_equal");
}
std::vector<Value> grad_minimum(const GradContext& c) {
  return grad_choice(c, "less_equal");
}

// z = the angle of (y, x): (x, -y) / (x^2 + y^2).
std::vector<Value> grad_arctan2(const GradContext& c) {
  Graph& g = c.graph;
  const Value y = c.x[0], x = c.x[1];
  const Value scaled = emit::divide(g, c.dy[0], emit::add(g, g.add("square", {x}), g.add("square", {y})));
  return unbroadcast(c, emit::multiply(g, scaled, x), emit::negate(g, emit::multiply(g, scaled, y)));
}

// z = log(1 + exp(x)) - x t: sigmoid(x) - t and -x.
std::vector<Value> grad_sigmoid_crossentropy(const GradContext& c) {
  Graph& g = c.graph;
  const Value error = emit::subtract(g, g.add("sigmoid", {c.x[0]}), c.x[1]);
  return unbroadcast(c, emit::multiply(g, c.dy[0], error), emit::negate(g, emit::multiply(g, c.dy[0], c.x[0])));
}

}  // namespace

// Every row of binary.def is an op; a function's gradient is grad_NAME above.
void register_binary_ops() {
#define BINARY(NAME, DOMAIN, COST, FORWARD)                                                                \
  register_op({.name = #NAME,                                                                              \
               .infer = [](const NodeInfo& info) -> std::vector<TensorType> {                              \
                 const Shape shape = infer_shape(info, Domain::DOMAIN);                                    \
                 return {{info.inputs[0].dtype, shape}};                                                   \
               },                                                                                          \
               .prepare = [](const NodeInfo& info) { return prepare_function(info, binary::NAME, COST); }, \
               .grad = grad_##NAME,                                                                        \
               .in_place = true,                                                                           \
               .on_rows = rows::broadcast});
#define COMPARE(NAME, DOMAIN, COST, FORWARD)                                                                 \
  register_op({.name = #NAME,                                                                                \
               .infer = [](const NodeInfo& info) -> std::vector<TensorType> {                                \
                 return {{DType::kBool, infer_shape(info, Domain::DOMAIN)}};                                 \
               },                                                                                            \
               .prepare = [](const NodeInfo& info) { return prepare_comparison(info, binary::NAME, COST); }, \
               .on_rows = rows::broadcast});
#include "kernels/binary.def"
}

}  // namespace lamina
