#include "ops/matmul/product.h"

#include <algorithm>
#include <utility>

namespace lamina {

namespace {

// Sizes for caches of 32 KB and 1 MB: a panel of A's rows stays in the first while a block of B passes by from the
// second. The deeper the panel, the less often C comes by from further out.
constexpr int64_t kDepthBytes = 4096;
constexpr int64_t kBlockBytes = 256 * 1024;
// From so many rows and so large a B on it pays to copy a block of B in the order in which the tiles read it.
constexpr int64_t kPackRows = 256;
constexpr int64_t kPackBytes = 2048 * 1024;
// Rows of A that are packed at once, at most; the copy is read once for every block of B, from the third cache, and B
// is packed once for every copy.
constexpr int64_t kMostRows = 1024;
// Rows of a sparse A that are looked through at once.
constexpr int64_t kSparseRows = 16;
// A row counts as sparse if one in so many of its elements, or fewer, is not 0. (Measured.)
constexpr int64_t kSparse = 2;
// Multiply-adds of a product that is not worth sharing.
constexpr int64_t kAtOnce = 1 << 16;
// Elements of a row of A that lie a multiple of this apart meet in the same few lines of the first cache, and have to
// be copied closer together.
constexpr int64_t kConflictBytes = 4096;
// For so many columns it pays to copy parts of the rows of A, which then follow each other and are foreseen.
constexpr int64_t kManyColumns = 512;
// Where B is transposed and there are few rows of A, bringing B into the tiles' order costs more than adding up the
// vectors that are left over when vectors run along k. (Measured.)
bool dot_is_better(int64_t m, int64_t k) {
  return m <= 2 || m * (k + 350) <= 64 * k;
}

}  // namespace

template <typename T>
Product<T>::Product(int64_t m, int64_t n, int64_t k, Factor a, Factor b, const GemmKernels<T>& kernels,
                    int64_t least_blocks)
    : kernels_(&kernels), m_(m), n_(n), k_(k), sparse_a_(a.sparse && n > 1) {
  const int64_t a_width = (a.transposed ? m : k) / a.blocks, b_width = (b.transposed ? k : n) / b.blocks;
  a_row_ = a.transposed ? 1 : a_width;
  a_step_ = a.transposed ? a_width : 1;
  b_step_ = b.transposed ? 1 : b_width;
  b_column_ = b.transposed ? b_width : m == 1 && n == 1 ? k : 1;  // a vector is a row as well
  if (a.blocks > 1 && !a.transposed) {
    least_blocks = a.blocks;
    a_block_ = a_width * (m - 1);
  }
  if (n == 1 && m > 1) {
    exchanged_ = true;
    std::swap(m_, n_);
    std::swap(a_step_, b_step_);
    std::swap(a_row_, b_column_);
  }
  constexpr int64_t size = sizeof(T);
  const int64_t lanes = kernels.lanes;
  const bool transposed = b_column_ != 1;
  use_dot_ = !sparse_a_ && transposed && b_step_ == 1 && dot_is_better(m_, k);
  pack_b_ = !use_dot_ && (transposed || (m_ >= kPackRows && k * n_ * size >= kPackBytes));
  const int64_t most_depth = kDepthBytes / size;
  const int64_t blocks = std::max(divide_up(std::max<int64_t>(k, 1), most_depth), least_blocks);
  const bool conflict = pack_b_ && a_step_ * size % kConflictBytes == 0;
  const bool apart = pack_b_ && a_step_ == 1 && a.blocks == 1 && blocks > 1 && n_ >= kManyColumns;
  pack_a_ = apart || (a_step_ != 1 && (sparse_a_ || use_dot_ || conflict));

  int64_t vectors = kernels.kMaxVectors;
  while (kernels.max_rows[vectors] < std::min(kTileRows, m_)) --vectors;
  vectors = std::min(vectors, n_ / lanes);
  panel_ = std::max<int64_t>(vectors, 1) * lanes;
  max_rows_ = kernels.max_rows[vectors];
  depth_ = round_up(divide_up(std::max<int64_t>(k, 1), blocks), use_dot_ || pack_a_ || pack_b_ ? lanes : 1);
  const int64_t most_width = kBlockBytes / size / depth_ / panel_ * panel_;
  width_ = std::min(round_up(n_, panel_), std::max(most_width, panel_));
  const int64_t even_rows = divide_up(m_, divide_up(std::max<int64_t>(m_, 1), kMostRows));
  const int64_t most_rows = sparse_a_ && !pack_b_ ? kSparseRows : pack_a_ ? round_up(even_rows, max_rows_) : m_;
  height_ = std::max(std::min(round_up(m_, max_rows_), most_rows), max_rows_);
  if (pack_b_) packed_b_size_ = width_ * depth_;
  if (pack_a_) packed_a_size_ = height_ * depth_;
  if (sparse_a_) nonzeros_size_ = kSparseRows * (1 + depth_ + lanes);

  const bool one_tile = m_ <= max_rows_ && (n_ == panel_ || n_ < lanes) && std::min({m_, n_, k}) > 0;
  at_once_ = one_tile && scratch_size() == 0 && blocks == 1 && m * n * k <= kAtOnce;
}

// What the last tiles of a block bring into the second cache while they compute: series of lines, one for every p.
template <typename T>
struct Product<T>::Ahead {
  static constexpr int64_t kLine = 64 / sizeof(T);
  const T* from = nullptr;
  int64_t count = 0;   // of series: each is a tile's
  int64_t series = 0;  // from the beginning of one to that of the next
  int64_t step = 0;    // from one line to the next
  int64_t wait = 0;    // tiles before the first that takes one: what came earlier would be gone when it is needed

