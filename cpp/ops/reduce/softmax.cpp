#include <algorithm>

#include "graph/graph.h"
#include "kernels/dispatch.h"
#include "ops/divide.h"
#include "ops/elementwise/elementwise.h"
#include "ops/register.h"
#include "ops/rows.h"

// softmax(x; axis) and log_softmax(x; axis) with their gradients.
namespace lamina {
namespace {

std::vector<TensorType> infer_softmax(const NodeInfo& info) {
  require_inputs(info, 1);
  require_float(info, 0);
  axis_of(info, 0, -1);
  return {info.inputs[0]};
}

std::vector<TensorType> infer_softmax_grad(const NodeInfo& info) {
  require_inputs(info, 2);
  require_float(info, 0);
  require_same_type(info);
  axis_of(info, 0, -1);
  return {info.inputs[0]};
}

// The tensor as a stack of matrices whose columns are normalised; one matrix of rows where the axis is the last.
struct Stack {
  explicit Stack(const NodeInfo& info) {
    const Shape& shape = info.inputs[0].shape;
    const int64_t axis = axis_of(info, 0, -1);
    n = shape[axis];
    for (int64_t i = 0; i < axis; ++i) outer *= shape[i];
    for (int64_t i = axis + 1; i < info.inputs[0].rank(); ++i) inner *= shape[i];
  }

  // Calls run(offset, lines) for this worker's share of the lines.
  template <typename F>
  void each(Worker worker, F&& run) const {
    if (inner == 1) {
      const Range rows = worker.share(outer, softmax_grain(n));
      run(rows.begin * n, Lines{rows.size(), n, 1});
      return;
    }
    const int64_t blocks = divide_up(inner, kGrain);  // of a matrix
    const Range mine = worker.share(outer * blocks);
    for (int64_t i = mine.begin, end; i < mine.end; i = end) {
      end = std::min(mine.end, (i / blocks + 1) * blocks);
      const int64_t begin = i % blocks * kGrain;
      run(i / blocks * n * inner + begin, Lines{std::min((end - i) * kGrain, inner - begin), n, inner});
    }
  }

  static constexpr int64_t kGrain = 16;  // columns
  int64_t outer = 1, n, inner = 1;
};

template <bool kLog>
StepKernel prepare_softmax(const NodeInfo& info) {
  return visit_float(info.inputs[0].dtype, [&](auto item) {
    using T = decltype(item);
    const SoftmaxKernels<T>& table = kernels().softmax.of(item);
    StepKernel step;
    step.nanoseconds = elementwise_ns(info, info.inputs[0].size(), kSoftmaxCost);
    step.in_pieces = true;
    step.run = [kernel = kLog ? table.log_softmax : table.softmax, stack = Stack(info)](const StepData& data,
                                                                                        Worker worker, int) {
      stack.each(worker, [&](int64_t at, Lines lines) { kernel(data.in<T>(0) + at, data.out<T>() + at, lines); });
    };
    return step;
  });
}

template <bool kLog>
StepKernel prepare_softmax_grad(const NodeInfo& info) {
  return visit_float(info.inputs[0].dtype, [&](auto item) {
    using T = decltype(item);
    const SoftmaxKernels<T>& table = kernels().softmax.of(item);
    StepKernel step;
    step.nanoseconds = elementwise_ns(info, info.inputs[0].size(), kSoftmaxCost);
    step.in_pieces = true;
    step.run = [kernel = kLog ? table.log_softmax_grad : table.softmax_grad, stack = Stack(info)](const StepData& data,
                                                                                                  Worker worker, int) {
      stack.each(worker, [&](int64_t at, Lines lines) {
        kernel(data.in<T>(0) + at, data.in<T>(1) + at, data.out<T>() + at, lines);
      });
    };
    return step;
  });
}

Value sum_along(const GradContext& c, Value x) {
  const int64_t axis = normalize_axis(c.attr.integer("axis", -1), c.graph.type(x).rank(), "softmax");
  return c.graph.add("sum", {x}, {{"axes", std::vector<int64_t>{axis}}, {"keepdims", true}});
}

std::vector<Value> grad_softmax(const GradContext& c) {
  return {c.graph.add("softmax_grad", {c.y[0], c.dy[0]}, c.attr)};
}

std::vector<Value> grad_log_softmax(const GradContext& c) {
  return {c.graph.add("log_softmax_grad", {c.y[0], c.dy[0]}, c.attr)};
}

// Of y (p - sum(y p)), with d coming in: d (p - sum(y p)) - p sum(y d) for y, and the same function of d for p.
std::vector<Value> grad_softmax_grad(const GradContext& c) {
  Graph& g = c.graph;
  const Value y = c.x[0], p = c.x[1], d = c.dy[0];
  const Value centred = emit::subtract(g, p, sum_along(c, emit::multiply(g, y, p)));
  const Value dy =
      emit::subtract(g, emit::multiply(g, d, centred), emit::multiply(g, p, sum_along(c, emit::multiply(g, y, d))));
  return {dy, g.add("softmax_grad", {y, d}, c.attr)};
}

// Of p - exp(y) sum(p), with d coming in: -d exp(y) sum(p) for y, d - sum(d exp(y)) for p.
std::vector<Value> grad_log_softmax_grad(const GradContext& c) {
  Graph& g = c.graph;
  const Value weighted = emit::multiply(g, c.dy[0], g.add("exp", {c.x[0]}));
  return {emit::negate(g, emit::multiply(g, weighted, sum_along(c, c.x[1]))),
          emit::subtract(g, c.dy[0], sum_along(c, weighted))};
}

}  // namespace

void register_softmax_ops() {
  register_op({.name = "softmax",
               .infer = infer_softmax,
               .prepare = prepare_softmax<false>,
               .grad = grad_softmax,
               .in_place = true,
               .on_rows = rows::along_axis});
  register_op({.name = "log_softmax",
               .infer = infer_softmax,
               .prepare = prepare_softmax<true>,
               .grad = grad_log_softmax,
               .in_place = true,
               .on_rows = rows::along_axis});
  register_op({"softmax_grad", infer_softmax_grad, prepare_softmax_grad<false>, grad_softmax_grad, true});
  register_op({"log_softmax_grad", infer_softmax_grad, prepare_softmax_grad<true>, grad_log_softmax_grad, true});
}

}  // namespace lamina
