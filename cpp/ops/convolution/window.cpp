#include "ops/convolution/window.h"

namespace lamina {

namespace {

// A list attribute of `count` integers; `fallback` everywhere where it is missing.
Shape integers_of(const NodeInfo& info, const char* name, size_t count, int64_t fallback) {
  if (!info.attr().has(name)) return Shape(count, fallback);
  const Shape values = info.attr().integers(name);
  require(values.size() == count, info.op, ": expected ", name, " to be ", count, count == 1 ? " integer" : " integers",
          ", received ", to_string(values));
  return values;
}

void require_least(const NodeInfo& info, const char* name, int64_t value, int64_t least) {
  require(value >= least, info.op, ": expected ", name, " of at least ", least, ", received ", value);
}

}  // namespace

Window window_of(const NodeInfo& info, const Shape& input, const Shape& size) {
  const size_t rank = input.size();
  const Shape strides = integers_of(info, "strides", rank, 1);
  const Shape dilations = integers_of(info, "dilations", rank, 1);
  const Shape padding = integers_of(info, "padding", 2 * rank, 0);
  Window window;
  for (size_t i = 0; i < rank; ++i) {
    WindowAxis axis{input[i], 0, size[i], strides[i], dilations[i], padding[2 * i], padding[2 * i + 1]};
    require_least(info, "strides", axis.stride, 1);
    require_least(info, "dilations", axis.dilation, 1);
    require_least(info, "padding before an axis", axis.before, 0);
    require(axis.size >= 1, info.op, ": expected a window of at least one element along every axis, received ",
            to_string(size));
    const int64_t padded = axis.input + axis.before + axis.after;
    require(padded >= axis.extent(), info.op, ": a window that spans ", axis.extent(), " does not fit spatial axis ", i,
            ", of ", axis.input, " and ", axis.before + axis.after, " of padding");
    axis.output = (padded - axis.extent()) / axis.stride + 1;
    window.push_back(axis);
  }
  return window;
}

Shape output_shape(const Window& window) {
  Shape shape;
  for (const WindowAxis& axis : window) shape.push_back(axis.output);
  return shape;
}

Shape spatial_shape(const NodeInfo& info, size_t i) {
  const Shape& shape = info.inputs[i].shape;
  require(shape.size() >= 3 && shape.size() <= 5, info.op, ": expected input ", i,
          " to have a batch axis, one to three spatial axes and a channel axis, received ", to_string(info.inputs[i]));
  return Shape(shape.begin() + 1, shape.end() - 1);
}

}  // namespace lamina