  // A tile takes the next series, or else the lines from `otherwise` on.
  void attach(GemmTask<T>& tile, const T* otherwise) {
    const bool mine = wait-- <= 0 && count > 0;
    tile.ahead = mine ? from : otherwise;
    tile.ahead_step = mine ? step : kLine;
    if (mine) --count, from += series;
  }
};

// A block of each operand, in place or packed, and the block of C that they add to.
template <typename T>
struct Product<T>::Block {
  GemmTask<T> first;  // the block's first tile
  int64_t rows, columns;
  int64_t tile_rows;
  int64_t a_tile;   // from the rows of A of one tile to those of the next
  int64_t b_panel;  // from the columns of B of one tile to those of the next
};

template <typename T>
void Product<T>::run_depth(const T* a, const T* b, T* c, int64_t c_row, const Epilogue<T>& epilogue, Range rows,
                           Range columns, Range blocks, T* scratch) const {
  if (exchanged_) std::swap(a, b);
  T* packed_a = scratch;
  T* packed_b = scratch + packed_a_size_;
  const Epilogue<T> none;
  Block block;
  // Few rows are spared the divisions, which would take as long as they do.
  const bool one_tile = use_dot_ || rows.size() <= max_rows_;
  block.tile_rows = one_tile ? rows.size() : divide_up(rows.size(), divide_up(rows.size(), max_rows_));
  const int64_t most_rows = one_tile ? rows.size() : std::max(height_ / block.tile_rows, int64_t{1}) * block.tile_rows;
  for (int64_t i = rows.begin; i < rows.end; i += most_rows) {
    block.rows = std::min(most_rows, rows.end - i);
    int64_t q = blocks.begin;
    do {
      const int64_t p = q * depth_;
      block.first.k = std::min(depth_, k_ - p);
      place_a(a + i * a_row_ + p * a_step_ + q * a_block_, packed_a, block);
      for (int64_t j = columns.begin; j < columns.end; j += width_) {
        block.columns = std::min(width_, columns.end - j);
        place_b(b + p * b_step_ + j * b_column_, packed_b, block);
        block.first.c = c + i * c_row + j;
        block.first.c_row = c_row;
        block.first.start = q > blocks.begin ? block.first.c : nullptr;
        block.first.start_row = c_row;
        if (p == 0 && epilogue.bias != nullptr) {
          if (exchanged_) {
            std::fill_n(block.first.c, block.columns, *epilogue.bias);
            block.first.start = block.first.c;
          } else {
            block.first.start = epilogue.bias + j;
            block.first.start_row = 0;
          }
        }
        const int64_t next = j + block.columns;
        const Ahead ahead = next_of_b(b + p * b_step_ + next * b_column_, columns.end - next, block);
        const Epilogue<T>& after = p + block.first.k < k_ ? none : epilogue;
        if (sparse_a_) {
          multiply_sparse(block, after, ahead, packed_b + packed_b_size_);
        } else {
          multiply(block, after, ahead);
        }
      }
    } while (++q < blocks.end);
  }
}

// A block of B that is to be packed after this one, as it lies in memory.
template <typename T>
typename Product<T>::Ahead Product<T>::next_of_b(const T* b, int64_t columns, const Block& block) const {
  constexpr int64_t kLine = Ahead::kLine;
  const int64_t k = block.first.k;
  columns = std::min(columns, width_);
  if (!pack_b_ || columns <= 0) return {};
  Ahead ahead = {.from = b};
  if (b_column_ == 1) {  // p runs through its rows
    ahead.count = columns / kLine + 1, ahead.series = kLine, ahead.step = b_step_;
  } else if (b_column_ == k) {
    ahead.count = divide_up(columns, kLine), ahead.series = k * kLine, ahead.step = kLine;
  }
  ahead.wait = divide_up(block.rows, block.tile_rows) * divide_up(block.columns, panel_) - ahead.count;
  return ahead;
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
    kernels_->pack(a, a_row_, block.rows, block.first.k, packed, depth_);
  } else {
    kernels_->pack_transposed(a, a_step_, block.rows, block.first.k, packed, depth_);
  }
}

