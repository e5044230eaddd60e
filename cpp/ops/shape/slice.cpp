#include "graph/graph.h"
#include "ops/checks.h"
#include "ops/register.h"
#include "ops/rows.h"
#include "ops/shape/view.h"
#include "ops/strided.h"

// Ops that take tensors apart and put them together.
namespace lamina {
namespace {

// A list attribute with one integer per axis; `fallback` everywhere where it is missing.
Shape per_axis(const NodeInfo& info, const char* name, int64_t fallback) {
  const size_t rank = info.inputs[0].shape.size();
  if (!info.attr().has(name)) return Shape(rank, fallback);
  Shape values = info.attr().integers(name);
  require(values.size() == rank, info.op, ": '", name, "' needs one integer per axis of ", to_string(info.inputs[0]),
          ", received ", to_string(values));
  return values;
}

// --- slice(x; begin, end, step) --------------------------------------------------------------------------------------

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

std::optional<Attributes> slice_rows(const NodeInfo& info, const std::vector<bool>&, int64_t rows) {
  if (info.inputs[0].shape[0] != info.outputs[0].shape[0]) return std::nullopt;
  return info.attr().has("end") ? rows::with_first(info, "end", rows) : info.attr();
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

// --- pad(x; before, after, interior, value): values around and between the elements ----------------------------------

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

std::optional<Attributes> pad_rows(const NodeInfo& info, const std::vector<bool>&, int64_t) {
  if (info.inputs[0].shape[0] != info.outputs[0].shape[0]) return std::nullopt;
  return info.attr();
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

// --- concatenate(x...; axis) -----------------------------------------------------------------------------------------

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

std::optional<Attributes> concatenate_rows(const NodeInfo& info, const std::vector<bool>& cut, int64_t) {
  const bool all = std::find(cut.begin(), cut.end(), false) == cut.end();
  if (!all || axis_of(info, 0, 0) == 0) return std::nullopt;
  return info.attr();
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

void register_slice_ops() {
  register_op(
      {.name = "slice", .infer = infer_slice, .prepare = prepare_slice, .grad = grad_slice, .on_rows = slice_rows});
  register_op({.name = "pad", .infer = infer_pad, .prepare = prepare_pad, .grad = grad_pad, .on_rows = pad_rows});
  register_op({.name = "concatenate",
               .infer = infer_concatenate,
               .prepare = prepare_concatenate,
               .grad = grad_concatenate,
               .on_rows = concatenate_rows});
}

}  // namespace lamina
