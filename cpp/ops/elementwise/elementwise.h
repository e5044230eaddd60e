#pragma once

#include <type_traits>

#include "graph/graph.h"
#include "kernels/softmax.h"
#include "ops/checks.h"

// What the ops made from unary.def and binary.def share.
namespace lamina {

// Which dtypes a row of the lists takes.
enum class Domain { Float, Numeric, Any, Bool };

inline void require_domain(const NodeInfo& info, size_t i, Domain domain) {
  const DType dtype = info.inputs[i].dtype;
  switch (domain) {
    case Domain::Float:
      return require_float(info, i);
    case Domain::Numeric:
      return require_dtype(info, i, dtype != DType::kBool, "numeric");
    case Domain::Bool:
      return require_dtype(info, i, dtype == DType::kBool, "bool");
    case Domain::Any:
      return;
  }
}

inline void require_same_type(const NodeInfo& info) {
  require(info.inputs[0] == info.inputs[1], info.op, ": expected two inputs of the same type, received ",
          to_string(info.inputs[0]), " and ", to_string(info.inputs[1]));
}

// Calls f(T{}) with the type whose kernels serve `dtype`: bools are bytes.
template <typename F>
auto visit_kernel_type(DType dtype, F&& f) {
  return visit_dtype(dtype, [&](auto item) {
    return f(std::conditional_t<std::is_same_v<decltype(item), bool>, uint8_t, decltype(item)>{});
  });
}

// Elements that workers take together: whole cache lines of every type that is computed with.
constexpr int64_t kGrain = 64;

// Time for the elements of input 0; `cost` is for one float32.
inline double elementwise_ns(const NodeInfo& info, int64_t elements, double cost) {
  return cost * static_cast<double>(elements * item_size(info.inputs[0].dtype)) / 4;
}

// Nanoseconds for one float32 of a softmax, or of a loss made of one.
constexpr double kSoftmaxCost = 1.0;

// Short rows are computed a vector of rows at a time.
constexpr int64_t softmax_grain(int64_t n) {
  return n <= kShortRow ? 16 : 1;
}

// The gradient of what is constant almost everywhere.
inline Value zeros_like(Graph& g, Value x) {
  return emit::broadcast_to(g, g.scalar(g.type(x).dtype, 0), g.type(x).shape);
}

}  // namespace lamina
