#include <cmath>

#include "graph/graph.h"
#include "ops/checks.h"
#include "ops/reduce/radix_sort.h"
#include "ops/register.h"

// Sorting along an axis. NaN counts as larger than every number, and of equal elements the one that came first stays
// first.
namespace lamina {
namespace {

struct SortOptions {
  int64_t axis;
  int64_t kept;  // how many of the sorted elements are written
  bool descending;
  int values_output, indices_output;  // -1: not asked for
};

// Lines along the axis are sorted in scratch, which is shared out to up to kGroups groups of lines.
constexpr int64_t kGroups = 64;
// Shorter lines are sorted by comparing: counting digits would take longer. (Measured.)
constexpr int64_t kLeastRadix = 128;

template <typename T>
StepKernel sort_lines(const NodeInfo& info, const SortOptions& options) {
  using Item = SortItem<decltype(sort_key(T{}))>;
  const Shape& shape = info.inputs[0].shape;
  const int64_t n = shape[options.axis];
  int64_t inner = 1;
  for (size_t i = options.axis + 1; i < shape.size(); ++i) inner *= shape[i];
  const int64_t lines = n > 0 ? info.inputs[0].size() / n : 0;
  const int64_t group_count = std::clamp<int64_t>(lines, 1, kGroups);
  const bool whole = options.kept == n, by_digits = whole && n >= kLeastRadix;
  StepKernel kernel;
  const double per_element = by_digits ? 3.0 * sizeof(T) : whole ? 5 * std::log2(static_cast<double>(n) + 1) : 1.5;
  kernel.nanoseconds = per_element * static_cast<double>(info.inputs[0].size());
  kernel.scratch_bytes = group_count * 2 * n * static_cast<int64_t>(sizeof(Item));
  kernel.run = [=](const StepData& data, Worker worker, int) {
    const T* x = data.in<T>(0);
    T* values = options.values_output < 0 ? nullptr : data.out<T>(options.values_output);
    int32_t* indices = options.indices_output < 0 ? nullptr : data.out<int32_t>(options.indices_output);
    const Range groups = worker.share(group_count);
    for (int64_t group = groups.begin; group < groups.end; ++group) {
      Item* items = data.scratch<Item>() + group * 2 * n;
      const Range mine = Worker{static_cast<int>(group), static_cast<int>(group_count)}.share(lines);
      for (int64_t line = mine.begin; line < mine.end; ++line) {
        const T* from = x + line / inner * n * inner + line % inner;
        for (int64_t i = 0; i < n; ++i) {
          const auto key = sort_key(from[i * inner]);
          items[i] = {options.descending ? static_cast<decltype(Item::key)>(~key) : key, static_cast<int32_t>(i)};
        }
        const Item* sorted = items;
        if (by_digits) {
          sorted = radix_sort(items, items + n, n);
        } else if (whole) {
          std::sort(items, items + n);
        } else {
          std::partial_sort(items, items + options.kept, items + n);
        }
        const int64_t first = line / inner * options.kept * inner + line % inner;
        for (int64_t i = 0; i < options.kept; ++i) {
          if (values) values[first + i * inner] = from[sorted[i].index * inner];
          if (indices) indices[first + i * inner] = sorted[i].index;
        }
      }
    }
  };
  return kernel;
}

StepKernel sort_lines(const NodeInfo& info, const SortOptions& options) {
  return visit_dtype(info.inputs[0].dtype, [&](auto item) { return sort_lines<decltype(item)>(info, options); });
}

// --- sort(x; axis, descending) and argsort ---------------------------------------------------------------------------

std::vector<TensorType> infer_sort(const NodeInfo& info) {
  require_inputs(info, 1);
  axis_of(info, 0, -1);
  info.attr().flag("descending");
  return {info.inputs[0]};
}

StepKernel prepare_sort(const NodeInfo& info) {
  const int64_t axis = axis_of(info, 0, -1);
  return sort_lines(info, {axis, info.inputs[0].shape[axis], info.attr().flag("descending"), 0, -1});
}

std::vector<Value> grad_sort(const GradContext& c) {
  const int64_t axis = c.attr.integer("axis", -1);
  const TensorType x = c.graph.type(c.x[0]);
  const int64_t size = x.shape[normalize_axis(axis, x.rank(), "sort")];
  const Value order = c.graph.add("argsort", {c.x[0]}, {{"axis", axis}, {"descending", c.attr.flag("descending")}});
  return {c.graph.add("scatter_along_axis", {order, c.dy[0]}, {{"axis", axis}, {"size", size}})};
}

std::vector<TensorType> infer_argsort(const NodeInfo& info) {
  return {{DType::kInt32, infer_sort(info)[0].shape}};
}

StepKernel prepare_argsort(const NodeInfo& info) {
  const int64_t axis = axis_of(info, 0, -1);
  return sort_lines(info, {axis, info.inputs[0].shape[axis], info.attr().flag("descending"), -1, 0});
}

// --- top_k(x; k): the k largest of the last axis and where they were -------------------------------------------------

std::vector<TensorType> infer_top_k(const NodeInfo& info) {
  require_inputs(info, 1);
  const TensorType& x = info.inputs[0];
  const int64_t axis = axis_of(info, 0, -1), k = info.attr().integer("k");
  require(k >= 0 && k <= x.shape[axis], "top_k: k must lie between 0 and the ", x.shape[axis],
          " elements of the last axis of ", to_string(x), ", received ", k);
  Shape shape = x.shape;
  shape[axis] = k;
  return {{x.dtype, shape}, {DType::kInt32, shape}};
}

StepKernel prepare_top_k(const NodeInfo& info) {
  return sort_lines(info, {info.inputs[0].rank() - 1, info.outputs[0].shape.back(), true, 0, 1});
}

std::vector<Value> grad_top_k(const GradContext& c) {
  if (!c.dy[0]) return {Value{}};
  const int64_t size = c.graph.type(c.x[0]).shape.back();
  return {c.graph.add("scatter_along_axis", {c.y[1], c.dy[0]}, {{"axis", int64_t{-1}}, {"size", size}})};
}

}  // namespace

void register_sort_ops() {
  register_op({"sort", infer_sort, prepare_sort, grad_sort});
  register_op({"argsort", infer_argsort, prepare_argsort});
  register_op({"top_k", infer_top_k, prepare_top_k, grad_top_k});
}

}  // namespace lamina
