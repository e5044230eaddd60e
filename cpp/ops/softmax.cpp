#include "kernels/softmax.h"

#include "graph/graph.h"
#include "kernels/dispatch.h"
#include "ops/checks.h"
#include "ops/register.h"

namespace lamina {
namespace {

// Nanoseconds for one float32 element that is exponentiated once or twice.
constexpr double kCost = 1.0;

double softmax_ns(const NodeInfo& info) { return kCost * static_cast<double>(info.inputs[0].bytes()) / 4; }

// --- softmax(x; axis), log_softmax(x; axis) and their gradients -------------------------------------------------------

std::vector<TensorType> infer_softmax(const NodeInfo& info) {
  require_inputs(info, 1);
  require_float(info, 0);
  axis_of(info, 0, -1);
  return {info.inputs[0]};
}

std::vector<TensorType> infer_softmax_grad(const NodeInfo& info) {
  require_inputs(info, 2);
  require_float(info, 0);
  require(info.inputs[0] == info.inputs[1], info.op, ": expected two inputs of the same type, received ",
          to_string(info.inputs[0]), " and ", to_string(info.inputs[1]));
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
      const Range rows = worker.share(outer);
      run(rows.begin * n, Lines{rows.size(), n, 1});
    } else {
      const Range columns = worker.share(inner, 16);
      for (int64_t i = 0; i < outer; ++i) run(i * n * inner + columns.begin, Lines{columns.size(), n, inner});
    }
  }

  int64_t outer = 1, n, inner = 1;
};

template <bool kLog>
StepKernel prepare_softmax(const NodeInfo& info) {
  return visit_float(info.inputs[0].dtype, [&](auto item) {
    using T = decltype(item);
    const SoftmaxKernels<T>& table = kernels().softmax.of(T{});
    StepKernel step;
    step.nanoseconds = softmax_ns(info);
    step.run = [kernel = kLog ? table.log_softmax : table.softmax, stack = Stack(info)](const StepData& data, Worker worker, int) {
      stack.each(worker, [&](int64_t at, Lines lines) { kernel(data.in<T>(0) + at, data.out<T>() + at, lines); });
    };
    return step;
  });
}

