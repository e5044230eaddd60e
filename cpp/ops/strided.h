#pragma once

#include <array>
#include <cstring>

#include "core/error.h"
#include "core/tensor_type.h"
#include "core/worker.h"

namespace lamina {

// A walk over a dense index space that steps through N further operands by strides (0: broadcast, negative: backwards).
// Axes that all operands walk alike are merged, so that the inner loop is as long as it can be.
template <int N>
class StridedWalk {
 public:
  static constexpr size_t kMaxRank = 32;

  StridedWalk(const Shape& shape, const std::array<Shape, N>& strides) {
    for (size_t axis = 0; axis < shape.size(); ++axis) {
      if (shape[axis] == 1) continue;
      bool merges = rank_ > 0;
      for (int n = 0; n < N && merges; ++n) merges = strides_[n][rank_ - 1] == strides[n][axis] * shape[axis];
      if (!merges) {
        require(rank_ < kMaxRank, "tensors of more than ", kMaxRank, " axes are not supported, received ",
                to_string(shape));
        sizes_[rank_++] = 1;
      }
      sizes_[rank_ - 1] *= shape[axis];
      for (int n = 0; n < N; ++n) strides_[n][rank_ - 1] = strides[n][axis];
    }
    if (rank_ == 0) sizes_[rank_++] = 1;
  }

  int64_t inner_size() const { return sizes_[rank_ - 1]; }
  int64_t inner_stride(int n) const { return strides_[n][rank_ - 1]; }
  // Merged axes from the last: axis_size(0) is inner_size().
  size_t rank() const { return rank_; }
  int64_t axis_size(size_t from_last) const { return sizes_[rank_ - 1 - from_last]; }
  int64_t axis_stride(int n, size_t from_last) const { return strides_[n][rank_ - 1 - from_last]; }

  // Calls row(position, offsets, count): `count` dense elements from `position` on, whose operands start at `offsets`.
  template <typename F>
  void run(Range range, F&& row) const {
    if (range.begin >= range.end) return;
    std::array<int64_t, N> offsets = {};
    if (rank_ == 1) {
      for (int n = 0; n < N; ++n) offsets[n] = range.begin * strides_[n][0];
      row(range.begin, offsets, range.size());
      return;
    }
    std::array<int64_t, kMaxRank> index;
    int64_t rest = range.begin;
    for (size_t axis = rank_; axis-- > 0;) {
      index[axis] = rest % sizes_[axis];
      rest /= sizes_[axis];
      for (int n = 0; n < N; ++n) offsets[n] += index[axis] * strides_[n][axis];
    }
    for (int64_t position = range.begin;;) {
      const int64_t left_in_row = sizes_[rank_ - 1] - index[rank_ - 1];
      const int64_t count = left_in_row < range.end - position ? left_in_row : range.end - position;
      row(position, offsets, count);
      position += count;
      if (position >= range.end) return;
      for (int n = 0; n < N; ++n) offsets[n] -= index[rank_ - 1] * strides_[n][rank_ - 1];
      index[rank_ - 1] = 0;
      for (size_t axis = rank_ - 1; axis-- > 0;) {
        for (int n = 0; n < N; ++n) offsets[n] += strides_[n][axis];
        if (++index[axis] < sizes_[axis]) break;
        for (int n = 0; n < N; ++n) offsets[n] -= sizes_[axis] * strides_[n][axis];
        index[axis] = 0;
      }
    }
  }

 private:
  size_t rank_ = 0;
  std::array<int64_t, kMaxRank> sizes_ = {};
  std::array<std::array<int64_t, kMaxRank>, N> strides_ = {};
};

// Strides with which a tensor of `shape` is read as if it had been broadcast to `target`.
inline Shape broadcast_strides(const Shape& shape, const Shape& target) {
  const Shape dense = row_major_strides(shape);
  Shape strides(target.size(), 0);
  const size_t extra = target.size() - shape.size();
  for (size_t i = 0; i < shape.size(); ++i) strides[extra + i] = shape[i] == 1 ? 0 : dense[i];
  return strides;
}

// Items that are moved but not looked into: one type per size, allowed to alias whatever lies there.
using Item1 [[gnu::may_alias]] = uint8_t;
using Item4 [[gnu::may_alias]] = uint32_t;
using Item8 [[gnu::may_alias]] = uint64_t;

template <typename F>
auto visit_item(DType dtype, F&& f) {
  const int64_t size = item_size(dtype);
  return size == 8 ? f(Item8{}) : size == 4 ? f(Item4{}) : f(Item1{});
}

// Dense `to` from strided `from`, `count` items.
template <typename T>
void gather_row(T* to, const T* from, int64_t stride, int64_t count) {
  if (stride == 1) {
    std::memcpy(to, from, static_cast<size_t>(count) * sizeof(T));
  } else if (stride == 0) {
    const T value = *from;
    for (int64_t i = 0; i < count; ++i) to[i] = value;
  } else {
    for (int64_t i = 0; i < count; ++i) to[i] = from[i * stride];
  }
}

// Strided `to` from dense `from`, `count` items.
template <typename T>
void scatter_row(T* to, int64_t stride, const T* from, int64_t count) {
  if (stride == 1) {
    std::memcpy(to, from, static_cast<size_t>(count) * sizeof(T));
  } else {
    for (int64_t i = 0; i < count; ++i) to[i * stride] = from[i];
  }
}

}  // namespace lamina
