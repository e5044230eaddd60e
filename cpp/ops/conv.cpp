#include "core/threads.h"
#include "graph/graph.h"
#include "kernels/dispatch.h"
#include "ops/conv_forward.h"
#include "ops/conv_input_grad.h"
#include "ops/conv_kernel_grad.h"
#include "ops/register.h"

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

template <bool kFused>
std::vector<TensorType> infer_input_grad(const NodeInfo& info) {
  if (!kFused || info.inputs.size() != 3) require_inputs(info, 2);
  const ConvSizes sizes = input_grad_sizes(info);
  if (kFused) require_epilogue(info, sizes.channels);
  return {{info.inputs[0].dtype, joined(sizes.batch, info.attr().integers("size"), sizes.channels)}};
}

std::vector<TensorType> infer_kernel_grad(const NodeInfo& info) {
  require_inputs(info, 2);
  const ConvSizes sizes = kernel_grad_sizes(info);
  Shape w = info.attr().integers("size");
  w.push_back(sizes.group_channels());
  w.push_back(sizes.filters);
  return {{info.inputs[0].dtype, w}};
}

// --- steps -----------------------------------------------------------------------------------------------------------

// How many of `workers` share the panels; the others share the positions. What a worker reads of the kernel counts as
// some more positions, what it reads of the inputs as part of a panel.
int panel_workers(int64_t positions, int64_t panels, int workers) {
  constexpr double kKernelCost = 8, kInputCost = 0.1;
  int best = 1;
  double least = 0;
  for (int across = 1; across <= workers; ++across) {
    if (workers % across != 0) continue;
    const auto rows = static_cast<double>(divide_up(positions, workers / across));
    const double cost = (rows + kKernelCost) * (static_cast<double>(divide_up(panels, across)) + kInputCost);
    if (across == 1 || cost < least) {
      least = cost;
      best = across;
    }
  }
  return best;
}

struct Shares {
  Range positions, panels;
  Shares(int64_t all_positions, int64_t all_panels, Worker worker) {
    const int across = panel_workers(all_positions, all_panels, worker.count);
    positions = Worker{worker.index / across, worker.count / across}.share(all_positions);
    panels = Worker{worker.index % across, across}.share(all_panels);
  }
};

template <typename T>
StepKernel prepare_forward(const NodeInfo& info) {
  const ConvForward<T> conv(forward_sizes(info), kernels().gemm.of(T{}));
  const Epilogue<T> epilogue = epilogue_of<T>(info);
  const bool has_bias = info.inputs.size() > 2, packs = conv.packed_size() > 0;
  const int most = thread_count();  // the scratch memory's size; should threads be added later, they look on
  StepKernel kernel;
  kernel.nanoseconds = conv_nanoseconds<T>(forward_sizes(info)) + epilogue_ns(info);
  kernel.phases = packs ? 2 : 1;
  kernel.scratch_bytes = (conv.packed_size() + conv.scratch_size() * most) * static_cast<int64_t>(sizeof(T));
  kernel.run = [=](const StepData& data, Worker worker, int phase) {
    if (worker.index >= most) return;
    worker.count = std::min(worker.count, most);
    T* packed = data.scratch<T>();
    if (packs && phase == 0) return conv.pack(data.in<T>(1), packed, worker.share(conv.panels()));
    Epilogue<T> after = epilogue;
    if (has_bias) after.bias = data.in<T>(2);
    const Shares mine(conv.positions(), conv.panels(), worker);
    conv.run(data.in<T>(0), packs ? packed : data.in<T>(1), data.out<T>(), after, mine.positions, mine.panels,
             packed + conv.packed_size() + worker.index * conv.scratch_size());
  };
  return kernel;
}

