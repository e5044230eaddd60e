#include <array>
#include <string_view>

#include "graph/graph.h"
#include "kernels/dispatch.h"
#include "ops/checks.h"
#include "ops/register.h"

// Images turned, stretched and moved, see kernels/affine.h: of images (batch, height, width, channels) and transforms
// (batch, 8), with attributes interpolation, fill_mode and fill_value,
//   affine_transform(x, transforms)            y
//   affine_transform_grad(dy, transforms)      the gradient of x
//   affine_transform_slopes(dy, transforms, x) the gradient of the transforms
namespace lamina {
namespace {

constexpr std::array<std::string_view, 5> kFillModes = {"constant", "nearest", "wrap", "mirror",
                                                        "reflect"};  // as FillMode

void check(const NodeInfo& info) {
  require_float(info, 0);
  const TensorType& x = info.inputs[0];
  require(x.rank() == 4, info.op, ": expected images (batch, height, width, channels), received ", to_string(x));
  const TensorType transforms{x.dtype, {x.shape[0], 8}};
  require(info.inputs[1] == transforms, info.op, ": expected transforms ", to_string(transforms), ", received ",
          to_string(info.inputs[1]));
  const std::string interpolation = info.attr().text("interpolation", "bilinear");
  require(interpolation == "bilinear" || interpolation == "nearest", info.op,
          ": expected interpolation 'bilinear' or 'nearest', received '", interpolation, "'");
  const std::string fill = info.attr().text("fill_mode", "constant");
  require(std::find(kFillModes.begin(), kFillModes.end(), fill) != kFillModes.end(), info.op,
          ": expected fill_mode 'constant', 'nearest', 'wrap', 'mirror' or 'reflect', received '", fill, "'");
  info.attr().number("fill_value", 0);
}

std::vector<TensorType> infer_affine(const NodeInfo& info) {
  require_inputs(info, 2);
  check(info);
  return {info.inputs[0]};
}

std::vector<TensorType> infer_slopes(const NodeInfo& info) {
  require_inputs(info, 3);
  check(info);
  require(info.inputs[2] == info.inputs[0], info.op, ": expected images ", to_string(info.inputs[0]),
          " as input 2, received ", to_string(info.inputs[2]));
  return {info.inputs[1]};
}

AffineImages images_of(const NodeInfo& info) {
  const Shape& x = info.inputs[0].shape;
  const auto fill = std::find(kFillModes.begin(), kFillModes.end(), info.attr().text("fill_mode", "constant"));
  return {x[1], x[2], x[3], static_cast<FillMode>(fill - kFillModes.begin()),
          info.attr().text("interpolation", "bilinear") == "nearest"};
}

constexpr double kPixel = 6;  // nanoseconds for each element

StepKernel prepare_affine(const NodeInfo& info) {
  const AffineImages images = images_of(info);
  StepKernel step;
  step.nanoseconds = io_ns(info, kPixel);
  visit_float(info.inputs[0].dtype, [&](auto item) {
    using T = decltype(item);
    const auto run = kernels().affine.of(item).forward;
    const T fill = static_cast<T>(info.attr().number("fill_value", 0));
    const int64_t rows = info.inputs[0].size() > 0 ? info.inputs[0].shape[0] * images.height : 0;
    step.run = [=](const StepData& data, Worker worker, int) {
      const Range mine = worker.share(rows);
      run(images, data.in<T>(1), fill, data.in<T>(0), data.out<T>(), mine.begin, mine.end);
    };
  });
  return step;
}

StepKernel prepare_affine_grad(const NodeInfo& info) {
  const AffineImages images = images_of(info);
  StepKernel step;
  step.nanoseconds = io_ns(info, kPixel);
  visit_float(info.inputs[0].dtype, [&](auto item) {
    using T = decltype(item);
    const auto run = kernels().affine.of(item).backward;
    const int64_t batch = info.inputs[0].size() > 0 ? info.inputs[0].shape[0] : 0;
    step.run = [=](const StepData& data, Worker worker, int) {
      const Range mine = worker.share(batch);
      run(images, data.in<T>(1), data.in<T>(0), data.out<T>(), mine.begin, mine.end);
    };
  });
  return step;
}

StepKernel prepare_slopes(const NodeInfo& info) {
  const AffineImages images = images_of(info);
  StepKernel step;
  step.nanoseconds = io_ns(info) + kPixel * static_cast<double>(info.inputs[0].size());
  visit_float(info.inputs[0].dtype, [&](auto item) {
    using T = decltype(item);
    const auto run = kernels().affine.of(item).by_transforms;
    const T fill = static_cast<T>(info.attr().number("fill_value", 0));
    step.run = [=, batch = info.inputs[0].shape[0]](const StepData& data, Worker worker, int) {
      const Range mine = worker.share(batch);
      run(images, data.in<T>(1), fill, data.in<T>(2), data.in<T>(0), data.out<T>(), mine.begin, mine.end);
    };
  });
  return step;
}

std::vector<Value> grad_affine(const GradContext& c) {
  return {c.graph.add("affine_transform_grad", {c.dy[0], c.x[1]}, c.attr),
          c.graph.add("affine_transform_slopes", {c.dy[0], c.x[1], c.x[0]}, c.attr)};
}

// sum(u grad(dy)) = sum(dy affine_transform(u)) with nothing beyond the edges.
std::vector<Value> grad_affine_grad(const GradContext& c) {
  Attributes attributes = c.attr;
  attributes.set("fill_value", 0.0);
  return {c.graph.add("affine_transform", {c.dy[0], c.x[1]}, attributes),
          c.graph.add("affine_transform_slopes", {c.x[0], c.x[1], c.dy[0]}, attributes)};
}

}  // namespace

void register_affine_ops() {
  register_op({"affine_transform", infer_affine, prepare_affine, grad_affine});
  register_op({"affine_transform_grad", infer_affine, prepare_affine_grad, grad_affine_grad});
  register_op({"affine_transform_slopes", infer_slopes, prepare_slopes});
}

}  // namespace lamina
