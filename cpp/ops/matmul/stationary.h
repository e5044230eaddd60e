#pragma once

#include "graph/op.h"
#include "ops/matmul/product.h"

namespace lamina {

// A product x W whose workers share the rows of W rather than those of x: an update in the same plan leaves each row of
// W in the cache of the worker that owns it, and only sums travel between them. Inputs x, W and perhaps a bias.
template <typename T>
StepKernel prepare_stationary(const NodeInfo& info, const Product<T>& product, const Epilogue<T>& epilogue);

extern template StepKernel prepare_stationary(const NodeInfo&, const Product<float>&, const Epilogue<float>&);
extern template StepKernel prepare_stationary(const NodeInfo&, const Product<double>&, const Epilogue<double>&);

}  // namespace lamina
