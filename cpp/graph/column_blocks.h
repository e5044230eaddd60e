#pragma once

#include <algorithm>

#include "graph/op.h"

namespace lamina {

// A matrix that lies in `count` blocks of columns, one after the other and each row-major, so that the columns which
// one worker keeps to itself are contiguous. One block: an ordinary matrix.
struct ColumnBlocks {
  int64_t rows, columns, count;

  // `attribute` of the node says how many blocks.
  ColumnBlocks(int64_t matrix_rows, int64_t matrix_columns, const NodeInfo& info, const char* attribute)
      : rows(matrix_rows), columns(matrix_columns), count(info.attr().integer(attribute, 1)) {}

  int64_t width() const { return columns / count; }  // and from one row to the next
  // Element (i, j) lies at i * width() + j + shift(j).
  int64_t shift(int64_t j) const { return count == 1 ? 0 : j / width() * width() * (rows - 1); }
  // How many columns there are from j to `end` or the end of its block.
  int64_t run(int64_t j, int64_t end) const { return count == 1 ? end - j : std::min(end - j, width() - j % width()); }

  // Blocks are of whole vectors, and of no more than a product adds up at once.
  static bool possible(int64_t matrix_columns, int64_t blocks) {
    constexpr int64_t kGrain = 16, kWidest = 512;
    return blocks == 1 || (blocks > 1 && matrix_columns % (blocks * kGrain) == 0 && matrix_columns <= blocks * kWidest);
  }
  void require_possible(const NodeInfo& info) const {
    require(possible(columns, count), info.op, ": no matrix of ", columns, " columns lies in ", count, " blocks");
  }
};

}  // namespace lamina
