#pragma once

#include <algorithm>

#include "graph/op.h"

namespace lamina {

// A tensor (..., n) as a matrix (rows, n) in blocks of rows whose sums are taken apart and then put together in order.
// The cut follows from the shape alone, so that results do not depend on the number of workers; a block stays in the
// second-level cache.
struct RowBlocks {
  explicit RowBlocks(const TensorType& x) : n(x.shape.back()), rows(n > 0 ? x.size() / n : 0) {
    constexpr int64_t kLeastElements = 1 << 14, kMost = 64;
    size = std::max({kLeastElements / std::max<int64_t>(n, 1), (rows + kMost - 1) / kMost, int64_t{1}});
    count = (rows + size - 1) / size;
  }
  Range of(int64_t block) const { return {block * size, std::min((block + 1) * size, rows)}; }

  // The three phases of a step that wants sums over columns first: each_block(block, its rows) takes a block's,
  // each_column(j) puts them together, and all_rows(a worker's rows) uses them.
  template <typename Block, typename Column, typename Rows>
  void run(Worker worker, int phase, Block each_block, Column each_column, Rows all_rows) const {
    if (phase == 0) {
      const Range mine = worker.share(count);
      for (int64_t i = mine.begin; i < mine.end; ++i) each_block(i, of(i));
    } else if (phase == 1) {
      const Range mine = worker.share(n, 16);
      for (int64_t j = mine.begin; j < mine.end; ++j) each_column(j);
    } else {  // rows that fill whole cache lines together
      all_rows(worker.share(rows, std::max<int64_t>(256 / std::max<int64_t>(n, 1), 1)));
    }
  }

  int64_t n, rows, size, count;
};

}  // namespace lamina
