#pragma once

#include "bind/array.h"
#include "graph/plan.h"

namespace lamina::bind {

// Runs a plan on arrays of exactly its input types, without the GIL, into new arrays.
py::list run_plan(Plan& plan, const py::sequence& inputs);

}  // namespace lamina::bind
