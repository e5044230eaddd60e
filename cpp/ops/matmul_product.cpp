#include "ops/matmul_product.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace lamina {

namespace {

// Sizes for caches of 32 KB and 1 MB: a panel of A's rows stays in the first while a block of B passes by from the second.
constexpr int64_t kDepthBytes = 384 * 4;
constexpr int64_t kBlockBytes = 512 * 1024;
// With few rows transposing B costs more than it saves: vectors run along k instead.
constexpr int64_t kDotRows = 8;
// With many rows it pays to copy a block of B in the order in which the tiles read it.
constexpr int64_t kPackRows = 96;
constexpr int64_t kPackColumns = 256;
// Tiles whose part of A is packed at once.
constexpr int64_t kPackedTiles = 8;
// What it costs to read and pack an operand, as that many more rows or columns.
constexpr int64_t kReadingCost = 4;

int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }
int64_t round_up(int64_t a, int64_t b) { return divide_up(a, b) * b; }

}  // namespace

template <typename T>
Product<T>::Product(int64_t m, int64_t n, int64_t k, bool transpose_a, bool transpose_b,
                    const GemmKernels<T>& kernels)
    : kernels_(&kernels), m_(m), n_(n), k_(k) {
  a_row_ = transpose_a ? 1 : k;
  a_step_ = transpose_a ? m : 1;
  b_step_ = transpose_b ? 1 : n;
  b_column_ = transpose_b ? k : 1;
  if (n == 1 && m > 1) {
    exchanged_ = true;
    std::swap(m_, n_);
    std::swap(a_step_, b_step_);
    std::swap(a_row_, b_column_);
  }
  const int64_t lanes = kernels.lanes;
  const bool transposed = b_column_ != 1;
  use_dot_ = transposed && a_step_ == 1 && b_step_ == 1 && m_ <= kDotRows;
  pack_b_ = !use_dot_ && (transposed || (m_ >= kPackRows && n_ >= kPackColumns));
  pack_a_ = pack_b_;

  const int64_t vectors = std::clamp<int64_t>(n_ / lanes, 0, pack_b_ ? 2 : kernels.kMaxVectors);
  panel_ = std::max<int64_t>(vectors, 1) * lanes;
  max_rows_ = kernels.max_rows[vectors];
  const int64_t most_depth = kDepthBytes / static_cast<int64_t>(sizeof(T));
  depth_ = round_up(divide_up(std::max<int64_t>(k, 1), divide_up(std::max<int64_t>(k, 1), most_depth)), lanes);
  const int64_t most_width = kBlockBytes / static_cast<int64_t>(sizeof(T)) / depth_ / panel_ * panel_;
  width_ = std::min(round_up(n_, panel_), std::max(most_width, panel_));
  if (pack_b_) packed_b_size_ = width_ * depth_;
  if (pack_a_) packed_a_size_ = kPackedTiles * max_rows_ * depth_;
}

template <typename T>
int Product<T>::column_workers(int64_t batch, int workers) const {
  int best = 1;
  int64_t least = std::numeric_limits<int64_t>::max();
  for (int across = 1; across <= workers; ++across) {
    if (workers % across != 0) continue;
    const int64_t rows = divide_up(batch * m_, workers / across);
    const int64_t columns = round_up(divide_up(n_, across), kernels_->lanes);
    const int64_t cost = (rows + kReadingCost) * (columns + kReadingCost);
    if (cost < least) {
      least = cost;
      best = across;
    }
  }
  return best;
}

