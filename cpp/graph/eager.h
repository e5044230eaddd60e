#pragma once

#include <memory>
#include <string>
#include <vector>

#include "graph/plan.h"

namespace lamina {

// The plan of a single op for inputs of these types, from a cache shared by the whole process.
std::shared_ptr<Plan> eager_plan(const std::string& op, const std::vector<TensorType>& inputs,
                                 const Attributes& attributes);
void clear_eager_plans();  // after a change of instruction set

}  // namespace lamina
