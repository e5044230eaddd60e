#pragma once

#include <algorithm>

#include "core/worker.h"
#include "kernels/gemm.h"
#include "ops/divide.h"
#include "ops/epilogue.h"
#include "ops/matmul/ahead.h"
#include "ops/matmul/intake.h"
#include "ops/matmul/pieces.h"

namespace lamina {

// Sums over more bytes of a row of A are cut into blocks. The deeper these, the less often C comes by from further out.
constexpr int64_t kDepthBytes = 4096;

// An operand of a product: perhaps transposed, perhaps in blocks of columns (graph/column_blocks.h), perhaps largely 0.
struct Factor {
  bool transposed = false;
  int64_t blocks = 1;
  bool sparse = false;
};

// C (m, n) = op(A) (m, k) op(B) (k, n), row-major, where op may transpose; how the product of these sizes is cut into
// blocks for the caches. The work may be shared out in any rectangles of C without changing a bit of it.
// Rows of a sparse A of which few elements are not 0 meet only the rows of B that those do.
// A product with n = 1 is computed as the row (1, m) that lies in the same memory: m() and n() are then exchanged.
template <typename T>
class Product {
 public:
  // k is cut into `least_blocks` blocks at least. Of operands in blocks, those that lie side by side along k are
  // A's; of others, a call of `run` sees one.
  Product(int64_t m, int64_t n, int64_t k, Factor a, Factor b, const GemmKernels<T>& kernels, int64_t least_blocks = 1);

  double nanoseconds() const;  // estimate for one core, without the epilogue
  int64_t m() const { return m_; }
  int64_t n() const { return n_; }
  int64_t column_grain() const { return kernels_->lanes; }
  // Elements, for each worker; `run_into` needs room for the rows that it hands over as well.
  int64_t scratch_size() const { return packed_a_size_ + packed_b_size_ + nonzeros_size_; }
  int64_t intake_scratch_size() const { return scratch_size() + intake_rows() * width_; }
  // How many of `workers` share the columns when `batch` products are to be done; the others share the rows.
  int column_workers(int64_t batch, int workers) const;

  // Computes a rectangle of C, whose rows lie c_row apart; its columns begin at a multiple of column_grain. What is
  // wanted `soon` is fetched where there is the time.
  void run(const T* a, const T* b, T* c, int64_t c_row, const Epilogue<T>& epilogue, Range rows, Range columns,
           T* scratch, RowQueue* soon) const {
    run_depth(a, b, c, c_row, epilogue, rows, columns, {0, depth_blocks()}, scratch, soon);
  }
  // Computes a rectangle of C for `intake`; there must be but one block of k.
  void run_into(const T* a, const T* b, const Intake<T>& intake, Range rows, Range columns, T* scratch,
                RowQueue* soon) const {
    run_blocks(a, b, {.c = scratch, .c_row = width_, .intake = &intake}, rows, columns, {0, 1},
               scratch + intake_rows() * width_, soon);
  }
  // Whether there is so much to do that workers had better claim it, in pieces.
  bool is_large() const { return is_large_; }
  // If they are down x across workers, who share its rows and columns.
  Pieces pieces(int down, int across) const {
    return {.m = m_,
            .n = n_,
            .tile_rows = max_rows_,
            .grain = column_grain(),
            .width = width_,
            .row_cost = std::min(width_, n_) * k_,
            .down = down,
            .across = across};
  }
  // All of A is packed before the first piece, for everybody, but best by who needs it: so many elements, or none.
  int64_t packed_a_size() const { return packed_a_size_; }
  void pack_rows(const T* a, T* packed, Worker worker) const;
  // As `run` and `run_into`.
  int64_t piece_scratch_size() const { return packed_b_size_; }
  int64_t intake_piece_scratch_size() const { return packed_b_size_ + intake_rows() * width_; }
  void run_piece(const T* a, const T* b, T* c, const Epilogue<T>& epilogue, const Piece& piece,
                 PieceMemory<T>& memory) const {
    run_block(a, b, {.c = c, .c_row = n_, .epilogue = &epilogue}, piece, memory);
  }
  void run_piece_into(const T* a, const T* b, const Intake<T>& intake, const Piece& piece,
                      PieceMemory<T>& memory) const {
    T* rows = memory.scratch + packed_b_size_;
    run_block(a, b, {.c = rows, .c_row = width_, .intake = &intake}, piece, memory);
  }
  // Whether one call of a kernel does it all, and no second worker could help; then so does `run_at_once`.
  bool at_once() const { return at_once_; }
  void run_at_once(const T* a, const T* b, T* c, const Epilogue<T>& epilogue) const;
  // k is cut into blocks, and C is the sum of their products in order. This adds up a few of them in C; the first gets
  // the bias, and the activation follows upon the last.
  int64_t depth_blocks() const { return divide_up(k_, depth_); }
  void run_depth(const T* a, const T* b, T* c, int64_t c_row, const Epilogue<T>& epilogue, Range rows, Range columns,
                 Range blocks, T* scratch, RowQueue* soon) const {
    run_blocks(a, b, {.c = c, .c_row = c_row, .epilogue = &epilogue}, rows, columns, blocks, scratch, soon);
  }