template <typename T>
void Product<T>::run(const T* a, const T* b, T* c, const Epilogue<T>& epilogue, Range rows, Range columns,
                     T* scratch) const {
  if (exchanged_) std::swap(a, b);
  for (int64_t j = columns.begin; j < columns.end; j += width_) {
    const int64_t width = std::min(width_, columns.end - j);
    int64_t p = 0;
    do {
      GemmTask<T> block;
      block.k = std::min(depth_, k_ - p);
      block.a = a + p * a_step_;
      block.a_row = a_row_;
      block.a_step = a_step_;
      block.b = b + p * b_step_ + j * b_column_;
      block.b_step = use_dot_ ? b_column_ : b_step_;
      block.c = c + j;
      block.c_row = n_;
      block.columns = width;
      block.start = p > 0 ? block.c : nullptr;
      block.start_row = n_;
      if (p == 0 && epilogue.bias != nullptr) {
        if (exchanged_) {
          std::fill_n(block.c, width, *epilogue.bias);
          block.start = block.c;
        } else {
          block.start = epilogue.bias + j;
          block.start_row = 0;
        }
      }
      if (pack_b_) {
        const auto pack = b_column_ == 1 ? kernels_->pack : kernels_->pack_transposed;
        pack(block.b, b_column_ == 1 ? b_step_ : b_column_, block.k, width, scratch, panel_);
        block.b = scratch;
        block.b_step = panel_;
      }
      p += block.k;
      run_rows(block, rows, scratch + packed_b_size_, p < k_ ? Epilogue<T>() : epilogue);
    } while (p < k_);
  }
}

template <typename T>
void Product<T>::run_rows(const GemmTask<T>& block, Range rows, T* packed_a, const Epilogue<T>& after) const {
  const int64_t tiles = divide_up(rows.size(), max_rows_);
  const int64_t tile_rows = divide_up(rows.size(), tiles);  // not max_rows_: the last tile is to be about as high
  const int64_t group_rows = use_dot_ ? rows.size() : pack_a_ ? kPackedTiles * tile_rows : tile_rows;
  for (int64_t first = rows.begin; first < rows.end; first += group_rows) {
    const int64_t count = std::min(group_rows, rows.end - first);
    GemmTask<T> group = block;
    group.a += first * a_row_;
    group.c += first * n_;
    if (group.start != nullptr) group.start += first * group.start_row;
    if (pack_a_) {
      // The copy keeps the operand's own order: tiles can read along either stride.
      if (a_step_ == 1) {
        kernels_->pack(group.a, a_row_, count, group.k, packed_a, group.k);
        group.a_row = group.k;
      } else {
        kernels_->pack(group.a, a_step_, group.k, count, packed_a, tile_rows);
        group.a_step = tile_rows;
      }
      group.a = packed_a;
    }
    if (use_dot_) {
      kernels_->dot(group, count);
    } else {
      run_tiles(group, count, tile_rows);
    }
    if (after.activation == nullptr) continue;
    if (block.columns == n_) {
      after.activation(group.c, group.c, count * n_, after.parameters.data());
    } else {
      for (int64_t i = 0; i < count; ++i) {
        after.activation(group.c + i * n_, group.c + i * n_, block.columns, after.parameters.data());
      }
    }
  }
}

template <typename T>
void Product<T>::run_tiles(GemmTask<T> group, int64_t rows, int64_t tile_rows) const {
  const int64_t lanes = kernels_->lanes;
  const int64_t a_tile = tile_rows * (pack_a_ && a_step_ != 1 ? group.k : group.a_row);
  const int64_t b_panel = panel_ * (pack_b_ ? group.k : 1);
  for (int64_t i = 0; i < rows; i += tile_rows) {
    const int64_t height = std::min(tile_rows, rows - i);
    GemmTask<T> task = group;
    for (int64_t j = 0; j < group.columns; j += panel_) {
      task.b = group.b + j / panel_ * b_panel;
      int64_t left = std::min(panel_, group.columns - j);
      do {  // as many whole vectors as there are, then the part of one
        const int64_t vectors = left / lanes;
        task.columns = vectors == 0 ? left : vectors * lanes;
        kernels_->tile[vectors][height - 1](task);
        task.b += task.columns;
        task.c += task.columns;
        if (task.start != nullptr) task.start += task.columns;
        left -= task.columns;
      } while (left > 0);
    }
    group.a += a_tile;
    group.c += tile_rows * n_;
    if (group.start != nullptr) group.start += tile_rows * group.start_row;
  }
}

template class Product<float>;
template class Product<double>;

}  // namespace lamina
