#pragma once

#include <algorithm>

#include "kernels/gemm.h"
#include "ops/convolution/sizes.h"

namespace lamina {

// Neighbouring columns of one group that tiles compute at once.
struct Panel {
  int64_t group, column, count;  // column: within the group
};

// How the rows and columns of a convolution's product are cut into tiles.
template <typename T>
class ConvTiles {
 public:
  // For products of `rows` rows at a time and `groups` times `columns` columns.
  ConvTiles(const GemmKernels<T>& kernels, int64_t rows, int64_t groups, int64_t columns) : kernels_(&kernels) {
    constexpr int64_t kRows = 6;  // tiles are as wide as leaves them this many rows, or all there are
    const int64_t lanes = kernels.lanes;
    int64_t vectors = kernels.kMaxVectors;
    while (kernels.max_rows[vectors] < std::min(kRows, rows)) --vectors;
    vectors = std::min(vectors, columns / lanes);
    width_ = std::max<int64_t>(vectors, 1) * lanes;
    max_rows_ = kernels.max_rows[vectors];
    for (int64_t group = 0; group < groups; ++group) {
      for (int64_t column = 0; column < columns; column += width_) {
        panels_.push_back({group, column, std::min(width_, columns - column)});
      }
    }
  }

  int64_t width() const { return width_; }
  const std::vector<Panel>& panels() const { return panels_; }
  int64_t max_rows() const { return max_rows_; }

  // All the rows of one panel, in tiles of about equal height.
  void run(GemmTask<T> task, int64_t rows, int64_t columns) const {
    for (int64_t left = divide_up(rows, max_rows_); left > 0; --left) {
      const int64_t height = divide_up(rows, left);
      run_row(task, height, columns);
      task.a += height * task.a_row;
      task.c += height * task.c_row;
      if (task.start != nullptr) task.start += height * task.start_row;
      rows -= height;
    }
  }

 private:
  // As many whole vectors as there are, then the part of one.
  void run_row(GemmTask<T> task, int64_t rows, int64_t columns) const {
    while (columns > 0) {
      const int64_t vectors = columns / kernels_->lanes;
      task.columns = vectors == 0 ? columns : vectors * kernels_->lanes;
      kernels_->tile[vectors][rows - 1](task);
      task.b += task.columns;
      task.c += task.columns;
      if (task.start != nullptr) task.start += task.columns;
      columns -= task.columns;
    }
  }

  const GemmKernels<T>* kernels_;
  std::vector<Panel> panels_;
  int64_t width_, max_rows_;
};

// Estimated time of a convolution's tiles on one core, as for a matrix product.
template <typename T>
double conv_nanoseconds(const ConvSizes& sizes) {
  constexpr double kMultiplyAdd = 1.0 / 230, kStart = 100;
  return kStart + static_cast<double>(sizeof(T)) * sizes.multiply_adds() * kMultiplyAdd;
}

}  // namespace lamina
