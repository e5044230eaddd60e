#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "graph/attributes.h"
#include "ops/elementwise/elementwise.h"

namespace lamina {

// One function of unary.def as the ops see it.
struct UnaryFunction {
  struct Parameter {
    const char* name = nullptr;
    double fallback = 0;
    double least = 0;
  };

  const char* name;
  const char* grad_name;   // the op p * f'(v) of (v, p); null: f' is zero almost everywhere
  const char* curve_name;  // the op p * f''(v) of (v, p); null: f'' is zero almost everywhere
  Domain domain;
  double cost;
  bool via_output;  // v is f's output, not its input
  std::array<Parameter, 3> parameters;

  // The values of the parameters that a node's attributes give, or their defaults.
  template <typename T>
  std::array<T, 3> values(const Attributes& attributes) const {
    std::array<T, 3> result = {};
    for (size_t i = 0; i < parameters.size() && parameters[i].name != nullptr; ++i) {
      result[i] = static_cast<T>(attributes.number(parameters[i].name, parameters[i].fallback));
    }
    return result;
  }
};

// The index of the function `name` in the kernels' tables; -1 where there is none.
int find_unary(std::string_view name);
const UnaryFunction& unary_function(int index);

}  // namespace lamina
