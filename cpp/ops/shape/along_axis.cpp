#include "graph/graph.h"
#include "ops/checks.h"
#include "ops/register.h"
#include "ops/shape/axis_view.h"
#include "ops/shape/index.h"

// take_along_axis(x, indices; axis) and scatter_along_axis(indices, updates; axis, size), each the other's gradient.
namespace lamina {
namespace {

// The shapes of a and b must agree on all axes but one.
void require_same_but(const NodeInfo& info, const Shape& a, const Shape& b, int64_t axis) {
  Shape expected = a;
  if (expected.size() == b.size()) expected[axis] = b[axis];
  require(expected == b, info.op, ": the inputs' shapes must agree except on axis ", axis, ", received ", to_string(a),
          " and ", to_string(b));
}

std::vector<TensorType> infer_take_along_axis(const NodeInfo& info) {
  require_inputs(info, 2);
  require_integer(info, 1);
  require_same_but(info, info.inputs[0].shape, info.inputs[1].shape, axis_of(info, 0, -1));
  return {{info.inputs[0].dtype, info.inputs[1].shape}};
}

StepKernel prepare_take_along_axis(const NodeInfo& info) {
  const int64_t axis = axis_of(info, 0, -1);
  const AxisView from(info.inputs[0].shape, axis), to(info.outputs[0].shape, axis);
  StepKernel kernel;
  kernel.nanoseconds = io_ns(info, 1.0);
  visit_index(info.inputs[1].dtype, [&](auto index) {
    visit_dtype(info.outputs[0].dtype, [&](auto item) {
      using I = decltype(index);
      using T = decltype(item);
      kernel.run = [from, to](const StepData& data, Worker worker, int) {
        const T* x = data.in<T>(0);
        const I* indices = data.in<I>(1);
        T* out = data.out<T>();
        const Range rows = worker.share(to.outer * to.size);
        for (int64_t row = rows.begin; row < rows.end; ++row) {
          const T* block = x + row / to.size * from.size * from.inner;
          for (int64_t j = 0; j < to.inner; ++j) {
            const int64_t at = resolve(indices[row * to.inner + j], from.size);
            out[row * to.inner + j] = at < 0 ? missing<T>() : block[at * from.inner + j];
          }
        }
      };
    });
  });
  return kernel;
}

std::vector<Value> grad_take_along_axis(const GradContext& c) {
  const TensorType& x = c.graph.type(c.x[0]);
  const int64_t axis = normalize_axis(c.attr.integer("axis", -1), x.rank(), "take_along_axis");
  const int64_t size = x.shape[axis];
  return {c.graph.add("scatter_along_axis", {c.x[1], c.dy[0]}, {{"axis", axis}, {"size", size}}), Value{}};
}

std::vector<TensorType> infer_scatter_along_axis(const NodeInfo& info) {
  require_inputs(info, 2);
  require_integer(info, 0);
  require_dtype(info, 1, info.inputs[1].dtype >= DType::kInt32, "int32, int64 or floating-point");
  const int64_t axis = axis_of(info, 0, -1), size = info.attr().integer("size");
  require(info.inputs[0].shape == info.inputs[1].shape,
          "scatter_along_axis: indices and updates must have the same shape, received ",
          to_string(info.inputs[0].shape), " and ", to_string(info.inputs[1].shape));
  require(size >= 0, "scatter_along_axis: size must not be negative, received ", size);
  Shape shape = info.inputs[1].shape;
  shape[axis] = size;
  return {{info.inputs[1].dtype, shape}};
}

StepKernel prepare_scatter_along_axis(const NodeInfo& info) {
  const int64_t axis = axis_of(info, 0, -1);
  const AxisView from(info.inputs[0].shape, axis), to(info.outputs[0].shape, axis);
  StepKernel kernel;
  kernel.nanoseconds = io_ns(info, 0.1) + static_cast<double>(info.inputs[0].size());
  visit_index(info.inputs[0].dtype, [&](auto index) {
    visit_dtype(info.outputs[0].dtype, [&](auto item) {
      using I = decltype(index);
      using T = decltype(item);
      kernel.run = [from, to](const StepData& data, Worker worker, int) {
        const I* indices = data.in<I>(0);
        const T* updates = data.in<T>(1);
        T* out = data.out<T>();
        const Range lines = worker.share(to.outer * to.inner);  // a line: all positions along the axis
        for (int64_t line = lines.begin; line < lines.end; ++line) {
          const int64_t block = line / to.inner, column = line % to.inner;
          T* out_line = out + block * to.size * to.inner + column;
          for (int64_t i = 0; i < to.size; ++i) out_line[i * to.inner] = T{};
          const int64_t first = block * from.size * from.inner + column;
          for (int64_t i = 0; i < from.size; ++i) {
            const int64_t at = resolve(indices[first + i * from.inner], to.size);
            if (at >= 0) out_line[at * to.inner] += updates[first + i * from.inner];
          }
        }
      };
    });
  });
  return kernel;
}

std::vector<Value> grad_scatter_along_axis(const GradContext& c) {
  return {Value{}, c.graph.add("take_along_axis", {c.dy[0], c.x[0]}, {{"axis", c.attr.integer("axis", -1)}})};
}

}  // namespace

void register_along_axis_ops() {
  register_op({"take_along_axis", infer_take_along_axis, prepare_take_along_axis, grad_take_along_axis});
  register_op({"scatter_along_axis", infer_scatter_along_axis, prepare_scatter_along_axis, grad_scatter_along_axis});
}

}  // namespace lamina
