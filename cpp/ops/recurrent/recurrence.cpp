#include "ops/recurrent/recurrence.h"

#include "ops/checks.h"
#include "ops/recurrent/plain.h"

namespace lamina {

namespace {

// The position of the mask, which comes after `others` inputs, or -1 where it is missing.
int checked_mask(const NodeInfo& info, int others, const Walk& walk) {
  if (static_cast<int>(info.inputs.size()) == others) return -1;
  const TensorType expected{DType::kBool, {walk.batch, walk.steps}};
  require(info.inputs[others] == expected, info.op, ": expected a mask ", to_string(expected), ", received ",
          to_string(info.inputs[others]));
  return others;
}

void require_count(const NodeInfo& info, int others) {
  const int count = static_cast<int>(info.inputs.size());
  require(count == others || count == others + 1, info.op, ": expected ", others,
          " inputs and perhaps a mask, received ", count);
}

void require_rank(const NodeInfo& info, int i, int64_t rank, const char* axes) {
  require(info.inputs[i].rank() == rank, info.op, ": expected input ", i, " with axes ", axes, ", received ",
          to_string(info.inputs[i]));
}

}  // namespace

void require_shape(const NodeInfo& info, int i, const char* what, const Shape& expected) {
  require(info.inputs[i].shape == expected, info.op, ": expected ", what, " of shape ", to_string(expected),
          ", received ", to_string(info.inputs[i]));
  if (i > 0) require_same_dtype(info, 0, static_cast<size_t>(i));
}

Recurrence::Recurrence(const NodeInfo& info, int64_t columns_per_unit, int states, int64_t bias_rows) {
  require_count(info, 4 + states);
  require_float(info, 0);
  require_rank(info, 0, 3, "(batch, steps, features)");
  require_rank(info, 2, 2, "(units, columns)");
  const Shape& x = info.inputs[0].shape;
  batch = x[0];
  steps = x[1];
  features = x[2];
  units = info.inputs[2].shape[0];
  reverse = info.attr().flag("reverse");
  const int64_t columns = columns_per_unit * units;
  require_shape(info, 1, "a kernel", {features, columns});
  require_shape(info, 2, "a recurrent kernel", {units, columns});
  require_shape(info, 3, "a bias", bias_rows == 1 ? Shape{columns} : Shape{bias_rows, columns});
  for (int i = 4; i < 4 + states; ++i) require_shape(info, i, "an initial state", {batch, units});
  mask = checked_mask(info, 4 + states, *this);
}

BackRecurrence::BackRecurrence(const NodeInfo& info, int64_t width, int kept, int gradients) {
  kernel = kept + gradients;
  const int forward = static_cast<int>(info.inputs.size()) > kernel + 2 ? 4 : 0, others = kernel + 1 + forward;
  require_count(info, others);
  require_float(info, 0);
  require_rank(info, 0, 3, "(batch, steps, width)");
  require_rank(info, kernel, 2, "(units, columns)");
  batch = info.inputs[0].shape[0];
  steps = info.inputs[0].shape[1];
  units = info.inputs[kernel].shape[0];
  columns = info.inputs[kernel].shape[1];
  reverse = info.attr().flag("reverse");
  require_shape(info, 0, "what was kept", {batch, steps, width * units});
  for (int i = kept; i < kernel; ++i) {
    require_rank(info, i, 3, "(batch, last steps, units)");
    const int64_t last = info.inputs[i].shape[1];
    require(last <= steps, info.op, ": expected at most ", steps, " steps in input ", i, ", received ",
            to_string(info.inputs[i]));
    require_shape(info, i, "a gradient", {batch, last, units});
  }
  mask = checked_mask(info, others, *this);
}

Value with(Graph& g, Value a, Value b) {
  return b ? emit::add(g, a, b) : a;
}

SeenGradient gradient_of_seen(const GradContext& c, int output, int64_t features) {
  if (!c.dy[output]) return {};
  Graph& g = c.graph;
  const Shape shape = g.type(c.dy[output]).shape;
  const int64_t batch = shape[0], steps = shape[1], seen = shape[2];
  const bool reverse = c.attr.flag("reverse");
  const auto states = [&](int64_t begin, int64_t end) {
    return g.add("slice", {c.dy[output]}, {{"begin", Shape{0, begin, features}}, {"end", Shape{batch, end, seen}}});
  };
  // The first step saw h0, every other one what the step before it gave.
  const Value first = reverse ? states(steps - 1, steps) : states(0, 1);
  const Value rest = reverse ? states(0, steps - 1) : states(1, steps);
  const Shape one = {0, 1, 0}, none = {0, 0, 0};
  return {columns_of(g, c.dy[output], 0, features),
          g.add("pad", {rest}, {{"before", reverse ? one : none}, {"after", reverse ? none : one}, {"value", 0.0}}),
          emit::reshape(g, first, {batch, seen - features})};
}

Value of_last_steps(const GradContext& c, int output, Value more) {
  Graph& g = c.graph;
  const Value dy = c.dy[output];
  if (more) return with(g, more, dy);
  const TensorType& type = g.type(c.y[output]);
  const int64_t steps = type.shape[1];
  if (!dy) return g.constant({type.dtype, {type.shape[0], 0, type.shape[2]}}, nullptr);
  const Node& maker = g.nodes()[dy.node];
  if (maker.op == nullptr || std::string_view(maker.op->name) != "pad") return dy;
  const int64_t given = g.type(maker.inputs[0]).shape[1];
  const std::vector<int64_t> none = {0, 0, 0}, rest = {0, steps - given, 0};
  const auto padded = [&](const char* side) {
    const std::vector<int64_t> sizes = maker.attributes.integers(side);
    return sizes.empty() ? none : sizes;
  };
  const bool reverse = c.attr.flag("reverse");
  const bool only_last = padded(reverse ? "after" : "before") == rest && padded(reverse ? "before" : "after") == none &&
                         padded("interior") == none && maker.attributes.number("value", 0) == 0;
  return only_last ? maker.inputs[0] : dy;
}

Value weights_gradient(Graph& g, Value seen, Value dsums) {
  const auto matrix = [&g](Value x) {
    const Shape& shape = g.type(x).shape;
    return emit::reshape(g, x, {shape[0] * shape[1], shape[2]});
  };
  return g.add("matmul", {matrix(seen), matrix(dsums)}, {{"transpose_a", true}});
}

Value slice_matrix(Graph& g, Value x, Range rows, Range columns) {
  return g.add("slice", {x}, {{"begin", Shape{rows.begin, columns.begin}}, {"end", Shape{rows.end, columns.end}}});
}

void require_no_gradient(const GradContext& c, const char* op, size_t output) {
  require(!c.dy[output], op, ": output ", output, " is kept for the op's own gradient and cannot be differentiated");
}

}  // namespace lamina
