#include "graph/graph.h"
#include "ops/checks.h"
#include "ops/register.h"
#include "ops/rows.h"
#include "ops/shape/view.h"
#include "ops/strided.h"

// Ops that give the same items another shape or order.
namespace lamina {
namespace {

// --- reshape(x; shape), one -1 stands for what is left ---------------------------------------------------------------

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

// --- transpose(x; axes), no axes: reversed ---------------------------------------------------------------------------

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

std::optional<Attributes> transpose_rows(const NodeInfo& info, const std::vector<bool>&, int64_t) {
  if (permutation(info)[0] != 0) return std::nullopt;
  return info.attr();
}

std::vector<Value> grad_transpose(const GradContext& c) {
  const NodeInfo info{"transpose", {c.graph.type(c.x[0])}, {}, &c.attr};
  const Shape axes = permutation(info);
  Shape inverse(axes.size());
  for (size_t i = 0; i < axes.size(); ++i) inverse[axes[i]] = static_cast<int64_t>(i);
  return {c.graph.add("transpose", {c.dy[0]}, {{"axes", inverse}})};
}

// --- broadcast_to(x; shape) ------------------------------------------------------------------------------------------

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

// --- flip(x; axes), no axes: all of them -----------------------------------------------------------------------------

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

}  // namespace

void register_shape_ops() {
  register_op({"reshape", infer_reshape, prepare_reshape, grad_reshape});
  register_op({.name = "transpose",
               .infer = infer_transpose,
               .prepare = prepare_transpose,
               .grad = grad_transpose,
               .on_rows = transpose_rows});
  register_op({"broadcast_to", infer_broadcast_to, prepare_broadcast_to, grad_broadcast_to});
  register_op({"flip", infer_flip, prepare_flip, grad_flip});
}

}  // namespace lamina
