#pragma once

#include <string_view>

#include "graph/graph.h"

namespace lamina {

// The curve of a function of unary.def, f'' in terms of what its row says, in plain ops: what gradients above the
// second order are read off. No value where it is constant piece by piece.
Value plain_curve(Graph& g, std::string_view function, Value v);

}  // namespace lamina