template <typename T>
StepKernel prepare_input_grad(const NodeInfo& info) {
  const ConvInputGrad<T> conv(input_grad_sizes(info), kernels().gemm.of(T{}));
  const Epilogue<T> epilogue = epilogue_of<T>(info);
  const bool has_bias = info.inputs.size() > 2;
  StepKernel kernel;
  kernel.nanoseconds = conv_nanoseconds<T>(input_grad_sizes(info)) + epilogue_ns(info);
  kernel.phases = 2;
  kernel.scratch_bytes = conv.packed_size() * static_cast<int64_t>(sizeof(T));
  kernel.run = [=](const StepData& data, Worker worker, int phase) {
    T* packed = data.scratch<T>();
    if (phase == 0) return conv.pack(data.in<T>(1), packed, worker.share(conv.kernels()));
    Epilogue<T> after = epilogue;
    if (has_bias) after.bias = data.in<T>(2);
    const Shares mine(conv.positions(), conv.panels(), worker);
    conv.run(data.in<T>(0), packed, data.out<T>(), after, mine.positions, mine.panels);
  };
  return kernel;
}

template <typename T>
StepKernel prepare_kernel_grad(const NodeInfo& info) {
  const ConvKernelGrad<T> conv(kernel_grad_sizes(info), kernels().gemm.of(T{}));
  const auto add = kernels().binary.of(T{}).function[binary::add];
  const int64_t chunks = conv.chunks(), partial_size = chunks > 1 ? chunks * conv.size() : 0;
  const int most = thread_count();
  StepKernel kernel;
  kernel.nanoseconds = conv_nanoseconds<T>(kernel_grad_sizes(info));
  kernel.phases = chunks > 1 ? 2 : 1;
  kernel.scratch_bytes = (partial_size + conv.scratch_size() * most) * static_cast<int64_t>(sizeof(T));
  kernel.run = [=](const StepData& data, Worker worker, int phase) {
    if (worker.index >= most) return;
    worker.count = std::min(worker.count, most);
    T* partial = data.scratch<T>();  // (chunks, kernel)
    if (phase == 0) {
      conv.run(data.in<T>(0), data.in<T>(1), chunks > 1 ? partial : data.out<T>(), worker.share(conv.units()),
               partial + partial_size + worker.index * conv.scratch_size());
      return;
    }
    const Range mine = worker.share(conv.size(), 16);
    T* sum = data.out<T>() + mine.begin;
    std::copy_n(partial + mine.begin, mine.size(), sum);
    for (int64_t chunk = 1; chunk < chunks; ++chunk) {
      add({sum, 0, 1}, {partial + chunk * conv.size() + mine.begin, 0, 1}, sum, 1, mine.size());
    }
  };
  return kernel;
}

StepKernel prepare_forward_of(const NodeInfo& info) {
  return visit_float(info.inputs[0].dtype, [&](auto zero) { return prepare_forward<decltype(zero)>(info); });
}
StepKernel prepare_input_grad_of(const NodeInfo& info) {
  return visit_float(info.inputs[0].dtype, [&](auto zero) { return prepare_input_grad<decltype(zero)>(info); });
}
StepKernel prepare_kernel_grad_of(const NodeInfo& info) {
  return visit_float(info.inputs[0].dtype, [&](auto zero) { return prepare_kernel_grad<decltype(zero)>(info); });
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
  const char *conv = "fused_conv", *transpose = "fused_conv_transpose";
  register_op({.name = "conv",
               .infer = infer_forward<false>,
               .prepare = prepare_forward_of,
               .grad = grad_forward,
               .fused = conv});
  register_op({.name = "conv_input_grad",
               .infer = infer_input_grad<false>,
               .prepare = prepare_input_grad_of,
               .grad = grad_input_grad,
               .fused = transpose});
  register_op({"conv_kernel_grad", infer_kernel_grad, prepare_kernel_grad_of, grad_kernel_grad});
  register_op({.name = conv, .infer = infer_forward<true>, .prepare = prepare_forward_of, .fused = conv});
  register_op(
      {.name = transpose, .infer = infer_input_grad<true>, .prepare = prepare_input_grad_of, .fused = transpose});
}

}  // namespace lamina
