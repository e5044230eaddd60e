#include <algorithm>

#include "ops/matmul/block.h"

// Where a product's operands lie while a block of them is multiplied, and what comes into the caches meanwhile.
namespace lamina {

namespace {

// An intake's operands of more bytes than that do not stay in the second cache from one time to the next.
constexpr int64_t kFarBytes = 1 << 20;

// Copies (rows, columns) into panels; element (i, j) is x[i * row + j * column], and one of the two is 1.
template <typename T>
void pack(const GemmKernels<T>& kernels, const T* x, int64_t row, int64_t column, int64_t rows, int64_t columns,
          T* packed, int64_t width) {
  if (column == 1) {
    kernels.pack(x, row, rows, columns, packed, width);
  } else {
    kernels.pack_transposed(x, column, rows, columns, packed, width);
  }
}

}  // namespace

// A packed block lies row by row, as an A that is not transposed does.
template <typename T>
void Product<T>::copy_a(const T* a, T* packed, int64_t rows, int64_t k) const {
  if (pack_a_) pack(*kernels_, a, a_row_, a_step_, rows, k, packed, depth_);
}

template <typename T>
void Product<T>::place_a(const T* a, const T* packed, Block& block) const {
  block.first.a = pack_a_ ? packed : a;
  block.first.a_row = a_row_;
  block.first.a_step = a_step_;
  block.a_tile = block.tile_rows * a_row_;
  if (!pack_a_) return;
  block.first.a_row = depth_;
  block.first.a_step = 1;
  block.a_tile = block.tile_rows * depth_;
}

template <typename T>
void Product<T>::copy_b(const T* b, T* packed, int64_t k, int64_t columns) const {
  if (pack_b_) pack(*kernels_, b, b_step_, b_column_, k, columns, packed, panel_);
}

template <typename T>
void Product<T>::place_b(const T* b, const T* packed, Block& block) const {
  block.first.b = pack_b_ ? packed : b;
  block.first.b_step = pack_b_ ? panel_ : use_dot_ ? b_column_ : b_step_;
  block.b_panel = pack_b_ ? panel_ * block.first.k : panel_;
}

template <typename T>
void Product<T>::pack_rows(const T* a, T* packed, Worker worker) const {
  const Range rows = worker.share(m_, max_rows_);
  copy_a(a + rows.begin * a_row_, packed + rows.begin * depth_, rows.size(), k_);
}

// Has the tiles fetch what is needed after the block, in a share of C that goes on with these rows and columns.
template <typename T>
void Product<T>::look_ahead(const T* b, const Destination& to, Range rows, Range columns, const Block& block,
                            Ahead<T>& ahead) const {
  const int64_t next = block.columns.end;
  fetch_next_of_b(b + next * b_column_, columns.end - next, block, ahead);
  if (to.intake == nullptr || to.intake->bytes(rows, columns) <= kFarBytes) return;
  const int64_t lines = divide_up(width_, Ahead<T>::kLine);
  ahead.fetch_operands(*to.intake, {block.rows.begin, rows.end}, block.columns.begin, lines);
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

template void Product<float>::look_ahead(const float*, const Destination&, Range, Range, const Block&,
                                         Ahead<float>&) const;
template void Product<float>::pack_rows(const float*, float*, Worker) const;
template void Product<float>::copy_a(const float*, float*, int64_t, int64_t) const;
template void Product<float>::place_a(const float*, const float*, Block&) const;
template void Product<float>::copy_b(const float*, float*, int64_t, int64_t) const;
template void Product<float>::place_b(const float*, const float*, Block&) const;
template void Product<double>::look_ahead(const double*, const Destination&, Range, Range, const Block&,
                                          Ahead<double>&) const;
template void Product<double>::pack_rows(const double*, double*, Worker) const;
template void Product<double>::copy_a(const double*, double*, int64_t, int64_t) const;
template void Product<double>::place_a(const double*, const double*, Block&) const;
template void Product<double>::copy_b(const double*, double*, int64_t, int64_t) const;
template void Product<double>::place_b(const double*, const double*, Block&) const;

}  // namespace lamina
