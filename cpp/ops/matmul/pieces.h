#pragma once

#include <cstdint>

#include "core/row_queue.h"
#include "core/worker.h"

namespace lamina {

// A part of C, in blocks of columns that share a packed block of B: some rows of one of them.
struct Piece {
  Range rows, columns;
  Range next_rows, next_columns;  // up to their ends the owner's next pieces go on
};

// The pieces of C (m, n) that each of down x across workers has: block by block, and in a block from the top down.
struct Pieces {
  int64_t m, n;
  int64_t tile_rows;  // bands of rows are made of so many
  int64_t grain;      // and shares of columns
  int64_t width;      // of a block
  int64_t row_cost;   // multiply-adds that a row of a block takes
  int down, across;

  int of_each() const { return blocks() * bands(); }
  // An owner's piece; it may be empty.
  Piece piece(int owner, int number) const;

 private:
  int blocks() const;
  int bands() const;  // of a block
};

// What a worker has for its pieces.
template <typename T>
struct PieceMemory {
  const T* packed_a;  // for all
  T* scratch;         // its own, for a block of B
  RowQueue* soon;
  int64_t packed_block = -1;  // the first column of the block that is there
};

}  // namespace lamina
