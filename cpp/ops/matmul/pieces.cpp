#include "ops/matmul/pieces.h"

#include <algorithm>

#include "ops/divide.h"

namespace lamina {

int Pieces::blocks() const {
  return static_cast<int>(divide_up(round_up(divide_up(n, int64_t{across}), grain), width));
}

int Pieces::bands() const {
  constexpr int64_t kLeast = 1 << 22, kMost = 16;  // multiply-adds of a piece, pieces of a block
  return static_cast<int>(std::clamp<int64_t>(divide_up(m, int64_t{down}) * row_cost / kLeast, 1, kMost));
}

Piece Pieces::piece(int owner, int number) const {
  const int bands_each = bands(), block = number / bands_each, band = number % bands_each, row = owner / across;
  const Range columns = Worker{owner % across, across}.share(n, grain);
  const int64_t begin = columns.begin + block * width, end = std::min(begin + width, columns.end);
  Piece piece;
  piece.rows = Worker{row * bands_each + band, down * bands_each}.share(m, tile_rows);
  piece.columns = {begin, end};
  piece.next_rows = Worker{row, down}.share(m, tile_rows);
  // The next block follows upon the last band only.
  piece.next_columns = {columns.begin, band + 1 < bands_each ? end : columns.end};
  return piece;
}

}  // namespace lamina
