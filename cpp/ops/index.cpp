#include <limits>

#include "graph/graph.h"
#include "ops/checks.h"
#include "ops/register.h"
#include "ops/strided.h"

// Indices may be negative (counted from the end). What an index outside the axis reads is NaN, or 0 where the dtype has
// no NaN; what it would write is dropped.
namespace lamina {
namespace {

// The position that an index means on an axis of n, or -1 where there is none.
template <typename I>
int64_t resolve(I index, int64_t n) {
  const int64_t position = index < 0 ? static_cast<int64_t>(index) + n : static_cast<int64_t>(index);
  return position >= 0 && position < n ? position : -1;
}

template <typename T>
constexpr T missing() {
  return std::numeric_limits<T>::has_quiet_NaN ? std::numeric_limits<T>::quiet_NaN() : T{};
}

template <typename F>
auto visit_index(DType dtype, F&& f) {
  return dtype == DType::kInt64 ? f(int64_t{}) : f(int32_t{});
}

// A shape seen from one axis: `outer` blocks of `size` rows of `inner` items.
struct AxisView {
  AxisView(const Shape& shape, int64_t axis) : size(shape[axis]) {
    for (int64_t i = 0; i < axis; ++i) outer *= shape[i];
    for (size_t i = axis + 1; i < shape.size(); ++i) inner *= shape[i];
  }
  int64_t outer = 1, size, inner = 1;
};

// --- take(x, indices; axis) -------------------------------------------------------------------------------------------

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
  kernel.nanoseconds = 2 * streaming_ns(info.outputs[0].bytes());
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

// --- scatter_add(indices, updates; shape): rows of updates added into zeros along axis 0 ------------------------------

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

// --- one_hot(indices; num_classes, dtype): zeros where the index is outside 0..num_classes-1 ----------------------------

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

// --- take_along_axis(x, indices; axis) and scatter_along_axis(indices, updates; axis, size), each the other's gradient --

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
  kernel.nanoseconds = io_ns(info) + static_cast<double>(info.outputs[0].size());
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
  kernel.nanoseconds = io_ns(info) + static_cast<double>(info.inputs[0].size());
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

void register_index_ops() {
  register_op({"take", infer_take, prepare_take, grad_take});
  register_op({"scatter_add", infer_scatter_add, prepare_scatter_add, grad_scatter_add});
  register_op({"one_hot", infer_one_hot, prepare_one_hot});
  register_op({"take_along_axis", infer_take_along_axis, prepare_take_along_axis, grad_take_along_axis});
  register_op({"scatter_along_axis", infer_scatter_along_axis, prepare_scatter_along_axis, grad_scatter_along_axis});
}

}  // namespace lamina
