#include "ops/random/random.h"

#include <cmath>
#include <limits>

#include "graph/graph.h"
#include "ops/register.h"

// Random numbers as functions of a state, int64 (key, counter), and the element's index: see kernels/random.h.
namespace lamina {
namespace {

Shape shape_attribute(const NodeInfo& info) {
  require_inputs(info, 1);
  require_state(info, 0);
  const Shape shape = info.attr().integers("shape");
  for (const int64_t n : shape) require(n >= 0, info.op, ": shape ", to_string(shape), " has a negative axis");
  return shape;
}

TensorType float_output(const NodeInfo& info) {
  const Shape shape = shape_attribute(info);
  const DType dtype = dtype_from_name(info.attr().text("dtype", "float32"));
  if (!is_float(dtype)) fail_type(info.op, ": expected a floating-point dtype, received ", dtype_name(dtype));
  return {dtype, shape};
}

// --- random_uniform(state; shape, minval, maxval, dtype) in [minval, maxval) -----------------------------------------

std::vector<TensorType> infer_uniform(const NodeInfo& info) {
  const double minval = info.attr().number("minval", 0), maxval = info.attr().number("maxval", 1);
  require(minval <= maxval && std::isfinite(maxval - minval),
          "random_uniform: expected finite minval <= maxval, received ", minval, " and ", maxval);
  return {float_output(info)};
}

StepKernel prepare_uniform(const NodeInfo& info) {
  return visit_float(info.outputs[0].dtype, [&](auto item) {
    using T = decltype(item);
    const T minval = static_cast<T>(info.attr().number("minval", 0));
    const T maxval = static_cast<T>(info.attr().number("maxval", 1));
    const T span = maxval - minval, top = std::nextafter(maxval, minval);
    const auto uniform = kernels().random.of(T{}).uniform;
    return fill_kernel(info, 0.5, [=](const StepData& data, int64_t begin, int64_t n) {
      uniform(stream_of(data, 0), begin, n, minval, span, top, data.out<T>() + begin);
    });
  });
}

// --- random_normal(state; shape, mean, stddev, dtype) ----------------------------------------------------------------

std::vector<TensorType> infer_normal(const NodeInfo& info) {
  const double stddev = info.attr().number("stddev", 1);
  require(stddev >= 0, "random_normal: stddev must not be negative, received ", stddev);
  info.attr().number("mean", 0);
  return {float_output(info)};
}

StepKernel prepare_normal(const NodeInfo& info) {
  return visit_float(info.outputs[0].dtype, [&](auto item) {
    using T = decltype(item);
    const T mean = static_cast<T>(info.attr().number("mean", 0));
    const T stddev = static_cast<T>(info.attr().number("stddev", 1));
    const auto normal = kernels().random.of(T{}).normal;
    return fill_kernel(info, 1.5, [=](const StepData& data, int64_t begin, int64_t n) {
      normal(stream_of(data, 0), begin, n, mean, stddev, data.out<T>() + begin);
    });
  });
}

// --- random_int(state; shape, minval, maxval), int32 in [minval, maxval) ---------------------------------------------

std::vector<TensorType> infer_int(const NodeInfo& info) {
  const int64_t minval = info.attr().integer("minval"), maxval = info.attr().integer("maxval");
  constexpr int64_t kLowest = std::numeric_limits<int32_t>::min(), kHighest = std::numeric_limits<int32_t>::max();
  require(kLowest <= minval && minval < maxval && maxval <= kHighest + 1,
          "random_int: expected minval < maxval within int32, received ", minval, " and ", maxval);
  require(maxval - minval <= std::numeric_limits<uint32_t>::max(), "random_int: the range from ", minval, " to ",
          maxval, " is too large");
  return {{DType::kInt32, shape_attribute(info)}};
}

StepKernel prepare_int(const NodeInfo& info) {
  const int64_t minval = info.attr().integer("minval"), maxval = info.attr().integer("maxval");
  const auto integers = kernels().random.integers;
  return fill_kernel(info, 0.5, [=](const StepData& data, int64_t begin, int64_t n) {
    integers(stream_of(data, 0), begin, n, static_cast<int32_t>(minval), static_cast<uint32_t>(maxval - minval),
             data.out<int32_t>() + begin);
  });
}

// --- dropout(x, state; rate) = x / (1 - rate) where u >= rate, else 0 ------------------------------------------------

std::vector<TensorType> infer_dropout(const NodeInfo& info) {
  require_inputs(info, 2);
  require_float(info, 0);
  require_state(info, 1);
  const double rate = info.attr().number("rate");
  require(rate >= 0 && rate <= 1, "dropout: rate must lie between 0 and 1, received ", rate);
  return {info.inputs[0]};
}

StepKernel prepare_dropout(const NodeInfo& info) {
  const double rate = info.attr().number("rate");
  const auto threshold = static_cast<uint32_t>(std::ceil(std::ldexp(rate, 24)));
  return visit_float(info.outputs[0].dtype, [&](auto item) {
    using T = decltype(item);
    const T scale = rate < 1 ? static_cast<T>(1 / (1 - rate)) : T{0};
    const auto dropout = kernels().random.of(T{}).dropout;
    return fill_kernel(info, 0.5, [=](const StepData& data, int64_t begin, int64_t n) {
      dropout(stream_of(data, 1), begin, n, threshold, scale, data.in<T>(0) + begin, data.out<T>() + begin);
    });
  });
}

// The same state drops the same elements, so no mask need be kept.
std::vector<Value> grad_dropout(const GradContext& c) {
  return {c.graph.add("dropout", {c.dy[0], c.x[1]}, {{"rate", c.attr.number("rate")}}), Value{}};
}

// --- next_random_state(state) = (key, counter + 1) -------------------------------------------------------------------

std::vector<TensorType> infer_next_state(const NodeInfo& info) {
  require_inputs(info, 1);
  require_state(info, 0);
  return {info.inputs[0]};
}

StepKernel prepare_next_state(const NodeInfo&) {
  StepKernel kernel;
  kernel.run = [](const StepData& data, Worker worker, int) {
    if (worker.index != 0) return;
    const RandomStream stream = stream_of(data, 0);
    data.out<int64_t>()[0] = static_cast<int64_t>(stream.key);
    data.out<int64_t>()[1] = static_cast<int64_t>(stream.counter + 1);
  };
  return kernel;
}

}  // namespace

void register_random_ops() {
  register_op({"random_uniform", infer_uniform, prepare_uniform});
  register_op({"random_normal", infer_normal, prepare_normal});
  register_op({"random_int", infer_int, prepare_int});
  register_op({"dropout", infer_dropout, prepare_dropout, grad_dropout, true});
  register_op({"next_random_state", infer_next_state, prepare_next_state, nullptr, true});
}

}  // namespace lamina
