#include "ops/epilogue.h"

#include "kernels/dispatch.h"
#include "ops/checks.h"
#include "ops/unary.h"

namespace lamina {

namespace {

std::string activation_of(const NodeInfo& info) {
  return info.attr().text("activation", "");
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

template <typename T>
Epilogue<T> epilogue_of(const NodeInfo& info) {
  Epilogue<T> epilogue;
  const int activation = find_unary(activation_of(info));
  if (activation >= 0) {
    epilogue.activation = kernels().unary.of(T{}).forward[activation];
    epilogue.parameters = unary_function(activation).values<T>(info.attr());
  }
  return epilogue;
}

double epilogue_ns(const NodeInfo& info) {
  const int activation = find_unary(activation_of(info));
  return activation < 0 ? 0 : static_cast<double>(info.outputs[0].size()) * unary_function(activation).cost;
}

template Epilogue<float> epilogue_of(const NodeInfo& info);
template Epilogue<double> epilogue_of(const NodeInfo& info);

}  // namespace lamina
