#include "graph/graph.h"
#include "kernels/dispatch.h"
#include "ops/checks.h"
#include "ops/convolution/window.h"
#include "ops/register.h"
#include "ops/rows.h"

// Pooling over windows of a tensor (batch, spatial..., channels) of one to three spatial axes: attribute `window`, and
// `strides` and `padding` as window.h reads them. Backward ops also have `size`, the spatial sizes they give back.
namespace lamina {
namespace {

// The windows over tensors of sizes `spatial`; each has to see an element.
Window pool_window(const NodeInfo& info, const Shape& spatial) {
  const Shape size = info.attr().integers("window");
  require(size.size() == spatial.size(), info.op, ": expected a window for ", spatial.size(),
          " spatial axes, received ", to_string(size));
  const Window window = window_of(info, spatial, size);
  for (const WindowAxis& axis : window) {
    const bool sees = axis.output == 0 || (axis.before < axis.size && axis.begin(axis.output - 1) < axis.input);
    require(sees && axis.dilation == 1, info.op, ": expected windows without dilation that reach into the input of ",
            to_string(spatial), ", received windows of ", to_string(size), " with ", axis.before, " and ", axis.after,
            " of padding");
  }
  return window;
}

// Of an op that pools input 0, or looks into the windows of it.
Window window_over_input(const NodeInfo& info) {
  require_float(info, 0);
  return pool_window(info, spatial_shape(info, 0));
}

// Of a backward op, whose input 0 has an element for each window: the windows over the sizes that it gives back.
Window window_over_output(const NodeInfo& info) {
  require_float(info, 0);
  const Window window = pool_window(info, info.attr().integers("size"));
  require(spatial_shape(info, 0) == output_shape(window), info.op, ": expected spatial sizes ",
          to_string(output_shape(window)), ", received ", to_string(info.inputs[0]));
  return window;
}

TensorType with_sizes(const TensorType& like, const Shape& spatial) {
  TensorType type{like.dtype, {like.shape.front()}};
  type.shape.insert(type.shape.end(), spatial.begin(), spatial.end());
  type.shape.push_back(like.shape.back());
  return type;
}

// Places in a window are bytes where these can count them.
DType where_dtype(const Window& window) {
  int64_t taps = 1;
  for (const WindowAxis& axis : window) taps *= axis.size;
  return taps <= kByteTaps ? DType::kUInt8 : DType::kInt32;
}

void require_where(const NodeInfo& info, const Window& window, const Shape& shape) {
  const TensorType expected{where_dtype(window), shape};
  require(info.inputs[1] == expected, info.op, ": expected places ", to_string(expected), " as input 1, received ",
          to_string(info.inputs[1]));
}

// The kernels' view of it: three axes, those in front of a size of one.
Pool pool_of(const Window& window, int64_t channels) {
  Pool pool{{{1, 1, 1, 1, 0}, {1, 1, 1, 1, 0}, {1, 1, 1, 1, 0}}, channels};
  const size_t missing = 3 - window.size();
  for (size_t i = 0; i < window.size(); ++i) {
    const WindowAxis& axis = window[i];
    pool.axes[missing + i] = {axis.input, axis.output, axis.size, axis.stride, axis.before};
  }
  return pool;
}

// A step that makes its output line by line: make(data, first line, end) for each worker's share.
template <typename Make>
StepKernel line_kernel(const NodeInfo& info, Make make) {
  const Shape& shape = info.outputs[0].shape;
  const int64_t length = shape.back() * shape[shape.size() - 2];
  const int64_t lines = length > 0 ? info.outputs[0].size() / length : 0;
  StepKernel step;
  step.nanoseconds = 2 * io_ns(info);
  step.in_pieces = true;
  step.run = [lines, make](const StepData& data, Worker worker, int) {
    const Range mine = worker.share(lines);
    make(data, mine.begin, mine.end);
  };
  return step;
}

Attributes with_size(const Attributes& attributes, const Shape& x) {
  Attributes result = attributes;
  result.set("size", Shape(x.begin() + 1, x.end() - 1));
  return result;
}

// --- max_pool(x) → y, where; its gradient max_pool_grad(dy, where; size); the gradient's own, max_pool_take(x, where)

std::vector<TensorType> infer_max(const NodeInfo& info) {
  require_inputs(info, 1);
  const Window window = window_over_input(info);
  const TensorType y = with_sizes(info.inputs[0], output_shape(window));
  return {y, {where_dtype(window), y.shape}};
}

std::vector<TensorType> infer_max_grad(const NodeInfo& info) {
  require_inputs(info, 2);
  const Window window = window_over_output(info);
  require_where(info, window, info.inputs[0].shape);
  return {with_sizes(info.inputs[0], info.attr().integers("size"))};
}

std::vector<TensorType> infer_max_take(const NodeInfo& info) {
  require_inputs(info, 2);
  const Window window = window_over_input(info);
  const TensorType y = with_sizes(info.inputs[0], output_shape(window));
  require_where(info, window, y.shape);
  return {y};
}

// Calls f(T{}, kernels) with the type of the values and the kernels for the dtype of the places.
template <typename F>
StepKernel visit_max_pool(DType values, DType places, F f) {
  return visit_float(values, [&](auto value) {
    const auto& table = kernels().pool.of(value);
    return places == DType::kUInt8 ? f(value, uint8_t{}, table.max_bytes) : f(value, int32_t{}, table.max_words);
  });
}

StepKernel prepare_max(const NodeInfo& info) {
  const Pool pool = pool_of(window_over_input(info), info.inputs[0].shape.back());
  return visit_max_pool(info.inputs[0].dtype, info.outputs[1].dtype, [&](auto value, auto place, const auto& table) {
    using T = decltype(value);
    using Tap = decltype(place);
    const bool wants_where = info.is_read(1);
    return line_kernel(info, [=, run = table.forward](const StepData& data, int64_t begin, int64_t end) {
      run(pool, data.in<T>(0), data.out<T>(), wants_where ? data.out<Tap>(1) : nullptr, begin, end);
    });
  });
}

StepKernel prepare_max_grad(const NodeInfo& info) {
  const Pool pool = pool_of(window_over_output(info), info.inputs[0].shape.back());
  return visit_max_pool(info.inputs[0].dtype, info.inputs[1].dtype, [&](auto value, auto place, const auto& table) {
    using T = decltype(value);
    using Tap = decltype(place);
    return line_kernel(info, [=, run = table.backward](const StepData& data, int64_t begin, int64_t end) {
      run(pool, data.in<T>(0), data.in<Tap>(1), data.out<T>(), begin, end);
    });
  });
}

StepKernel prepare_max_take(const NodeInfo& info) {
  const Pool pool = pool_of(window_over_input(info), info.inputs[0].shape.back());
  return visit_max_pool(info.inputs[0].dtype, info.inputs[1].dtype, [&](auto value, auto place, const auto& table) {
    using T = decltype(value);
    using Tap = decltype(place);
    return line_kernel(info, [=, run = table.take](const StepData& data, int64_t begin, int64_t end) {
      run(pool, data.in<T>(0), data.in<Tap>(1), data.out<T>(), begin, end);
    });
  });
}

std::vector<Value> grad_max(const GradContext& c) {
  return {c.graph.add("max_pool_grad", {c.dy[0], c.y[1]}, with_size(c.attr, c.graph.type(c.x[0]).shape))};
}

std::vector<Value> grad_max_grad(const GradContext& c) {
  return {c.graph.add("max_pool_take", {c.dy[0], c.x[1]}, c.attr), Value{}};
}

std::vector<Value> grad_max_take(const GradContext& c) {
  const Attributes attributes = with_size(c.attr, c.graph.type(c.x[0]).shape);
  return {c.graph.add("max_pool_grad", {c.dy[0], c.x[1]}, attributes), Value{}};
}

// --- average_pool(x) and its gradient average_pool_grad(dy; size), each the other's transpose ------------------------

std::vector<TensorType> infer_average(const NodeInfo& info) {
  require_inputs(info, 1);
  return {with_sizes(info.inputs[0], output_shape(window_over_input(info)))};
}

std::vector<TensorType> infer_average_grad(const NodeInfo& info) {
  require_inputs(info, 1);
  window_over_output(info);
  return {with_sizes(info.inputs[0], info.attr().integers("size"))};
}

StepKernel prepare_average(const NodeInfo& info) {
  const Pool pool = pool_of(window_over_input(info), info.inputs[0].shape.back());
  return visit_float(info.inputs[0].dtype, [&](auto item) {
    using T = decltype(item);
    const auto run = kernels().pool.of(item).average;
    return line_kernel(info, [=](const StepData& data, int64_t begin, int64_t end) {
      run(pool, data.in<T>(0), data.out<T>(), begin, end);
    });
  });
}

StepKernel prepare_average_grad(const NodeInfo& info) {
  const Pool pool = pool_of(window_over_output(info), info.inputs[0].shape.back());
  return visit_float(info.inputs[0].dtype, [&](auto item) {
    using T = decltype(item);
    const auto run = kernels().pool.of(item).average_backward;
    return line_kernel(info, [=](const StepData& data, int64_t begin, int64_t end) {
      run(pool, data.in<T>(0), data.out<T>(), begin, end);
    });
  });
}

std::vector<Value> grad_average(const GradContext& c) {
  return {c.graph.add("average_pool_grad", {c.dy[0]}, with_size(c.attr, c.graph.type(c.x[0]).shape))};
}

std::vector<Value> grad_average_grad(const GradContext& c) {
  return {c.graph.add("average_pool", {c.dy[0]}, c.attr)};
}

}  // namespace

void register_pool_ops() {
  register_op(
      {.name = "max_pool", .infer = infer_max, .prepare = prepare_max, .grad = grad_max, .on_rows = rows::of_first});
  register_op({"max_pool_grad", infer_max_grad, prepare_max_grad, grad_max_grad});
  register_op({"max_pool_take", infer_max_take, prepare_max_take, grad_max_take});
  register_op({.name = "average_pool",
               .infer = infer_average,
               .prepare = prepare_average,
               .grad = grad_average,
               .on_rows = rows::of_first});
  register_op({"average_pool_grad", infer_average_grad, prepare_average_grad, grad_average_grad});
}

}  // namespace lamina
