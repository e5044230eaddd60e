#include <algorithm>
#include <utility>

#include "ops/matmul/product.h"

// How a product is walked through, block by block and tile by tile.
namespace lamina {

namespace {

// A row counts as sparse if one in so many of its elements, or fewer, is not 0. (Measured.)
constexpr int64_t kSparse = 2;
// An intake's operands of more bytes than that do not stay in the second cache from one time to the next.
constexpr int64_t kFarBytes = 1 << 20;

}  // namespace

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

template <typename T>
void Product<T>::run_blocks(const T* a, const T* b, const Destination& to, Range rows, Range columns, Range blocks,
                            T* scratch, RowQueue* soon) const {
  if (exchanged_) std::swap(a, b);
  T* packed_a = scratch;
  T* packed_b = scratch + packed_a_size_;
  Block block;
  // Few rows are spared the divisions, which would take as long as they do.
  const bool one_tile = use_dot_ || rows.size() <= max_rows_;
  block.tile_rows = one_tile ? rows.size() : divide_up(rows.size(), divide_up(rows.size(), max_rows_));
  const int64_t most_rows = one_tile ? rows.size() : std::max(height_ / block.tile_rows, int64_t{1}) * block.tile_rows;
  for (int64_t i = rows.begin; i < rows.end; i += most_rows) {
    block.rows = {i, std::min(i + most_rows, rows.end)};
    int64_t q = blocks.begin;
    do {
      const int64_t p = q * depth_;
      block.first.k = std::min(depth_, k_ - p);
      place_a(a + i * a_row_ + p * a_step_ + q * a_block_, packed_a, block);
      for (int64_t j = columns.begin; j < columns.end; j += width_) {
        block.columns = {j, std::min(j + width_, columns.end)};
        place_b(b + p * b_step_ + j * b_column_, packed_b, block);
        block.place_c(to, q > blocks.begin);
        const T* bias = p == 0 && to.epilogue != nullptr ? to.epilogue->bias : nullptr;
        if (bias != nullptr) {
          if (exchanged_) {
            std::fill_n(block.first.c, block.columns.size(), *bias);
            block.first.start = block.first.c;
          } else {
            block.first.start = bias + j;
            block.first.start_row = 0;
          }
        }
        block.epilogue = p + block.first.k < k_ ? nullptr : to.epilogue;
        Ahead<T> ahead(block.first.k, soon);
        const int64_t next = block.columns.end;
        fetch_next_of_b(b + p * b_step_ + next * b_column_, columns.end - next, block, ahead);
        if (to.intake != nullptr && to.intake->bytes(rows, columns) > kFarBytes) {
          ahead.fetch_operands(*to.intake, block.rows, j, divide_up(width_, Ahead<T>::kLine));
        }
        if (sparse_a_) {
          multiply_sparse(block, ahead, packed_b + packed_b_size_);
        } else {
          multiply(block, ahead);
        }
      }
    } while (++q < blocks.end);
  }
}

// A block of B that is to be packed after this one, as it lies in memory.
template <typename T>
void Product<T>::fetch_next_of_b(const T* b, int64_t columns, const Block& block, Ahead<T>& ahead) const {
  constexpr int64_t kLine = Ahead<T>::kLine;
  const int64_t k = block.first.k;
  columns = std::min(columns, width_);
  if (!pack_b_ || columns <= 0) return;
  const int64_t tiles = divide_up(block.rows.size(), block.tile_rows) * divide_up(block.columns.size(), panel_);
  if (b_column_ == 1) {  // p runs through its rows
    ahead.fetch_block(b, columns / kLine + 1, kLine, b_step_, tiles);
  } else if (b_column_ == k) {
    ahead.fetch_block(b, divide_up(columns, kLine), k * kLine, kLine, tiles);
  }
}

// A packed block lies row by row, as an A that is not transposed does.
template <typename T>
void Product<T>::place_a(const T* a, T* packed, Block& block) const {
  block.first.a = pack_a_ ? packed : a;
  block.first.a_row = a_row_;
  block.first.a_step = a_step_;
  block.a_tile = block.tile_rows * a_row_;
  if (!pack_a_) return;
  block.first.a_row = depth_;
  block.first.a_step = 1;
  block.a_tile = block.tile_rows * depth_;
  if (a_step_ == 1) {
    kernels_->pack(a, a_row_, block.rows.size(), block.first.k, packed, depth_);
  } else {
    kernels_->pack_transposed(a, a_step_, block.rows.size(), block.first.k, packed, depth_);
  }
}

template <typename T>
void Product<T>::place_b(const T* b, T* packed, Block& block) const {
  block.first.b = pack_b_ ? packed : b;
  block.first.b_step = pack_b_ ? panel_ : use_dot_ ? b_column_ : b_step_;
  block.b_panel = pack_b_ ? panel_ * block.first.k : panel_;
  if (!pack_b_) return;
  if (b_column_ == 1) {
    kernels_->pack(b, b_step_, block.first.k, block.columns.size(), packed, panel_);
  } else {
    kernels_->pack_transposed(b, b_column_, block.first.k, block.columns.size(), packed, panel_);
  }
}

template <typename T>
void Product<T>::multiply(const Block& block, Ahead<T>& ahead) const {
  GemmTask<T> row = block.first;
  for (int64_t i = 0; i < block.rows.size(); i += block.tile_rows) {
    const int64_t rows = std::min(block.tile_rows, block.rows.size() - i);
    if (use_dot_) {
      row.columns = block.columns.size();
      kernels_->dot(row, rows);
    } else {
      ahead.want(block.rows.begin + i + 2 * block.tile_rows);
      multiply_row(row, rows, block, ahead);
    }
    block.finish(row, i, rows);
    row.a += block.a_tile;
  }
}

// Runs of sparse rows, and of others as many as a tile takes; each row by itself decides which it is.
template <typename T>
void Product<T>::multiply_sparse(const Block& block, Ahead<T>& ahead, T* scratch) const {
  int32_t* lists = reinterpret_cast<int32_t*>(scratch);
  const Nonzeros found = {lists + kSparseRows, lists, depth_ + kernels_->lanes};
  const auto sparse = [&](int64_t row) { return found.count[row] * kSparse <= block.first.k; };
  GemmTask<T> task = block.first;
  for (int64_t begin = 0; begin < block.rows.size(); begin += kSparseRows) {
    const int64_t rows = std::min(kSparseRows, block.rows.size() - begin);
    kernels_->nonzeros(task, rows, found);
    for (int64_t i = 0, run = 0; i < rows; i += run) {
      const bool short_sums = sparse(i);
      const int64_t most = short_sums ? rows - i : std::min(max_rows_, rows - i);
      for (run = 1; run < most && sparse(i + run) == short_sums;) ++run;
      if (short_sums) {
        multiply_sparse_rows(task, run, block, found.from(i));
      } else {
        multiply_row(task, run, block, ahead);
      }
      block.finish(task, begin + i, run);
      task.a += run * task.a_row;
    }
  }
}

template <typename T>
void Product<T>::multiply_sparse_rows(GemmTask<T> task, int64_t rows, const Block& block, Nonzeros found) const {
  const int64_t width = pack_b_ ? panel_ : block.columns.size();
  for (int64_t j = 0; j < block.columns.size(); j += width) {
    task.columns = std::min(width, block.columns.size() - j);
    kernels_->sparse(task, rows, found);
    task.b += block.b_panel;
    task.c += width;
    if (task.start != nullptr) task.start += width;
  }
}

// A row of tiles.
template <typename T>
void Product<T>::multiply_row(GemmTask<T> tile, int64_t rows, const Block& block, Ahead<T>& ahead) const {
  const int64_t lanes = kernels_->lanes;
  const bool rows_follow = tile.a_step == 1 && tile.a_row < tile.k + Ahead<T>::kLine;
  const T* next_rows = rows_follow ? tile.a + block.a_tile : nullptr;
  const T* panel = tile.b;
  for (int64_t j = 0; j < block.columns.size(); j += panel_) {
    int64_t left = std::min(panel_, block.columns.size() - j);
    tile.b = panel;
    do {  // as many whole vectors as there are, then the part of one
      const int64_t vectors = left / lanes;
      tile.columns = vectors == 0 ? left : vectors * lanes;
      ahead.attach(tile, next_rows);
      kernels_->tile[vectors][rows - 1](tile);
      tile.b += tile.columns;
      tile.c += tile.columns;
      if (tile.start != nullptr) tile.start += tile.columns;
      left -= tile.columns;
    } while (left > 0);
    panel += block.b_panel;
  }
}

template void Product<float>::run_blocks(const float*, const float*, const Destination&, Range, Range, Range, float*,
                                         RowQueue*) const;
template void Product<double>::run_blocks(const double*, const double*, const Destination&, Range, Range, Range,
                                          double*, RowQueue*) const;

}  // namespace lamina