 private:
  // Tiles are as wide as leaves them this many rows, or all there are.
  static constexpr int64_t kTileRows = 6;
  // Rows of a sparse A that are looked through at once.
  static constexpr int64_t kSparseRows = 16;

  // Where the product goes: to C, whose rows lie c_row apart, or by way of the few rows there are at c to the intake.
  struct Destination {
    T* c;
    int64_t c_row;
    const Epilogue<T>* epilogue = nullptr;
    const Intake<T>* intake = nullptr;
  };
  struct Block;

  void run_blocks(const T* a, const T* b, const Destination& to, Range rows, Range columns, Range blocks, T* scratch,
                  RowQueue* soon) const;
  void run_block(const T* a, const T* b, const Destination& to, const Piece& piece, PieceMemory<T>& memory) const;
  void copy_a(const T* a, T* packed, int64_t rows, int64_t k) const;
  void place_a(const T* a, const T* packed, Block& block) const;
  void copy_b(const T* b, T* packed, int64_t k, int64_t columns) const;
  void place_b(const T* b, const T* packed, Block& block) const;
  void start_with_bias(const Destination& to, Block& block) const;
  void look_ahead(const T* b, const Destination& to, Range rows, Range columns, const Block& block,
                  Ahead<T>& ahead) const;
  void fetch_next_of_b(const T* b, int64_t columns, const Block& block, Ahead<T>& ahead) const;
  void multiply(const Block& block, Ahead<T>& ahead) const;
  void multiply_sparse(const Block& block, Ahead<T>& ahead, T* scratch) const;
  void multiply_sparse_rows(GemmTask<T> task, int64_t rows, const Block& block, Nonzeros found) const;
  void multiply_row(GemmTask<T> tile, int64_t rows, const Block& block, Ahead<T>& ahead) const;
  int64_t intake_rows() const { return use_dot_ ? m_ : std::max(max_rows_, kSparseRows); }

  const GemmKernels<T>* kernels_;
  int64_t m_, n_, k_;
  int64_t a_row_, a_step_;     // element (i, p) of op(A) is a[i * a_row + p * a_step],
  int64_t a_block_ = 0;        // and this further on for each block of k before p's
  int64_t b_step_, b_column_;  // element (p, j) of op(B) is b[p * b_step + j * b_column]
  bool at_once_, is_large_;
  bool exchanged_ = false;  // n was 1: A and B have changed places, and the only bias goes to every element
  bool use_dot_;            // vectors run along k
  bool pack_a_, pack_b_;
  bool sparse_a_;
  int64_t depth_;     // k is cut into blocks of this
  int64_t height_;    // rows are cut into blocks of at most this
  int64_t width_;     // columns are cut into blocks of this ...
  int64_t panel_;     // ... and those into panels as wide as a tile
  int64_t max_rows_;  // of a tile
  int64_t packed_a_size_ = 0, packed_b_size_ = 0, nonzeros_size_ = 0;
};

}  // namespace lamina
