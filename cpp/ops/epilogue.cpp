#include "ops/epilogue.h"

#include "kernels/dispatch.h"
#include "ops/checks.h"
#include "ops/elementwise/unary.h"

namespace lamina {

namespace {

std::string activation_of(const NodeInfo& info) {
  return info.attr().text("activation", "");
}

// The function whose kernel the epilogue runs, or -1.
int function_of(const NodeInfo& info) {
  return find_unary(info.attr().text("slope", activation_of(info)));
}

}  // namespace

void require_epilogue(const NodeInfo& info, int64_t columns) {
  if (info.inputs.size() == 3) {
    require_same_dtype(info, 0, 2);
    const Shape expected = {columns};
    require(info.inputs[2].shape == expected, info.op, ": expected a bias of shape ", to_string(expected),
            ", received ", to_string(info.inputs[2]));
  }
  const std::string activation = activation_of(info);
  require(activation.empty() || find_unary(activation) >= 0, info.op, ": no activation '", activation, "'");
}

void require_slope(const NodeInfo& info, const TensorType& product) {
  require(info.inputs[2] == product, info.op, ": expected input 2 to be ", to_string(product), ", received ",
          to_string(info.inputs[2]));
  const std::string slope = info.attr().text("slope", "");
  const int function = find_unary(slope);
  require(function >= 0 && unary_function(function).grad_name != nullptr, info.op, ": no slope of '", slope, "'");
}

template <typename T>
Epilogue<T> epilogue_of(const NodeInfo& info) {
  Epilogue<T> epilogue;
  epilogue.has_bias = info.inputs.size() > 2 && !info.attr().has("slope");
  const int function = function_of(info);
  if (function >= 0) {
    const UnaryKernels<T>& table = kernels().unary.of(T{});
    if (info.attr().has("slope")) {
      epilogue.slope = table.slope[function];
    } else {
      epilogue.activation = table.forward[function];
    }
    epilogue.parameters = unary_function(function).values<T>(info.attr());
  }
  return epilogue;
}

double epilogue_ns(const NodeInfo& info) {
  const int function = function_of(info);
  return function < 0 ? 0 : static_cast<double>(info.outputs[0].size()) * unary_function(function).cost;
}

template Epilogue<float> epilogue_of(const NodeInfo& info);
template Epilogue<double> epilogue_of(const NodeInfo& info);

}  // namespace lamina
