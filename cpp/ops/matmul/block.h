#pragma once

#include "ops/matmul/product.h"

namespace lamina {

// A block of each operand, in place or packed, and the block of C that they add to.
template <typename T>
struct Product<T>::Block {
  GemmTask<T> first;  // the block's first tile
  Range rows, columns;
  int64_t tile_rows;
  int64_t a_tile;   // from the rows of A of one tile to those of the next
  int64_t b_panel;  // from the columns of B of one tile to those of the next
  const Intake<T>* intake;
  const Epilogue<T>* epilogue;  // null: nothing, or not yet

  void place_c(const Destination& to, bool adds) {
    intake = to.intake;
    first.c = intake == nullptr ? to.c + rows.begin * to.c_row + columns.begin : to.c;
    first.c_row = to.c_row;
    first.start = adds ? first.c : nullptr;
    first.start_row = to.c_row;
  }

  // What happens to `count` rows of C, the first of which is i of the block, before the task goes on to the next.
  void finish(GemmTask<T>& task, int64_t i, int64_t count) const {
    if (intake != nullptr) {
      const int64_t row = rows.begin + i;
      return intake->take(task.c, task.c_row, {row, row + count}, columns);
    }
    if (epilogue != nullptr) epilogue->finish(task.c, count, columns.size(), task.c_row);
    task.c += count * task.c_row;
    if (task.start != nullptr) task.start += count * task.start_row;
  }
};

}  // namespace lamina
