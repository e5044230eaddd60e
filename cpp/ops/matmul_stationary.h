#pragma once

#include "graph/op.h"
#include "ops/matmul_product.h"

namespace lamina {

// A product x W whose workers share the rows of W rather than those of x: an update in the same plan leaves each row of
// W in the cache of the worker that owns it, and only sums travel between them. Inputs x, W and perhaps a bias.
template <typename T>
StepKernel prepare_stationary(const NodeInfo& info, const Product<T>& product, const Epilogue<T>& epilogue);

// Into how many blocks to cut k: as many as workers may want to share, and none too short. It must not depend on how
// many workers there are, as the order of sums does on it.
inline int64_t stationary_blocks(int64_t k) {
  return k >= 1024 ? 8 : k >= 512 ? 4 : k >= 256 ? 2 : 1;
}

extern template StepKernel prepare_stationary(const NodeInfo&, const Product<float>&, const Epilogue<float>&);
extern template StepKernel prepare_stationary(const NodeInfo&, const Product<double>&, const Epilogue<double>&);

}  // namespace lamina
