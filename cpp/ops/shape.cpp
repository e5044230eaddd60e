#include <numeric>

#include "graph/graph.h"
#include "ops/checks.h"
#include "ops/register.h"
#include "ops/strided.h"

// Ops that only move items. Those that read a view of their input (transpose, broadcast_to, slice, flip) share one
// kernel: a dense output from an offset and strides into the input.
namespace lamina {
namespace {

struct View {
  int64_t offset;
  Shape strides;  // one per axis of the viewed shape
};

constexpr int64_t kTile = 16;  // of 4-byte items: a cache line

template <typename T>
void transpose_tile(T* to, const T* from, int64_t stride, int64_t columns, int64_t height, int64_t width) {
  T tile[kTile][kTile];  // so that whole cache lines are read and written
  for (int64_t j = 0; j < width; ++j) {
    for (int64_t i = 0; i < height; ++i) tile[i][j] = from[j * stride + i];
  }
  for (int64_t i = 0; i < height; ++i) {
    for (int64_t j = 0; j < width; ++j) to[i * columns + j] = tile[i][j];
  }
}

// to[i * columns + j] = from[i + j * stride]
template <typename T>
void transpose(T* to, const T* from, int64_t stride, int64_t columns, Range rows) {
  for (int64_t r = rows.begin; r < rows.end; r += kTile) {
    const int64_t height = std::min(kTile, rows.end - r);
    for (int64_t c = 0; c < columns; c += kTile) {
      const int64_t width = std::min(kTile, columns - c);
      T* corner = to + r * columns + c;
      if (height == kTile && width == kTile) {
        transpose_tile(corner, from + c * stride + r, stride, columns, kTile, kTile);
      } else {
        transpose_tile(corner, from + c * stride + r, stride, columns, height, width);
      }
    }
  }
}

StepKernel copy_view(const NodeInfo& info, const View& view) {
  const TensorType& type = info.outputs[0];
  const StridedWalk<1> walk(type.shape, {view.strides});
  StepKernel kernel;
  kernel.nanoseconds = io_ns(info);
  visit_item(type.dtype, [&](auto item) {
    using T = decltype(item);
    if (walk.rank() == 2 && walk.axis_stride(0, 1) == 1 && walk.inner_stride(0) != 0) {
      kernel.run = [walk, offset = view.offset](const StepData& data, Worker worker, int) {
        transpose(data.out<T>(), data.in<T>(0) + offset, walk.inner_stride(0), walk.inner_size(),
                  worker.share(walk.axis_size(1), kTile));
      };
    } else {
      kernel.run = [walk, size = type.size(), offset = view.offset](const StepData& data, Worker worker, int) {
        const T* from = data.in<T>(0) + offset;
        T* to = data.out<T>();
        walk.run(worker.share(size, 64), [&](int64_t position, const std::array<int64_t, 1>& at, int64_t count) {
          gather_row(to + position, from + at[0], walk.inner_stride(0), count);
        });
      };
    }
  });
  return kernel;
}

// A list attribute with one integer per axis; `fallback` everywhere where it is missing.
Shape per_axis(const NodeInfo& info, const char* name, int64_t fallback) {
  const size_t rank = info.inputs[0].shape.size();
  if (!info.attr().has(name)) return Shape(rank, fallback);
  Shape values = info.attr().integers(name);
  require(values.size() == rank, info.op, ": '", name, "' needs one integer per axis of ", to_string(info.inputs[0]),
          ", received ", to_string(values));
  return values;
}

// --- reshape(x; shape), one -1 stands for what is left ----------------------------------------------------------------

std::vector<TensorType> infer_reshape(const NodeInfo& info) {
  require_inputs(info, 1);
  const TensorType& x = info.inputs[0];
  const Shape asked = info.attr().integers("shape");
  Shape shape = asked;
  const auto open = std::find(shape.begin(), shape.end(), -1);
  if (open != shape.end()) {
    *open = 1;
    const int64_t known = element_count(shape);
    *open = known > 0 && x.size() % known == 0 ? x.size() / known : -1;
  }
  const bool valid = std::all_of(shape.begin(), shape.end(), [](int64_t n) { return n >= 0; });
  require(valid && element_count(shape) == x.size(), "reshape: cannot reshape ", to_string(x), " with ", x.size(),
          " elements to ", to_string(asked));
  return {{x.dtype, shape}};
}

StepKernel prepare_reshape(const NodeInfo& info) {
  return copy_view(info, {0, row_major_strides(info.outputs[0].shape)});
}

std::vector<Value> grad_reshape(const GradContext& c) {
  return {emit::reshape(c.graph, c.dy[0], c.graph.type(c.x[0]).shape)};
}

// --- transpose(x; axes), no axes: reversed ----------------------------------------------------------------------------

Shape permutation(const NodeInfo& info) {
  const int64_t rank = info.inputs[0].rank();
  Shape axes = info.attr().integers("axes");
  if (axes.empty()) {
    for (int64_t axis = rank; axis-- > 0;) axes.push_back(axis);
  }
  for (int64_t& axis : axes) axis = normalize_axis(axis, rank, info.op);
  return axes;
}

std::vector<TensorType> infer_transpose(const NodeInfo& info) {
  require_inputs(info, 1);
  const TensorType& x = info.inputs[0];
  const Shape axes = permutation(info);
  Shape sorted = axes, shape;
  std::sort(sorted.begin(), sorted.end());
  const bool each_once = std::adjacent_find(sorted.begin(), sorted.end()) == sorted.end();
  require(each_once && axes.size() == x.shape.size(), "transpose: axes ", to_string(axes),
          " are not a permutation of the axes of ", to_string(x));
  for (const int64_t axis : axes) shape.push_back(x.shape[axis]);
  return {{x.dtype, shape}};
}

StepKernel prepare_transpose(const NodeInfo& info) {
  const Shape strides = row_major_strides(info.inputs[0].shape);
  View view{0, {}};
  for (const int64_t axis : permutation(info)) view.strides.push_back(strides[axis]);
  return copy_view(info, view);
}

std::vector<Value> grad_transpose(const GradContext& c) {
  const NodeInfo info{"transpose", {c.graph.type(c.x[0])}, {}, &c.attr};
  const Shape axes = permutation(info);
  Shape inverse(axes.size());
  for (size_t i = 0; i < axes.size(); ++i) inverse[axes[i]] = static_cast<int64_t>(i);
  return {c.graph.add("transpose", {c.dy[0]}, {{"axes", inverse}})};
}

// --- broadcast_to(x; shape) -------------------------------------------------------------------------------------------

std::vector<TensorType> infer_broadcast_to(const NodeInfo& info) {
  require_inputs(info, 1);
  const TensorType& x = info.inputs[0];
  const Shape shape = info.attr().integers("shape");
  require(broadcast_shapes(x.shape, shape, info.op) == shape, "broadcast_to: cannot broadcast ", to_string(x), " to ",
          to_string(shape));
  return {{x.dtype, shape}};
}

StepKernel prepare_broadcast_to(const NodeInfo& info) {
  return copy_view(info, {0, broadcast_strides(info.inputs[0].shape, info.outputs[0].shape)});
}

std::vector<Value> grad_broadcast_to(const GradContext& c) {
  return {emit::sum_to(c.graph, c.dy[0], c.graph.type(c.x[0]).shape)};
}

// --- slice(x; begin, end, step) ---------------------------------------------------------------------------------------

std::vector<TensorType> infer_slice(const NodeInfo& info) {
  require_inputs(info, 1);
  const TensorType& x = info.inputs[0];
  const Shape begin = per_axis(info, "begin", 0), step = per_axis(info, "step", 1);
  const Shape end = info.attr().has("end") ? per_axis(info, "end", 0) : x.shape;
  Shape shape;
  for (size_t i = 0; i < x.shape.size(); ++i) {
    require(0 <= begin[i] && begin[i] <= end[i] && end[i] <= x.shape[i] && step[i] >= 1, "slice: begin ", begin[i],
            ", end ", end[i], ", step ", step[i], " do not fit axis ", i, " of ", to_string(x),
            "; expected 0 <= begin <= end <= size and step >= 1");
    shape.push_back((end[i] - begin[i] + step[i] - 1) / step[i]);
  }
  return {{x.dtype, shape}};
}

StepKernel prepare_slice(const NodeInfo& info) {
  const Shape begin = per_axis(info, "begin", 0), step = per_axis(info, "step", 1);
  View view{0, row_major_strides(info.inputs[0].shape)};
  for (size_t i = 0; i < begin.size(); ++i) {
    view.offset += begin[i] * view.strides[i];
    view.strides[i] *= step[i];
  }
  return copy_view(info, view);
}

std::vector<Value> grad_slice(const GradContext& c) {
  const NodeInfo info{"slice", {c.graph.type(c.x[0])}, {}, &c.attr};
  const Shape& from = info.inputs[0].shape;
  const Shape& to = c.graph.type(c.y[0]).shape;
  const Shape begin = per_axis(info, "begin", 0), step = per_axis(info, "step", 1);
  Shape interior, after;
  for (size_t i = 0; i < from.size(); ++i) {
    interior.push_back(step[i] - 1);
    const int64_t covered = to[i] > 0 ? (to[i] - 1) * step[i] + 1 : 0;
    after.push_back(from[i] - begin[i] - covered);
  }
  return {c.graph.add("pad", {c.dy[0]}, {{"before", begin}, {"after", after}, {"interior", interior}, {"value", 0.0}})};
}

// --- pad(x; before, after, interior, value): values around and between the elements -----------------------------------

std::vector<TensorType> infer_pad(const NodeInfo& info) {
  require_inputs(info, 1);
  const TensorType& x = info.inputs[0];
  const Shape before = per_axis(info, "before", 0), after = per_axis(info, "after", 0);
  const Shape interior = per_axis(info, "interior", 0);
  Shape shape;
  for (size_t i = 0; i < x.shape.size(); ++i) {
    require(before[i] >= 0 && after[i] >= 0 && interior[i] >= 0, "pad: widths must not be negative, received ",
            to_string(before), " before, ", to_string(after), " after, ", to_string(interior), " between");
    shape.push_back(before[i] + after[i] + x.shape[i] + std::max<int64_t>(x.shape[i] - 1, 0) * interior[i]);
  }
  info.attr().number("value", 0);
  return {{x.dtype, shape}};
}

StepKernel prepare_pad(const NodeInfo& info) {
  const Shape before = per_axis(info, "before", 0), interior = per_axis(info, "interior", 0);
  Shape strides = row_major_strides(info.outputs[0].shape);
  int64_t offset = 0;
  for (size_t i = 0; i < strides.size(); ++i) {
    offset += before[i] * strides[i];
    strides[i] *= interior[i] + 1;
  }
  const StridedWalk<1> walk(info.inputs[0].shape, {strides});
  const int64_t size = info.inputs[0].size(), padded = info.outputs[0].size();
  const double value = info.attr().number("value", 0);
  StepKernel kernel;
  kernel.nanoseconds = io_ns(info);
  kernel.phases = 2;
  visit_dtype(info.inputs[0].dtype, [&](auto item) {
    using T = decltype(item);
    kernel.run = [=](const StepData& data, Worker worker, int phase) {
      T* out = data.out<T>();
      if (phase == 0) {
        const Range range = worker.share(padded, 64);
        std::fill(out + range.begin, out + range.end, static_cast<T>(value));
        return;
      }
      const T* x = data.in<T>(0);
      walk.run(worker.share(size, 64), [&](int64_t position, const std::array<int64_t, 1>& at, int64_t count) {
        scatter_row(out + offset + at[0], walk.inner_stride(0), x + position, count);
      });
    };
  });
  return kernel;
}

std::vector<Value> grad_pad(const GradContext& c) {
  const NodeInfo info{"pad", {c.graph.type(c.x[0])}, {}, &c.attr};
  const Shape& from = info.inputs[0].shape;
  const Shape before = per_axis(info, "before", 0), interior = per_axis(info, "interior", 0);
  Shape end, step;
  for (size_t i = 0; i < from.size(); ++i) {
    step.push_back(interior[i] + 1);
    end.push_back(before[i] + (from[i] > 0 ? (from[i] - 1) * step[i] + 1 : 0));
  }
  return {c.graph.add("slice", {c.dy[0]}, {{"begin", before}, {"end", end}, {"step", step}})};
}

// --- flip(x; axes), no axes: all of them ------------------------------------------------------------------------------

std::vector<TensorType> infer_flip(const NodeInfo& info) {
  require_inputs(info, 1);
  axes_of(info, 0);
  return {info.inputs[0]};
}

StepKernel prepare_flip(const NodeInfo& info) {
  View view{0, row_major_strides(info.inputs[0].shape)};
  for (const int64_t axis : axes_of(info, 0)) {
    view.offset += std::max<int64_t>(info.inputs[0].shape[axis] - 1, 0) * view.strides[axis];
    view.strides[axis] = -view.strides[axis];
  }
  return copy_view(info, view);
}

std::vector<Value> grad_flip(const GradContext& c) {
  return {c.graph.add("flip", {c.dy[0]}, {{"axes", c.attr.integers("axes")}})};
}

// --- concatenate(x...; axis) ------------------------------------------------------------------------------------------

std::vector<TensorType> infer_concatenate(const NodeInfo& info) {
  require(!info.inputs.empty(), "concatenate: expected at least one input");
  const int64_t axis = axis_of(info, 0, 0);
  TensorType type = info.inputs[0];
  for (size_t i = 1; i < info.inputs.size(); ++i) {
    require_same_dtype(info, 0, i);
    Shape rest = info.inputs[i].shape;
    const bool same_rank = rest.size() == type.shape.size();
    const int64_t added = same_rank ? rest[axis] : 0;
    if (same_rank) rest[axis] = type.shape[axis];
    require(rest == type.shape, "concatenate: inputs must have the same shape except along axis ", axis, ", received ",
            to_string(info.inputs[0]), " and ", to_string(info.inputs[i]));
    type.shape[axis] += added;
  }
  return {type};
}

StepKernel prepare_concatenate(const NodeInfo& info) {
  const Shape strides = row_major_strides(info.outputs[0].shape);
  const int64_t axis = axis_of(info, 0, 0);
  struct Part {
    StridedWalk<1> walk;  // over the input, stepping through the output
    int64_t size, offset;
  };
  std::vector<Part> parts;
  int64_t offset = 0;
  for (const TensorType& x : info.inputs) {
    parts.push_back({StridedWalk<1>(x.shape, {strides}), x.size(), offset});
    offset += x.shape[axis] * strides[axis];
  }
  StepKernel kernel;
  kernel.nanoseconds = io_ns(info);
  visit_item(info.outputs[0].dtype, [&](auto item) {
    using T = decltype(item);
    kernel.run = [parts](const StepData& data, Worker worker, int) {
      for (size_t i = 0; i < parts.size(); ++i) {
        const Part& part = parts[i];
        const T* x = data.in<T>(static_cast<int>(i));
        T* out = data.out<T>() + part.offset;
        part.walk.run(worker.share(part.size, 64), [&](int64_t position, const std::array<int64_t, 1>& at, int64_t n) {
          scatter_row(out + at[0], part.walk.inner_stride(0), x + position, n);
        });
      }
    };
  });
  return kernel;
}

std::vector<Value> grad_concatenate(const GradContext& c) {
  Graph& g = c.graph;
  const Shape whole = g.type(c.y[0]).shape;
  const int64_t axis = normalize_axis(c.attr.integer("axis", 0), static_cast<int64_t>(whole.size()), "concatenate");
  std::vector<Value> dx;
  Shape begin(whole.size(), 0), end = whole;
  for (const Value x : c.x) {
    end[axis] = begin[axis] + g.type(x).shape[axis];
    dx.push_back(g.add("slice", {c.dy[0]}, {{"begin", begin}, {"end", end}}));
    begin[axis] = end[axis];
  }
  return dx;
}

}  // namespace

void register_shape_ops() {
  register_op({"reshape", infer_reshape, prepare_reshape, grad_reshape});
  register_op({"transpose", infer_transpose, prepare_transpose, grad_transpose});
  register_op({"broadcast_to", infer_broadcast_to, prepare_broadcast_to, grad_broadcast_to});
  register_op({"slice", infer_slice, prepare_slice, grad_slice});
  register_op({"pad", infer_pad, prepare_pad, grad_pad});
  register_op({"flip", infer_flip, prepare_flip, grad_flip});
  register_op({"concatenate", infer_concatenate, prepare_concatenate, grad_concatenate});
}

}  // namespace lamina
