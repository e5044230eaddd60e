#include "graph/graph.h"
#include "kernels/pool.h"
#include "ops/convolution/steps.h"
#include "ops/epilogue.h"
#include "ops/register.h"
#include "ops/rows.h"

// Convolution of x (batch, input..., channels) with w (size..., channels / groups, filters), one to three spatial axes;
// attributes strides, dilations, padding (see window.h) and groups. The three ops are closed under differentiation.
namespace lamina {
namespace {

// What the ops have in common: input `x` and input `w` are tensors of these shapes, or will be.
ConvSizes sizes_of(const NodeInfo& info, const Shape& x, const Shape& w) {
  const size_t rank = x.size() - 2;
  const Window window = window_of(info, Shape(x.begin() + 1, x.end() - 1), Shape(w.begin(), w.begin() + rank));
  const int64_t groups = info.attr().integer("groups", 1), channels = x.back(), filters = w.back();
  require(channels > 0 && filters > 0 && w[rank] > 0, info.op, ": expected at least one channel and filter, received ",
          to_string(x), " and a kernel ", to_string(w));
  require(groups >= 1 && w[rank] * groups == channels && filters % groups == 0, info.op, ": ", groups,
          groups == 1 ? " group" : " groups", " of ", w[rank], " channels and ", filters,
          " filters in all do not fit x with ", channels, " channels");
  return {x.front(), window, channels, filters, groups};
}

Shape joined(int64_t batch, const Shape& spatial, int64_t channels) {
  Shape shape = {batch};
  shape.insert(shape.end(), spatial.begin(), spatial.end());
  shape.push_back(channels);
  return shape;
}

// The shape of the tensor that the attribute `size` gives the spatial axes of.
Shape sizes_attribute(const NodeInfo& info, size_t rank) {
  const Shape size = info.attr().integers("size");
  require(size.size() == rank && std::all_of(size.begin(), size.end(), [](int64_t n) { return n >= 1; }), info.op,
          ": expected size to be ", rank, " positive integers, received ", to_string(size));
  return size;
}

void require_pair(const NodeInfo& info) {
  require_float(info, 0);
  require_same_dtype(info, 0, 1);
  spatial_shape(info, 0);
  require(info.inputs[0].rank() == info.inputs[1].rank(), info.op, ": expected inputs of as many dimensions, received ",
          to_string(info.inputs[0]), " and ", to_string(info.inputs[1]));
}

// --- sizes and types of each op --------------------------------------------------------------------------------------

ConvSizes forward_sizes(const NodeInfo& info) {
  require_pair(info);
  return sizes_of(info, info.inputs[0].shape, info.inputs[1].shape);
}

Shape outputs_of(const NodeInfo& info, const Shape& x, const Shape& w) {
  const Shape spatial(x.begin() + 1, x.end() - 1), size(w.begin(), w.end() - 2);
  return output_shape(window_of(info, spatial, size));
}

void require_gradient(const NodeInfo& info, size_t i, const Shape& expected) {
  require(info.inputs[i].shape == expected, info.op, ": expected a gradient of shape ", to_string(expected),
          ", received ", to_string(info.inputs[i]));
}

// inputs: dy, w
ConvSizes input_grad_sizes(const NodeInfo& info) {
  require_pair(info);
  const Shape &dy = info.inputs[0].shape, &w = info.inputs[1].shape;
  const int64_t channels = w[w.size() - 2] * info.attr().integer("groups", 1);
  const Shape x = joined(dy.front(), sizes_attribute(info, dy.size() - 2), channels);
  const ConvSizes sizes = sizes_of(info, x, w);
  require_gradient(info, 0, joined(dy.front(), outputs_of(info, x, w), w.back()));
  return sizes;
}

// inputs: x, dy
ConvSizes kernel_grad_sizes(const NodeInfo& info) {
  require_pair(info);
  const Shape &x = info.inputs[0].shape, &dy = info.inputs[1].shape;
  Shape w = sizes_attribute(info, x.size() - 2);
  w.push_back(x.back() / std::max<int64_t>(info.attr().integer("groups", 1), 1));
  w.push_back(dy.back());
  const ConvSizes sizes = sizes_of(info, x, w);
  require_gradient(info, 1, joined(x.front(), outputs_of(info, x, w), dy.back()));
  return sizes;
}

template <bool kFused>
std::vector<TensorType> infer_forward(const NodeInfo& info) {
  if (!kFused || info.inputs.size() != 3) require_inputs(info, 2);
  const ConvSizes sizes = forward_sizes(info);
  if (kFused) require_epilogue(info, sizes.filters);
  const Shape &x = info.inputs[0].shape, &w = info.inputs[1].shape;
  return {{info.inputs[0].dtype, joined(sizes.batch, outputs_of(info, x, w), sizes.filters)}};
}

// Also `pool`, the sizes of the windows that y is cut into.
std::vector<TensorType> infer_max_pool(const NodeInfo& info) {
  TensorType y = infer_forward<true>(info).front();
  const Shape window = info.attr().integers("pool");
  require(y.rank() <= 4 && window.size() + 2 == y.shape.size(), info.op,
          ": expected windows for one or two spatial axes of ", to_string(y), ", received ", to_string(window));
  int64_t taps = 1;
  for (size_t i = 0; i < window.size(); ++i) {
    require(window[i] >= 1 && y.shape[i + 1] % window[i] == 0, info.op, ": ", to_string(y),
            " cannot be cut into windows of ", to_string(window));
    y.shape[i + 1] /= window[i];
    taps *= window[i];
  }
  require(taps <= kByteTaps, info.op, ": expected at most ", kByteTaps, " elements in a window, received ", taps);
  return {y, {DType::kUInt8, y.shape}};
}

template <bool kFused>
std::vector<TensorType> infer_input_grad(const NodeInfo& info) {
  if (!kFused || info.inputs.size() != 3) require_inputs(info, 2);
  const ConvSizes sizes = input_grad_sizes(info);
  if (kFused) require_epilogue(info, sizes.channels);
  return {{info.inputs[0].dtype, joined(sizes.batch, info.attr().integers("size"), sizes.channels)}};
}

std::vector<TensorType> infer_input_grad_slope(const NodeInfo& info) {
  require_inputs(info, 3);
  NodeInfo product = info;
  product.inputs.pop_back();
  const std::vector<TensorType> outputs = infer_input_grad<false>(product);
  require_slope(info, outputs[0]);
  return outputs;
}

std::vector<TensorType> infer_kernel_grad(const NodeInfo& info) {
  require_inputs(info, 2);
  const ConvSizes sizes = kernel_grad_sizes(info);
  Shape w = info.attr().integers("size");
  w.push_back(sizes.group_channels());
  w.push_back(sizes.filters);
  return {{info.inputs[0].dtype, w}};
}

StepKernel prepare_forward(const NodeInfo& info) {
  return conv_step(info, forward_sizes(info));
}
StepKernel prepare_max_pool(const NodeInfo& info) {
  return conv_max_pool_step(info, forward_sizes(info));
}
StepKernel prepare_input_grad(const NodeInfo& info) {
  return conv_input_grad_step(info, input_grad_sizes(info));
}
StepKernel prepare_kernel_grad(const NodeInfo& info) {
  return conv_kernel_grad_step(info, kernel_grad_sizes(info));
}

// --- gradients: y is linear in x and in w, and each op is the gradient of another ------------------------------------

Value conv(const GradContext& c, Value x, Value w) {
  return c.graph.add("conv", {x, w}, c.attr);
}

Value input_grad(const GradContext& c, Value dy, Value w, const Shape& x) {
  Attributes attributes = c.attr;
  attributes.set("size", Shape(x.begin() + 1, x.end() - 1));
  return c.graph.add("conv_input_grad", {dy, w}, attributes);
}

Value kernel_grad(const GradContext& c, Value x, Value dy, const Shape& w) {
  Attributes attributes = c.attr;
  attributes.set("size", Shape(w.begin(), w.end() - 2));
  return c.graph.add("conv_kernel_grad", {x, dy}, attributes);
}

std::vector<Value> grad_forward(const GradContext& c) {
  const Value x = c.x[0], w = c.x[1], dy = c.dy[0];
  return {input_grad(c, dy, w, c.graph.type(x).shape), kernel_grad(c, x, dy, c.graph.type(w).shape)};
}

std::vector<Value> grad_input_grad(const GradContext& c) {
  const Value dy = c.x[0], w = c.x[1], g = c.dy[0];
  return {conv(c, g, w), kernel_grad(c, g, dy, c.graph.type(w).shape)};
}

std::vector<Value> grad_kernel_grad(const GradContext& c) {
  const Value x = c.x[0], dy = c.x[1], g = c.dy[0];
  return {input_grad(c, dy, g, c.graph.type(x).shape), conv(c, x, g)};
}

}  // namespace

void register_conv_ops() {
  const char *conv = "fused_conv", *transpose = "fused_conv_transpose", *slope = "conv_input_grad_slope";
  register_op({.name = "conv",
               .infer = infer_forward<false>,
               .prepare = prepare_forward,
               .grad = grad_forward,
               .fused = conv,
               .on_rows = rows::of_first});
  register_op({.name = "conv_input_grad",
               .infer = infer_input_grad<false>,
               .prepare = prepare_input_grad,
               .grad = grad_input_grad,
               .fused = transpose,
               .sloped = slope,
               .on_rows = rows::of_first});
  register_op({"conv_kernel_grad", infer_kernel_grad, prepare_kernel_grad, grad_kernel_grad});
  register_op({.name = conv,
               .infer = infer_forward<true>,
               .prepare = prepare_forward,
               .fused = conv,
               .on_rows = rows::of_first});
  register_op(
      {.name = "conv_max_pool", .infer = infer_max_pool, .prepare = prepare_max_pool, .on_rows = rows::of_first});
  register_op({.name = slope, .infer = infer_input_grad_slope, .prepare = prepare_input_grad});
  register_op({.name = transpose,
               .infer = infer_input_grad<true>,
               .prepare = prepare_input_grad,
               .fused = transpose,
               .on_rows = rows::of_first});
}

}  // namespace lamina
