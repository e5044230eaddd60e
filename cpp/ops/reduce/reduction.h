#pragma once

#include <algorithm>
#include <vector>

#include "graph/graph.h"
#include "ops/checks.h"
#include "ops/strided.h"

namespace lamina {

// The shape of a reduction that keeps its axes with one element.
inline Shape kept_shape(const Shape& shape, const std::vector<int64_t>& axes) {
  Shape kept = shape;
  for (const int64_t axis : axes) kept[axis] = 1;
  return kept;
}

inline Shape reduced_shape(const Shape& shape, const std::vector<int64_t>& axes, bool keepdims) {
  if (keepdims) return kept_shape(shape, axes);
  Shape result;
  for (size_t i = 0; i < shape.size(); ++i) {
    if (std::find(axes.begin(), axes.end(), static_cast<int64_t>(i)) == axes.end()) result.push_back(shape[i]);
  }
  return result;
}

// A tensor seen as an outer part, walked by index, and an inner matrix, given to a kernel at once. The matrix is the
// two last axes after neighbours of a kind were merged: kept x reduced (its rows are reduced) or reduced x kept (its
// columns).
class Reduction {
 public:
  Reduction(const Shape& shape, const std::vector<int64_t>& axes) : Reduction(merge(shape, axes)) {}

  bool by_rows() const { return by_rows_; }
  int64_t outputs() const { return kept_count_ * width_; }
  int64_t width() const { return width_; }            // outputs of one matrix
  int64_t length() const { return length_; }          // elements of one matrix that go into an output
  int64_t repeats() const { return reduced_count_; }  // matrices that go into an output

  // Calls f(x, rows, n, stride, output) so that `outputs` take in what lies in `repeats` and `length` of x; the
  // arguments are those of ReduceKernel, `output` is the index of the first output.
  template <typename T, typename F>
  void run(const T* x, Range outputs, Range repeats, Range length, F&& f) const {
    const auto take = [&](const T* matrix, int64_t first, int64_t count) {
      if (by_rows_) {
        f(matrix + first * length_ + length.begin, count, length.size(), length_, outputs.begin);
      } else {
        f(matrix + length.begin * width_ + first, length.size(), count, width_, outputs.begin);
      }
    };
    if (kept_count_ == 1 && reduced_count_ == 1) {
      if (outputs.size() > 0 && repeats.size() > 0) take(x, outputs.begin, outputs.size());
      return;
    }
    while (outputs.begin < outputs.end) {
      const int64_t kept = outputs.begin / width_, first = outputs.begin % width_;
      const int64_t count = std::min(width_ - first, outputs.size());
      const T* matrix = x + offset(kept_, kept);
      reduced_.run(repeats, [&](int64_t, const std::array<int64_t, 1>& at, int64_t n) {
        for (int64_t i = 0; i < n; ++i) take(matrix + at[0] + i * reduced_.inner_stride(0), first, count);
      });
      outputs.begin += count;
    }
  }

 private:
  struct Axis {
    int64_t size;
    bool reduced;
  };

  static std::vector<Axis> merge(const Shape& shape, const std::vector<int64_t>& axes) {
    std::vector<Axis> merged;
    for (size_t i = 0; i < shape.size(); ++i) {
      const bool reduced = std::find(axes.begin(), axes.end(), static_cast<int64_t>(i)) != axes.end();
      if (shape[i] == 1) continue;
      if (merged.empty() || merged.back().reduced != reduced) merged.push_back({1, reduced});
      merged.back().size *= shape[i];
    }
    while (merged.size() < 2) merged.insert(merged.begin(), {1, merged.empty() ? true : !merged.front().reduced});
    return merged;
  }

  explicit Reduction(const std::vector<Axis>& axes)
      : by_rows_(axes.back().reduced), kept_(outer(axes, false)), reduced_(outer(axes, true)) {
    const int64_t last = axes[axes.size() - 1].size, before = axes[axes.size() - 2].size;
    width_ = by_rows_ ? before : last;
    length_ = by_rows_ ? last : before;
    for (size_t i = 0; i + 2 < axes.size(); ++i) (axes[i].reduced ? reduced_count_ : kept_count_) *= axes[i].size;
  }

  // The walk over those axes before the matrix that are, or are not, reduced.
  static StridedWalk<1> outer(const std::vector<Axis>& axes, bool reduced) {
    Shape sizes, shape, strides;
    for (const Axis& axis : axes) sizes.push_back(axis.size);
    const Shape dense = row_major_strides(sizes);
    for (size_t i = 0; i + 2 < axes.size(); ++i) {
      if (axes[i].reduced != reduced) continue;
      shape.push_back(sizes[i]);
      strides.push_back(dense[i]);
    }
    return {shape, {strides}};
  }

  static int64_t offset(const StridedWalk<1>& walk, int64_t position) {
    int64_t found = 0;
    walk.run({position, position + 1}, [&](int64_t, const std::array<int64_t, 1>& at, int64_t) { found = at[0]; });
    return found;
  }

  bool by_rows_;
  StridedWalk<1> kept_, reduced_;
  int64_t width_ = 1, length_ = 1, kept_count_ = 1, reduced_count_ = 1;
};

// What the gradient of a reduction needs to know of it.
struct ReductionGrad {
  explicit ReductionGrad(const GradContext& c) : x(c.graph.type(c.x[0])) {
    const NodeInfo info{"reduction", {x}, {}, &c.attr};
    axes = axes_of(info, 0);
    kept = kept_shape(x.shape, axes);
  }
  // The number of elements in each output.
  double count() const {
    double n = 1;
    for (const int64_t axis : axes) n *= static_cast<double>(x.shape[axis]);
    return n;
  }

  TensorType x;
  std::vector<int64_t> axes;
  Shape kept;
};

}  // namespace lamina
