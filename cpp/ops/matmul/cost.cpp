#include <algorithm>
#include <limits>

#include "ops/matmul/product.h"

// What a product costs: how many workers it is worth, and along which side they share it. (All measured.)
namespace lamina {

namespace {

// What it costs to read an operand, or to pack B, as that many more rows or columns.
constexpr int64_t kReadCost = 4, kPackCost = 32;
// What it costs, in multiply-adds, to write a piece of a row of which another core writes the next: prefetching takes
// the other's lines away. Between pieces this wide that happens too rarely to matter.
constexpr int64_t kShareCost = 1280;
constexpr int64_t kWidePiece = 256;

}  // namespace

template <typename T>
int Product<T>::column_workers(int64_t batch, int workers) const {
  // Rows are contiguous. Where pieces of columns lie side by side, cores fetch ahead across the border and take lines
  // from each other: measured forty times slower to write. But columns of one's own are all of B that one has to pack.
  const bool many_rows = batch * m_ >= workers * kTileRows;
  if (workers == 1 || (many_rows && !pack_b_)) return 1;
  int best = 1;
  int64_t least = std::numeric_limits<int64_t>::max();
  for (int across = 1; across <= workers; ++across) {
    if (workers % across != 0) continue;
    const int64_t rows = divide_up(batch * m_, workers / across);
    const int64_t columns = round_up(divide_up(n_, across), kernels_->lanes);
    if (across > 1 && many_rows && columns < kWidePiece) break;
    const int64_t row_cost = pack_a_ ? kPackCost : kReadCost, column_cost = pack_b_ ? kPackCost : kReadCost;
    const int64_t read = (rows + column_cost) * (columns + row_cost) * k_;
    const int64_t cost = read + (across > 1 ? kShareCost * rows : 0);
    if (cost < least) {
      least = cost;
      best = across;
    }
  }
  return best;
}

template <typename T>
double Product<T>::nanoseconds() const {
  // Measured: multiply-adds in bytes of vectors, bytes of B from the second cache or transposed on the way, bytes of C.
  constexpr double kMultiplyAdd = 1.0 / 230, kRead = 0.005, kTranspose = 0.02, kWrite = 0.01, kStart = 30;
  const double size = sizeof(T), m = static_cast<double>(m_), k = static_cast<double>(k_);
  const double n = static_cast<double>(round_up(n_, kernels_->lanes));
  const double read = pack_b_ && b_column_ != 1 ? kTranspose : kRead;
  return kStart + size * (m * k * n * kMultiplyAdd + k * n * read + m * n * kWrite);
}

template int Product<float>::column_workers(int64_t, int) const;
template int Product<double>::column_workers(int64_t, int) const;
template double Product<float>::nanoseconds() const;
template double Product<double>::nanoseconds() const;

}  // namespace lamina
