#pragma once

#include <type_traits>

#include "graph/graph.h"
#include "ops/elementwise/elementwise.h"

// What cross-entropies along the last axis have in common, of logits and of probabilities.
namespace lamina::crossentropy {

inline Shape without_last(const Shape& shape) {
  return {shape.begin(), shape.end() - 1};
}

inline void require_type(const NodeInfo& info, size_t i, const char* what, const TensorType& expected) {
  require(info.inputs[i] == expected, info.op, ": expected ", what, " of type ", to_string(expected), ", received ",
          to_string(info.inputs[i]));
}

// The type of the losses of x (..., classes): (...).
inline TensorType infer_rows(const NodeInfo& info, size_t inputs) {
  require_inputs(info, inputs);
  require_float(info, 0);
  require(info.inputs[0].rank() >= 1, info.op, ": expected input 0 of shape (..., classes), received a scalar");
  const TensorType rows{info.inputs[0].dtype, without_last(info.inputs[0].shape)};
  if (inputs == 3) require_type(info, 2, "the loss's gradient", rows);
  return rows;
}

// A step whose workers share the rows: run(data, first row, rows, classes).
template <typename F>
StepKernel over_rows(const NodeInfo& info, F run) {
  const int64_t n = info.inputs[0].shape.back(), count = element_count(without_last(info.inputs[0].shape));
  StepKernel step;
  step.nanoseconds = elementwise_ns(info, count * n, kSoftmaxCost);
  step.in_pieces = true;
  step.run = [=](const StepData& data, Worker worker, int) {
    const Range rows = worker.share(count, softmax_grain(n));
    run(data, rows.begin, rows.size(), n);
  };
  return step;
}

// Steps of a kernel for the losses of x with a label or a row of targets for each row, and of one for their gradient.
template <typename T, typename Target, typename... Options>
StepKernel loss_step(const NodeInfo& info, void (*kernel)(const T*, const Target*, T*, int64_t, int64_t, Options...),
                     Options... options) {
  return over_rows(info, [=](const StepData& data, int64_t i, int64_t rows, int64_t n) {
    const int64_t target = std::is_same_v<T, Target> ? i * n : i;
    kernel(data.in<T>(0) + i * n, data.in<Target>(1) + target, data.out<T>() + i, rows, n, options...);
  });
}

template <typename T, typename Target, typename... Options>
StepKernel gradient_step(const NodeInfo& info,
                         void (*kernel)(const T*, const Target*, const T*, T*, int64_t, int64_t, Options...),
                         Options... options) {
  return over_rows(info, [=](const StepData& data, int64_t i, int64_t rows, int64_t n) {
    const int64_t target = std::is_same_v<T, Target> ? i * n : i;
    kernel(data.in<T>(0) + i * n, data.in<Target>(1) + target, data.in<T>(2) + i, data.out<T>() + i * n, rows, n,
           options...);
  });
}

inline Value sum_last(Graph& g, Value x, bool keepdims) {
  return g.add("sum", {x}, {{"axes", std::vector<int64_t>{-1}}, {"keepdims", keepdims}});
}

inline Value as_column(Graph& g, Value rows) {
  Shape shape = g.type(rows).shape;
  shape.push_back(1);
  return emit::reshape(g, rows, shape);
}

inline Value ones_like(Graph& g, Value x) {
  return emit::broadcast_to(g, g.scalar(g.type(x).dtype, 1), g.type(x).shape);
}

inline TensorType infer_sparse_rows(const NodeInfo& info, size_t inputs) {
  const TensorType rows = infer_rows(info, inputs);
  require_type(info, 1, "labels", {DType::kInt32, rows.shape});
  return rows;
}

inline TensorType infer_dense_rows(const NodeInfo& info, size_t inputs) {
  const TensorType rows = infer_rows(info, inputs);
  require_type(info, 1, "targets", info.inputs[0]);
  return rows;
}

}  // namespace lamina::crossentropy
