#pragma once

#include "graph/op.h"
#include "ops/checks.h"

// What ops on stacks of matrices, the last two axes, share.
namespace lamina {

struct Matrices {
  int64_t count, rows, columns;
  int64_t size() const { return rows * columns; }
};

inline void require_matrices(const NodeInfo& info, size_t i, bool square) {
  require_float(info, i);
  const Shape& shape = info.inputs[i].shape;
  require(shape.size() >= 2, info.op, ": expected matrices as input ", i, ", received ", to_string(info.inputs[i]));
  require(!square || shape.back() == shape[shape.size() - 2], info.op, ": expected square matrices, received ",
          to_string(info.inputs[i]));
}

inline Matrices matrices_of(const TensorType& type) {
  const int64_t rows = type.shape[type.rank() - 2], columns = type.shape.back();
  return {rows * columns > 0 ? type.size() / (rows * columns) : 0, rows, columns};
}

// The shape without its last `axes` axes.
inline Shape stack_shape(const TensorType& type, int axes = 2) {
  return Shape(type.shape.begin(), type.shape.end() - axes);
}

// A kernel that calls f(data, matrix, scratch) for every matrix of a stack: workers share the matrices, each of kGroups
// groups of which has scratch memory for `scratch_items` numbers.
template <typename T, typename F>
StepKernel per_matrix(int64_t count, double ns_per_matrix, int64_t scratch_items, F f) {
  constexpr int64_t kGroups = 64;
  const int64_t groups = std::min(count, kGroups);
  StepKernel kernel;
  kernel.nanoseconds = ns_per_matrix * static_cast<double>(count);
  kernel.scratch_bytes = groups * scratch_items * static_cast<int64_t>(sizeof(T));
  kernel.run = [=](const StepData& data, Worker worker, int) {
    const Range mine = worker.share(groups);
    for (int64_t group = mine.begin; group < mine.end; ++group) {
      T* scratch = data.scratch<T>() + group * scratch_items;
      const Range share = Worker{static_cast<int>(group), static_cast<int>(groups)}.share(count);
      for (int64_t matrix = share.begin; matrix < share.end; ++matrix) f(data, matrix, scratch);
    }
  };
  return kernel;
}

}  // namespace lamina