template <bool kLog>
StepKernel prepare_softmax_grad(const NodeInfo& info) {
  return visit_float(info.inputs[0].dtype, [&](auto item) {
    using T = decltype(item);
    const SoftmaxKernels<T>& table = kernels().softmax.of(T{});
    StepKernel step;
    step.nanoseconds = softmax_ns(info);
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
  const Value dy = emit::subtract(g, emit::multiply(g, d, centred), emit::multiply(g, p, sum_along(c, emit::multiply(g, y, d))));
  return {dy, g.add("softmax_grad", {y, d}, c.attr)};
}

// Of p - exp(y) sum(p), with d coming in: -d exp(y) sum(p) for y, d - sum(d exp(y)) for p.
std::vector<Value> grad_log_softmax_grad(const GradContext& c) {
  Graph& g = c.graph;
  const Value weighted = emit::multiply(g, c.dy[0], g.add("exp", {c.x[0]}));
  return {emit::negate(g, emit::multiply(g, weighted, sum_along(c, c.x[1]))),
          emit::subtract(g, c.dy[0], sum_along(c, weighted))};
}

// --- cross-entropy with labels: sparse_softmax_crossentropy(logits, labels) -------------------------------------------

Shape without_last(const Shape& shape) { return {shape.begin(), shape.end() - 1}; }

// Checks logits (..., n) and gives (...).
Shape infer_rows(const NodeInfo& info, size_t inputs) {
  require_inputs(info, inputs);
  require_float(info, 0);
  require(info.inputs[0].rank() >= 1, info.op, ": expected logits of shape (..., classes), received a scalar");
  return without_last(info.inputs[0].shape);
}

void require_type(const NodeInfo& info, size_t i, const char* what, const TensorType& expected) {
  require(info.inputs[i] == expected, info.op, ": expected ", what, " of type ", to_string(expected), ", received ",
          to_string(info.inputs[i]));
}

Shape infer_sparse_rows(const NodeInfo& info, size_t inputs) {
  const Shape rows = infer_rows(info, inputs);
  require_integer(info, 1);
  require_type(info, 1, "labels", {info.inputs[1].dtype, rows});
  return rows;
}

std::vector<TensorType> infer_sparse_loss(const NodeInfo& info) {
  const Shape rows = infer_sparse_rows(info, 2);
  return {{info.inputs[0].dtype, rows}};
}

std::vector<TensorType> infer_sparse_grad(const NodeInfo& info) {
  const Shape rows = infer_sparse_rows(info, 3);
  require_type(info, 2, "the gradient", {info.inputs[0].dtype, rows});
  return {info.inputs[0]};
}

// Calls f with the type of the logits, the type of the labels and the kernels for both.
template <typename F>
StepKernel visit_sparse(const NodeInfo& info, F&& f) {
  return visit_float(info.inputs[0].dtype, [&](auto item) {
    using T = decltype(item);
    const SoftmaxKernels<T>& table = kernels().softmax.of(T{});
    return info.inputs[1].dtype == DType::kInt32 ? f(T{}, int32_t{}, table.sparse_int32)
                                                 : f(T{}, int64_t{}, table.sparse_int64);
  });
}

int64_t class_count(const NodeInfo& info) { return info.inputs[0].shape.back(); }
int64_t row_count(const NodeInfo& info) { return element_count(without_last(info.inputs[0].shape)); }

StepKernel prepare_sparse_loss(const NodeInfo& info) {
  return visit_sparse(info, [&](auto item, auto label, const auto& table) {
    using T = decltype(item);
    using Label = decltype(label);
    StepKernel step;
    step.nanoseconds = softmax_ns(info);
    step.run = [kernel = table.loss, n = class_count(info), count = row_count(info)](const StepData& data, Worker worker, int) {
      const Range rows = worker.share(count, 16);
      kernel(data.in<T>(0) + rows.begin * n, data.in<Label>(1) + rows.begin, data.out<T>() + rows.begin, rows.size(), n);
    };
    return step;
  });
}

StepKernel prepare_sparse_grad(const NodeInfo& info) {
  return visit_sparse(info, [&](auto item, auto label, const auto& table) {
    using T = decltype(item);
    using Label = decltype(label);
    StepKernel step;
    step.nanoseconds = softmax_ns(info);
    step.run = [kernel = table.grad, n = class_count(info), count = row_count(info)](const StepData& data, Worker worker, int) {
      const Range rows = worker.share(count);
      kernel(data.in<T>(0) + rows.begin * n, data.in<Label>(1) + rows.begin, data.in<T>(2) + rows.begin,
             data.out<T>() + rows.begin * n, rows.size(), n);
    };
    return step;
  });
}

std::vector<Value> grad_sparse_loss(const GradContext& c) {
  return {c.graph.add("sparse_softmax_crossentropy_grad", {c.x[0], c.x[1], c.dy[0]}), Value{}};
}

Value sum_last(Graph& g, Value x, bool keepdims) {
  return g.add("sum", {x}, {{"axes", std::vector<int64_t>{-1}}, {"keepdims", keepdims}});
}

Value as_column(Graph& g, Value rows) {
  Shape shape = g.type(rows).shape;
  shape.push_back(1);
  return emit::reshape(g, rows, shape);
}

Value ones_like(Graph& g, Value x) { return emit::broadcast_to(g, g.scalar(g.type(x).dtype, 1), g.type(x).shape); }

// Of p (softmax(x) - one_hot), with d coming in: p times softmax's gradient for d; sum(d (softmax(x) - one_hot)).
std::vector<Value> grad_sparse_grad(const GradContext& c) {
  Graph& g = c.graph;
  const Value x = c.x[0], labels = c.x[1], p = c.x[2], d = c.dy[0];
  const Value along = g.add("softmax_grad", {g.add("softmax", {x}), d});
  const Value error = g.add("sparse_softmax_crossentropy_grad", {x, labels, ones_like(g, p)});
  return {emit::multiply(g, along, as_column(g, p)), Value{}, sum_last(g, emit::multiply(g, d, error), false)};
}

// --- cross-entropy with targets: softmax_crossentropy(logits, targets) ------------------------------------------------

std::vector<TensorType> infer_loss(const NodeInfo& info) {
  const Shape rows = infer_rows(info, 2);
  require_type(info, 1, "targets", info.inputs[0]);
  return {{info.inputs[0].dtype, rows}};
}

std::vector<TensorType> infer_loss_grad(const NodeInfo& info) {
  const Shape rows = infer_rows(info, 3);
  require_type(info, 1, "targets", info.inputs[0]);
  require_type(info, 2, "the gradient", {info.inputs[0].dtype, rows});
  return {info.inputs[0]};
}

StepKernel prepare_loss(const NodeInfo& info) {
  return visit_float(info.inputs[0].dtype, [&](auto item) {
    using T = decltype(item);
    StepKernel step;
    step.nanoseconds = softmax_ns(info);
    step.run = [kernel = kernels().softmax.of(T{}).crossentropy, n = class_count(info),
                count = row_count(info)](const StepData& data, Worker worker, int) {
      const Range rows = worker.share(count, 16);
      kernel(data.in<T>(0) + rows.begin * n, data.in<T>(1) + rows.begin * n, data.out<T>() + rows.begin, rows.size(), n);
    };
    return step;
  });
}

StepKernel prepare_loss_grad(const NodeInfo& info) {
  return visit_float(info.inputs[0].dtype, [&](auto item) {
    using T = decltype(item);
    StepKernel step;
    step.nanoseconds = softmax_ns(info);
    step.run = [kernel = kernels().softmax.of(T{}).crossentropy_grad, n = class_count(info),
                count = row_count(info)](const StepData& data, Worker worker, int) {
      const Range rows = worker.share(count);
      kernel(data.in<T>(0) + rows.begin * n, data.in<T>(1) + rows.begin * n, data.in<T>(2) + rows.begin,
             data.out<T>() + rows.begin * n, rows.size(), n);
    };
    return step;
  });
}

// -p log_softmax(x) for the targets.
std::vector<Value> grad_loss(const GradContext& c) {
  Graph& g = c.graph;
  const Value log_p = g.add("log_softmax", {c.x[0]});
  return {g.add("softmax_crossentropy_grad", {c.x[0], c.x[1], c.dy[0]}),
          emit::negate(g, emit::multiply(g, log_p, as_column(g, c.dy[0])))};
}

// Of p (s sum(t) - t), s = softmax(x), with d coming in: p sum(t) times softmax's gradient for d; p (sum(s d) - d); and
// sum(d (s sum(t) - t)).
std::vector<Value> grad_loss_grad(const GradContext& c) {
  Graph& g = c.graph;
  const Value x = c.x[0], t = c.x[1], p = as_column(g, c.x[2]), d = c.dy[0];
  const Value s = g.add("softmax", {x});
  const Value dx = emit::multiply(g, g.add("softmax_grad", {s, d}), emit::multiply(g, p, sum_last(g, t, true)));
  const Value dt = emit::multiply(g, p, emit::subtract(g, sum_last(g, emit::multiply(g, s, d), true), d));
  const Value error = g.add("softmax_crossentropy_grad", {x, t, ones_like(g, c.x[2])});
  return {dx, dt, sum_last(g, emit::multiply(g, d, error), false)};
}

}  // namespace

void register_softmax_ops() {
  register_op({"softmax", infer_softmax, prepare_softmax<false>, grad_softmax, true});
  register_op({"log_softmax", infer_softmax, prepare_softmax<true>, grad_log_softmax, true});
  register_op({"softmax_grad", infer_softmax_grad, prepare_softmax_grad<false>, grad_softmax_grad, true});
  register_op({"log_softmax_grad", infer_softmax_grad, prepare_softmax_grad<true>, grad_log_softmax_grad, true});
  register_op({"sparse_softmax_crossentropy", infer_sparse_loss, prepare_sparse_loss, grad_sparse_loss});
  register_op({"sparse_softmax_crossentropy_grad", infer_sparse_grad, prepare_sparse_grad, grad_sparse_grad, true});
  register_op({"softmax_crossentropy", infer_loss, prepare_loss, grad_loss});
  register_op({"softmax_crossentropy_grad", infer_loss_grad, prepare_loss_grad, grad_loss_grad, true});
}

}  // namespace lamina
