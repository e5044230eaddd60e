#include "ops/matmul/product.h"

#include <algorithm>
#include <utility>

namespace lamina {

namespace {

// For caches of 32 KB and 1 MB: a panel of A's rows stays in the first while a block of B passes by from the second.
constexpr int64_t kBlockBytes = 256 * 1024;
// From so many rows and so large a B on it pays to copy a block of B in the order in which the tiles read it; from a
// smaller one on where its rows get into each other's way.
constexpr int64_t kPackRows = 256;
constexpr int64_t kPackBytes = 2048 * 1024, kPackConflictBytes = 1024 * 1024;
// Rows of A that are packed at once, at most; the copy is read once for every block of B, from the third cache, and B
// is packed once for every copy.
constexpr int64_t kMostRows = 1024;
// Multiply-adds of a product that is not worth sharing.
constexpr int64_t kAtOnce = 1 << 16;
// Multiply-adds of a product that workers claim in pieces.
constexpr int64_t kLarge = 1 << 26;
// What lies a multiple of this apart, elements of a row of A or rows of B, meets in the same few lines of the first
// cache, and a sixteenth of the second, and has to be copied closer together.
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
  const int64_t least_bytes = b_step_ * size % kConflictBytes == 0 ? kPackConflictBytes : kPackBytes;
  pack_b_ = !use_dot_ && (transposed || (m_ >= kPackRows && k * n_ * size >= least_bytes));
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
  is_large_ = !use_dot_ && !sparse_a_ && !exchanged_ && blocks == 1 && height_ >= m_ && m * n * k >= kLarge;
  at_once_ = one_tile && scratch_size() == 0 && blocks == 1 && m * n * k <= kAtOnce;
}

template Product<float>::Product(int64_t, int64_t, int64_t, Factor, Factor, const GemmKernels<float>&, int64_t);
template Product<double>::Product(int64_t, int64_t, int64_t, Factor, Factor, const GemmKernels<double>&, int64_t);

}  // namespace lamina
