#include "ops/shape/index.h"

#include "graph/graph.h"
#include "ops/checks.h"
#include "ops/register.h"
#include "ops/rows.h"
#include "ops/shape/axis_view.h"
#include "ops/strided.h"

namespace lamina {
namespace {

// --- take(x, indices; axis) ------------------------------------------------------------------------------------------

std::vector<TensorType> infer_take(const NodeInfo& info) {
  require_inputs(info, 2);
  require_integer(info, 1);
  const TensorType &x = info.inputs[0], &indices = info.inputs[1];
  const int64_t axis = axis_of(info, 0, 0);
  Shape shape(x.shape.begin(), x.shape.begin() + axis);
  shape.insert(shape.end(), indices.shape.begin(), indices.shape.end());
  shape.insert(shape.end(), x.shape.begin() + axis + 1, x.shape.end());
  return {{x.dtype, shape}};
}

StepKernel prepare_take(const NodeInfo& info) {
  const AxisView view(info.inputs[0].shape, axis_of(info, 0, 0));
  const int64_t count = info.inputs[1].size();
  StepKernel kernel;
  kernel.nanoseconds = 2 * streaming_ns(info.outputs[0].bytes()) + 2.0 * static_cast<double>(view.outer * count);
  visit_index(info.inputs[1].dtype, [&](auto index) {
    visit_dtype(info.outputs[0].dtype, [&](auto item) {
      using I = decltype(index);
      using T = decltype(item);
      kernel.run = [view, count](const StepData& data, Worker worker, int) {
        const T* x = data.in<T>(0);
        const I* indices = data.in<I>(1);
        T* out = data.out<T>();
        const Range rows = worker.share(view.outer * count);
        for (int64_t row = rows.begin; row < rows.end; ++row) {
          const int64_t at = resolve(indices[row % count], view.size);
          T* to = out + row * view.inner;
          if (at < 0) {
            std::fill(to, to + view.inner, missing<T>());
          } else {
            gather_row(to, x + (row / count * view.size + at) * view.inner, 1, view.inner);
          }
        }
      };
    });
  });
  return kernel;
}

std::optional<Attributes> take_rows(const NodeInfo& info, const std::vector<bool>& cut, int64_t) {
  const bool looks_up = cut[1] && !cut[0] && axis_of(info, 0, 0) == 0;
  const bool picks = cut[0] && !cut[1] && axis_of(info, 0, 0) != 0;
  if (!looks_up && !picks) return std::nullopt;
  return info.attr();
}

// Moves the axes of `indices` to the front, adds the rows up along axis 0, and moves that axis back.
std::vector<Value> grad_take(const GradContext& c) {
  Graph& g = c.graph;
  const Shape from = g.type(c.x[0]).shape;
  const int64_t rank = static_cast<int64_t>(from.size()), taken = g.type(c.x[1]).rank();
  const int64_t axis = normalize_axis(c.attr.integer("axis", 0), rank, "take");
  Shape to_front, back, rows_shape = {from[axis]};
  for (int64_t i = 0; i < taken; ++i) to_front.push_back(axis + i);
  for (int64_t i = 0; i < taken + rank - 1; ++i) {
    if (i < axis || i >= axis + taken) to_front.push_back(i);
  }
  for (int64_t i = 0; i < rank; ++i) {
    back.push_back(i == axis ? 0 : i < axis ? i + 1 : i);
    if (i != axis) rows_shape.push_back(from[i]);
  }
  const Value dy = axis == 0 ? c.dy[0] : g.add("transpose", {c.dy[0]}, {{"axes", to_front}});
  const Value dx = g.add("scatter_add", {c.x[1], dy}, {{"shape", rows_shape}});
  return {axis == 0 ? dx : g.add("transpose", {dx}, {{"axes", back}}), Value{}};
}

// --- scatter_add(indices, updates; shape): rows of updates added into zeros along axis 0 -----------------------------

std::vector<TensorType> infer_scatter_add(const NodeInfo& info) {
  require_inputs(info, 2);
  require_integer(info, 0);
  require_dtype(info, 1, info.inputs[1].dtype >= DType::kInt32, "int32, int64 or floating-point");
  const Shape shape = info.attr().integers("shape");
  require(!shape.empty(), "scatter_add: attribute 'shape' needs at least one axis");
  Shape expected = info.inputs[0].shape;
  expected.insert(expected.end(), shape.begin() + 1, shape.end());
  require(info.inputs[1].shape == expected, "scatter_add: indices ", to_string(info.inputs[0].shape), " into ",
          to_string(shape), " need updates of shape ", to_string(expected), ", received ",
          to_string(info.inputs[1].shape));
  return {{info.inputs[1].dtype, shape}};
}

// Workers own rows of the output, or parts of all rows where rows are few; each looks at every index. So the
// order in which updates of one element are added is that of the indices.
StepKernel prepare_scatter_add(const NodeInfo& info) {
  const AxisView view(info.outputs[0].shape, 0);
  const int64_t count = info.inputs[0].size();
  const bool by_rows = view.size >= view.inner;
  StepKernel kernel;
  kernel.nanoseconds = io_ns(info) + static_cast<double>(count);
  visit_index(info.inputs[0].dtype, [&](auto index) {
    visit_dtype(info.outputs[0].dtype, [&](auto item) {
      using I = decltype(index);
      using T = decltype(item);
      kernel.run = [view, count, by_rows](const StepData& data, Worker worker, int) {
        const I* indices = data.in<I>(0);
        const T* updates = data.in<T>(1);
        T* out = data.out<T>();
        const Range rows = by_rows ? worker.share(view.size) : Range{0, view.size};
        const Range columns = by_rows ? Range{0, view.inner} : worker.share(view.inner, 16);
        for (int64_t row = rows.begin; row < rows.end; ++row) {
          std::fill(out + row * view.inner + columns.begin, out + row * view.inner + columns.end, T{});
        }
        for (int64_t i = 0; i < count; ++i) {
          const int64_t row = resolve(indices[i], view.size);
          if (row < rows.begin || row >= rows.end) continue;
          T* to = out + row * view.inner;
          const T* from = updates + i * view.inner;
          for (int64_t j = columns.begin; j < columns.end; ++j) to[j] += from[j];
        }
      };
    });
  });
  return kernel;
}

std::vector<Value> grad_scatter_add(const GradContext& c) {
  return {Value{}, c.graph.add("take", {c.dy[0], c.x[0]}, {{"axis", int64_t{0}}})};
}

// --- one_hot(indices; num_classes, dtype): zeros where the index is outside 0..num_classes-1 -------------------------

std::vector<TensorType> infer_one_hot(const NodeInfo& info) {
  require_inputs(info, 1);
  require_integer(info, 0);
  const int64_t classes = info.attr().integer("num_classes");
  require(classes >= 0, "one_hot: num_classes must not be negative, received ", classes);
  Shape shape = info.inputs[0].shape;
  shape.push_back(classes);
  return {{dtype_from_name(info.attr().text("dtype", "float32")), shape}};
}

StepKernel prepare_one_hot(const NodeInfo& info) {
  const int64_t rows = info.inputs[0].size(), classes = info.outputs[0].shape.back();
  StepKernel kernel;
  kernel.nanoseconds = io_ns(info) + static_cast<double>(rows);
  visit_index(info.inputs[0].dtype, [&](auto index) {
    visit_dtype(info.outputs[0].dtype, [&](auto item) {
      using I = decltype(index);
      using T = decltype(item);
      kernel.run = [rows, classes](const StepData& data, Worker worker, int) {
        const I* indices = data.in<I>(0);
        T* out = data.out<T>();
        const Range range = worker.share(rows);
        std::fill(out + range.begin * classes, out + range.end * classes, T{});
        for (int64_t i = range.begin; i < range.end; ++i) {
          if (indices[i] >= 0 && indices[i] < classes) out[i * classes + indices[i]] = T{1};
        }
      };
    });
  });
  return kernel;
}

}  // namespace

void register_index_ops() {
  register_op({.name = "take", .infer = infer_take, .prepare = prepare_take, .grad = grad_take, .on_rows = take_rows});
  register_op({"scatter_add", infer_scatter_add, prepare_scatter_add, grad_scatter_add});
  register_op({"one_hot", infer_one_hot, prepare_one_hot});
}

}  // namespace lamina
