#pragma once

#include "graph/op.h"

namespace lamina {

// A tensor of the output's shape read out of the input: element (i, j, ...) lies at offset + i * strides[0] + ...
struct View {
  int64_t offset;
  Shape strides;
};

// The kernel that copies a view of a node's first input to its dense output.
StepKernel copy_view(const NodeInfo& info, const View& view);

}  // namespace lamina
