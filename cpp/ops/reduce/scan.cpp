#include <limits>

#include "graph/graph.h"
#include "kernels/dispatch.h"
#include "ops/checks.h"
#include "ops/register.h"
#include "ops/shape/axis_view.h"

// Ops that go along one axis in order: argmax, argmin, cumsum. The tensor is seen as (outer, size, inner) around that
// axis.
namespace lamina {
namespace {

constexpr int64_t kTile = 64;

// Calls f(outer index, first column, columns) for tiles of columns that lie side by side; workers share the tiles.
template <typename F>
void for_tiles(const AxisView& view, Worker worker, F&& f) {
  const int64_t across = (view.inner + kTile - 1) / kTile;
  const Range tiles = worker.share(view.outer * across);
  for (int64_t tile = tiles.begin; tile < tiles.end; ++tile) {
    const int64_t first = tile % across * kTile;
    f(tile / across, first, std::min(kTile, view.inner - first));
  }
}

// --- argmax, argmin(x; axis, keepdims): int32, the first of equals, a NaN before everything --------------------------

std::vector<TensorType> infer_arg(const NodeInfo& info) {
  require_inputs(info, 1);
  const TensorType& x = info.inputs[0];
  const int64_t axis = axis_of(info, 0, -1);
  Shape shape = x.shape;
  if (info.attr().flag("keepdims")) {
    shape[axis] = 1;
  } else {
    shape.erase(shape.begin() + axis);
  }
  require(x.shape[axis] > 0 || element_count(shape) == 0, info.op, ": axis ", axis, " of ", to_string(x),
          " has no elements to choose from");
  return {{DType::kInt32, shape}};
}

// Rows: the extreme of each, then where it stands.
template <bool kMax, typename T>
void arg_rows(const AxisView& view, const StepData& data, Worker worker, const ReduceKernels<T>& kernel) {
  using Limits = std::numeric_limits<T>;
  constexpr T kHighest = Limits::has_infinity ? Limits::infinity() : Limits::max();
  constexpr T kLowest = Limits::has_infinity ? -Limits::infinity() : Limits::lowest();
  const Range rows = worker.share(view.outer);
  for (int64_t r = rows.begin; r < rows.end; r += kTile) {
    const int64_t count = std::min(kTile, rows.end - r);
    const T* x = data.in<T>(0) + r * view.size;
    T best[kTile];
    std::fill(best, best + count, kMax ? kLowest : kHighest);
    (kMax ? kernel.max : kernel.min).rows(x, count, view.size, view.size, best);
    kernel.first_of(x, count, view.size, best, data.out<int32_t>() + r);
  }
}

template <bool kMax, typename T>
void arg_columns(const AxisView& view, const StepData& data, Worker worker) {
  for_tiles(view, worker, [&](int64_t outer, int64_t first, int64_t columns) {
    const T* x = data.in<T>(0) + outer * view.size * view.inner + first;
    int32_t* out = data.out<int32_t>() + outer * view.inner + first;
    T best[kTile];
    int32_t at[kTile] = {};
    std::copy(x, x + columns, best);
    for (int64_t i = 1; i < view.size; ++i) {
      const T* row = x + i * view.inner;
      for (int64_t j = 0; j < columns; ++j) {
        const T value = row[j];
        const bool better = (kMax ? value > best[j] : value < best[j]) | ((value != value) & (best[j] == best[j]));
        best[j] = better ? value : best[j];
        at[j] = better ? static_cast<int32_t>(i) : at[j];
      }
    }
    std::copy(at, at + columns, out);
  });
}

template <bool kMax>
StepKernel prepare_arg(const NodeInfo& info) {
  const AxisView view(info.inputs[0].shape, axis_of(info, 0, -1));
  StepKernel kernel;
  kernel.nanoseconds = io_ns(info, 5.0) + 0.2 * static_cast<double>(info.inputs[0].size());
  visit_dtype(info.inputs[0].dtype, [&](auto item) {
    using T = std::conditional_t<std::is_same_v<decltype(item), bool>, uint8_t, decltype(item)>;
    kernel.run = [view, rows = kernels().reduce.of(T{})](const StepData& data, Worker worker, int) {
      if (view.inner == 1) {
        arg_rows<kMax>(view, data, worker, rows);
      } else {
        arg_columns<kMax, T>(view, data, worker);
      }
    };
  });
  return kernel;
}

// --- cumsum(x; axis, reverse) ----------------------------------------------------------------------------------------

std::vector<TensorType> infer_cumsum(const NodeInfo& info) {
  require_inputs(info, 1);
  require_dtype(info, 0, info.inputs[0].dtype >= DType::kInt32, "int32, int64 or floating-point");
  axis_of(info, 0, -1);
  info.attr().flag("reverse");
  return {info.inputs[0]};
}

StepKernel prepare_cumsum(const NodeInfo& info) {
  const AxisView view(info.inputs[0].shape, axis_of(info, 0, -1));
  const bool reverse = info.attr().flag("reverse");
  StepKernel kernel;
  kernel.nanoseconds = io_ns(info, 0.7);
  visit_dtype(info.inputs[0].dtype, [&](auto item) {
    using T = decltype(item);
    kernel.run = [view, reverse](const StepData& data, Worker worker, int) {
      for_tiles(view, worker, [&](int64_t outer, int64_t first, int64_t columns) {
        T sum[kTile] = {};
        if (view.inner == 1) {  // the same with the sum in a register
          const T* x = data.in<T>(0) + outer * view.size;
          T* y = data.out<T>() + outer * view.size;
          T total{};
          for (int64_t i = 0; i < view.size; ++i) {
            const int64_t at = reverse ? view.size - 1 - i : i;
            y[at] = total = static_cast<T>(total + x[at]);
          }
          return;
        }
        for (int64_t i = 0; i < view.size; ++i) {
          const int64_t at = (outer * view.size + (reverse ? view.size - 1 - i : i)) * view.inner + first;
          const T* x = data.in<T>(0) + at;
          T* y = data.out<T>() + at;
          for (int64_t j = 0; j < columns; ++j) y[j] = sum[j] = static_cast<T>(sum[j] + x[j]);
        }
      });
    };
  });
  return kernel;
}

std::vector<Value> grad_cumsum(const GradContext& c) {
  const bool reverse = c.attr.flag("reverse");
  return {c.graph.add("cumsum", {c.dy[0]}, {{"axis", c.attr.integer("axis", -1)}, {"reverse", !reverse}})};
}

}  // namespace

void register_scan_ops() {
  register_op({"argmax", infer_arg, prepare_arg<true>});
  register_op({"argmin", infer_arg, prepare_arg<false>});
  register_op({"cumsum", infer_cumsum, prepare_cumsum, grad_cumsum, true});
}

}  // namespace lamina
