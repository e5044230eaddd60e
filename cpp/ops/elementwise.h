#pragma once

#include <string>

#include "graph/graph.h"
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

// Elements that workers take together: whole cache lines of every type that is computed with.
constexpr int64_t kGrain = 64;

// Time for the elements of input 0; `cost` is for one float32.
inline double elementwise_ns(const NodeInfo& info, int64_t elements, double cost) {
  return cost * static_cast<double>(elements * item_size(info.inputs[0].dtype)) / 4;
}

// The gradient of what is constant almost everywhere.
inline Value zeros_like(Graph& g, Value x) {
  return emit::broadcast_to(g, g.scalar(g.type(x).dtype, 0), g.type(x).shape);
}

}  // namespace lamina
