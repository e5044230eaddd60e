#pragma once

#include "graph/op.h"
#include "ops/convolution/sizes.h"

namespace lamina {

// The steps of the ops, and of what fusion makes of them, for the way of computing that fits the sizes.
StepKernel conv_step(const NodeInfo& info, const ConvSizes& sizes);
StepKernel conv_max_pool_step(const NodeInfo& info, const ConvSizes& sizes);
StepKernel conv_input_grad_step(const NodeInfo& info, const ConvSizes& sizes);
StepKernel conv_kernel_grad_step(const NodeInfo& info, const ConvSizes& sizes);

}  // namespace lamina