template <typename T>
void Product<T>::place_b(const T* b, T* packed, Block& block) const {
  block.first.b = pack_b_ ? packed : b;
  block.first.b_step = pack_b_ ? panel_ : use_dot_ ? b_column_ : b_step_;
  block.b_panel = pack_b_ ? panel_ * block.first.k : panel_;
  if (!pack_b_) return;
  if (b_column_ == 1) {
    kernels_->pack(b, b_step_, block.first.k, block.columns, packed, panel_);
  } else {
    kernels_->pack_transposed(b, b_column_, block.first.k, block.columns, packed, panel_);
  }
}

template <typename T>
void Product<T>::multiply(const Block& block, const Epilogue<T>& after, Ahead ahead) const {
  GemmTask<T> row = block.first;
  for (int64_t i = 0; i < block.rows; i += block.tile_rows) {
    const int64_t rows = std::min(block.tile_rows, block.rows - i);
    if (use_dot_) {
      row.columns = block.columns;
      kernels_->dot(row, rows);
    } else {
      multiply_row(row, rows, block, ahead);
    }
    after.finish(row.c, rows, block.columns, row.c_row);
    row.a += block.a_tile;
    row.c += block.tile_rows * row.c_row;
    if (row.start != nullptr) row.start += block.tile_rows * row.start_row;
  }
}

// Runs of sparse rows, and of others as many as a tile takes; each row by itself decides which it is.
template <typename T>
void Product<T>::multiply_sparse(const Block& block, const Epilogue<T>& after, Ahead ahead, T* scratch) const {
  int32_t* lists = reinterpret_cast<int32_t*>(scratch);
  const Nonzeros found = {lists + kSparseRows, lists, depth_ + kernels_->lanes};
  const auto sparse = [&](int64_t row) { return found.count[row] * kSparse <= block.first.k; };
  GemmTask<T> task = block.first;
  for (int64_t begin = 0; begin < block.rows; begin += kSparseRows) {
    const int64_t rows = std::min(kSparseRows, block.rows - begin);
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
      after.finish(task.c, run, block.columns, task.c_row);
      task.a += run * task.a_row;
      task.c += run * task.c_row;
      if (task.start != nullptr) task.start += run * task.start_row;
    }
  }
}

template <typename T>
void Product<T>::multiply_sparse_rows(GemmTask<T> task, int64_t rows, const Block& block, Nonzeros found) const {
  const int64_t width = pack_b_ ? panel_ : block.columns;
  for (int64_t j = 0; j < block.columns; j += width) {
    task.columns = std::min(width, block.columns - j);
    kernels_->sparse(task, rows, found);
    task.b += block.b_panel;
    task.c += width;
    if (task.start != nullptr) task.start += width;
  }
}

// A row of tiles.
template <typename T>
void Product<T>::multiply_row(GemmTask<T> tile, int64_t rows, const Block& block, Ahead& ahead) const {
  const int64_t lanes = kernels_->lanes;
  const bool rows_follow = tile.a_step == 1 && tile.a_row < tile.k + Ahead::kLine;
  const T* next_rows = rows_follow ? tile.a + block.a_tile : nullptr;
  const T* panel = tile.b;
  for (int64_t j = 0; j < block.columns; j += panel_) {
    int64_t left = std::min(panel_, block.columns - j);
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

template class Product<float>;
template class Product<double>;

}  // namespace lamina
