#include "graph/graph.h"
#include "ops/checks.h"
#include "ops/elementwise/convert.h"
#include "ops/register.h"
#include "ops/rows.h"
#include "ops/strided.h"

namespace lamina {
namespace {

// --- where(condition, a, b) ------------------------------------------------------------------------------------------

std::vector<TensorType> infer_where(const NodeInfo& info) {
  require_inputs(info, 3);
  require_dtype(info, 0, info.inputs[0].dtype == DType::kBool, "bool");
  require_same_dtype(info, 1, 2);
  const Shape branches = broadcast_shapes(info.inputs[1].shape, info.inputs[2].shape, info.op);
  return {{info.inputs[1].dtype, broadcast_shapes(info.inputs[0].shape, branches, info.op)}};
}

// By masks, since the compiler makes jumps of a conditional between two loads.
template <typename T>
T choose(bool condition, T a, T b) {
  const T mask = static_cast<T>(-static_cast<int64_t>(condition));
  return static_cast<T>((a & mask) | (b & ~mask));
}

StepKernel prepare_where(const NodeInfo& info) {
  const Shape& shape = info.outputs[0].shape;
  const StridedWalk<3> walk(
      shape, {broadcast_strides(info.inputs[0].shape, shape), broadcast_strides(info.inputs[1].shape, shape),
              broadcast_strides(info.inputs[2].shape, shape)});
  const int64_t size = info.outputs[0].size();
  return visit_item(info.outputs[0].dtype, [&](auto item) {
    using T = decltype(item);
    StepKernel kernel;
    kernel.nanoseconds = io_ns(info, 0.4);
    kernel.run = [walk, size](const StepData& data, Worker worker, int) {
      const bool* condition = data.in<bool>(0);
      const T* a = data.in<T>(1);
      const T* b = data.in<T>(2);
      T* out = data.out<T>();
      const int64_t sc = walk.inner_stride(0), sa = walk.inner_stride(1), sb = walk.inner_stride(2);
      walk.run(worker.share(size, 64), [&](int64_t position, const std::array<int64_t, 3>& at, int64_t count) {
        const bool* c = condition + at[0];
        const T *x = a + at[1], *y = b + at[2];
        T* to = out + position;
        if (sc == 1 && sa == 1 && sb == 1) {
          for (int64_t i = 0; i < count; ++i) to[i] = choose(c[i], x[i], y[i]);
        } else if (sc == 1 && sa == 1 && sb == 0) {
          for (int64_t i = 0; i < count; ++i) to[i] = choose(c[i], x[i], *y);
        } else {
          for (int64_t i = 0; i < count; ++i) to[i] = choose(c[i * sc], x[i * sa], y[i * sb]);
        }
      });
    };
    return kernel;
  });
}

std::vector<Value> grad_where(const GradContext& c) {
  Graph& g = c.graph;
  const Value zero = g.scalar(g.type(c.dy[0]).dtype, 0);
  const Value da = g.add("where", {c.x[0], c.dy[0], zero});
  const Value db = g.add("where", {c.x[0], zero, c.dy[0]});
  return {Value{}, emit::sum_to(g, da, g.type(c.x[1]).shape), emit::sum_to(g, db, g.type(c.x[2]).shape)};
}

// --- cast(x; dtype) --------------------------------------------------------------------------------------------------

std::vector<TensorType> infer_cast(const NodeInfo& info) {
  require_inputs(info, 1);
  require(info.attr().has("dtype"), "cast: attribute 'dtype' is required");
  return {{dtype_from_name(info.attr().text("dtype", "")), info.inputs[0].shape}};
}

StepKernel prepare_cast(const NodeInfo& info) {
  const int64_t size = info.outputs[0].size();
  return visit_dtype(info.inputs[0].dtype, [&](auto from_item) {
    return visit_dtype(info.outputs[0].dtype, [&](auto to_item) {
      using From = decltype(from_item);
      using To = decltype(to_item);
      StepKernel kernel;
      kernel.nanoseconds = io_ns(info, 0.3);
      kernel.run = [size](const StepData& data, Worker worker, int) {
        const From* x = data.in<From>(0);
        To* y = data.out<To>();
        const Range range = worker.share(size, 64);
        for (int64_t i = range.begin; i < range.end; ++i) y[i] = convert<To>(x[i]);
      };
      return kernel;
    });
  });
}

std::vector<Value> grad_cast(const GradContext& c) {
  const DType from = c.graph.type(c.x[0]).dtype;
  if (!is_float(from)) return {Value{}};
  return {emit::cast(c.graph, c.dy[0], from)};
}

// --- identity(x), stop_gradient(x) -----------------------------------------------------------------------------------

std::vector<TensorType> infer_identity(const NodeInfo& info) {
  require_inputs(info, 1);
  return {info.inputs[0]};
}

StepKernel prepare_identity(const NodeInfo& info) {
  const int64_t bytes = info.outputs[0].bytes();
  StepKernel kernel;
  kernel.nanoseconds = io_ns(info);
  kernel.run = [bytes](const StepData& data, Worker worker, int) {
    const Range range = worker.share(bytes, 64);
    const char* from = data.in<char>(0) + range.begin;
    char* to = data.out<char>() + range.begin;
    if (from != to && range.size() > 0) std::memcpy(to, from, static_cast<size_t>(range.size()));
  };
  return kernel;
}

std::vector<Value> grad_identity(const GradContext& c) {
  return {c.dy[0]};
}

}  // namespace

void register_select_ops() {
  register_op({.name = "where",
               .infer = infer_where,
               .prepare = prepare_where,
               .grad = grad_where,
               .on_rows = rows::broadcast});
  register_op(
      {.name = "cast", .infer = infer_cast, .prepare = prepare_cast, .grad = grad_cast, .on_rows = rows::broadcast});
  register_op({"identity", infer_identity, prepare_identity, grad_identity, true});
  register_op({"stop_gradient", infer_identity, prepare_identity, nullptr, true});
}

}  // namespace lamina
