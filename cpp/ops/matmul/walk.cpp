#include <algorithm>
#include <utility>

#include "ops/matmul/block.h"

// How a product is walked through, block by block and tile by tile.
namespace lamina {

namespace {

// A row counts as sparse if one in so many of its elements, or fewer, is not 0. (Measured.)
constexpr int64_t kSparse = 2;

}  // namespace

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
      const T* block_a = a + i * a_row_ + p * a_step_ + q * a_block_;
      copy_a(block_a, packed_a, block.rows.size(), block.first.k);
      place_a(block_a, packed_a, block);
      for (int64_t j = columns.begin; j < columns.end; j += width_) {
        block.columns = {j, std::min(j + width_, columns.end)};
        const T* block_b = b + p * b_step_ + j * b_column_;
        copy_b(block_b, packed_b, block.first.k, block.columns.size());
        place_b(block_b, packed_b, block);
        block.place_c(to, q > blocks.begin);
        if (p == 0) start_with_bias(to, block);
        block.epilogue = p + block.first.k < k_ ? nullptr : to.epilogue;
        Ahead<T> ahead(block.first.k, soon);
        look_ahead(b + p * b_step_, to, block.rows, columns, block, ahead);
        if (sparse_a_) {
          multiply_sparse(block, ahead, packed_b + packed_b_size_);
        } else {
          multiply(block, ahead);
        }
      }
    } while (++q < blocks.end);
  }
}

template <typename T>
void Product<T>::run_block(const T* a, const T* b, const Destination& to, const Piece& piece,
                           PieceMemory<T>& memory) const {
  Block block;
  block.tile_rows = max_rows_;
  block.rows = piece.rows;
  block.columns = piece.columns;
  block.first.k = k_;
  place_a(a + block.rows.begin * a_row_, memory.packed_a + block.rows.begin * depth_, block);
  const T* block_b = b + block.columns.begin * b_column_;
  // Pieces of one block follow each other.
  if (memory.packed_block != block.columns.begin) copy_b(block_b, memory.scratch, k_, block.columns.size());
  memory.packed_block = block.columns.begin;
  place_b(block_b, memory.scratch, block);
  block.place_c(to, false);
  start_with_bias(to, block);
  block.epilogue = to.epilogue;
  Ahead<T> ahead(k_, memory.soon);
  look_ahead(b, to, piece.next_rows, piece.next_columns, block, ahead);
  multiply(block, ahead);
}

// The sums begin with the bias, if there is one.
template <typename T>
void Product<T>::start_with_bias(const Destination& to, Block& block) const {
  const T* bias = to.epilogue != nullptr ? to.epilogue->bias : nullptr;
  if (bias == nullptr) return;
  if (exchanged_) {
    std::fill_n(block.first.c, block.columns.size(), *bias);
    block.first.start = block.first.c;
  } else {
    block.first.start = bias + block.columns.begin;
    block.first.start_row = 0;
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
template void Product<float>::run_block(const float*, const float*, const Destination&, const Piece&,
                                        PieceMemory<float>&) const;
template void Product<double>::run_block(const double*, const double*, const Destination&, const Piece&,
                                         PieceMemory<double>&) const;

}  // namespace lamina
