#pragma once

#include "core/row_queue.h"
#include "kernels/gemm.h"
#include "ops/matmul/intake.h"

namespace lamina {

// What the tiles of a block bring into the second cache while they compute, a line for every p: the next rows of
// an intake's operands, the block of B that is to be packed next, the next rows of A, or what the worker needs later.
template <typename T>
class Ahead {
 public:
  static constexpr int64_t kLine = 64 / sizeof(T);

  Ahead(int64_t k, RowQueue* soon) : k_(k), soon_(soon) {}

  // Each of the last `count` of `tiles` takes k lines that lie `step` apart, `next` after those of the one before: what
  // came earlier would be gone when it is needed.
  void fetch_block(const T* from, int64_t count, int64_t next, int64_t step, int64_t tiles) {
    block_ = from, block_count_ = count, block_next_ = next, block_step_ = step;
    wait_ = tiles - count;
  }

  // Of each row of the operands so many lines from a column on; a tile takes as many rows as make k lines.
  void fetch_operands(const Intake<T>& intake, Range rows, int64_t column, int64_t lines) {
    if (k_ % lines != 0) return;
    intake_ = &intake, column_ = column, lines_ = lines;
    last_row_ = rows.end;
    fetched_.fill(rows.begin);
  }
  // Operands are wanted up to this row.
  void want(int64_t row) { wanted_ = row; }

  // Chooses for a tile, which may be followed by another with other rows of A.
  void attach(GemmTask<T>& tile, const T* next_rows) {
    --wait_;
    tile.k = k_, tile.runs = 1;
    if (attach_operand(tile)) return;
    tile.ahead = next_rows;
    tile.ahead_step = kLine;
    if (wait_ < 0 && block_count_ > 0) {
      tile.ahead = block_;
      tile.ahead_step = block_step_;
      --block_count_, block_ += block_next_;
    } else if (next_rows == nullptr && soon_ != nullptr) {
      const RowQueue::Piece piece = soon_->take(k_);
      tile.ahead = reinterpret_cast<const T*>(piece.from);
      tile.ahead_step = piece.step / static_cast<int64_t>(sizeof(T));
    }
  }

 private:
  bool attach_operand(GemmTask<T>& tile) {
    if (intake_ == nullptr) return false;
    operand_ = operand_ + 1 < intake_->operand_count ? operand_ + 1 : 0;
    const int64_t row = fetched_[operand_], rows = k_ / lines_;
    if (row >= wanted_ || row + rows > last_row_) return false;
    fetched_[operand_] += rows;
    tile.k = lines_, tile.runs = rows;
    tile.a_run = lines_ * tile.a_step;
    tile.ahead = intake_->operands[operand_] + row * intake_->operand_row + column_;
    tile.ahead_step = kLine;
    tile.ahead_run = intake_->operand_row;
    return true;
  }

  int64_t k_;
  RowQueue* soon_;
  const T* block_ = nullptr;
  int64_t block_count_ = 0, block_next_ = 0, block_step_ = 0;
  int64_t wait_ = 0;  // tiles before the first that takes a part of the block

  const Intake<T>* intake_ = nullptr;
  int64_t column_ = 0, lines_ = 0, wanted_ = 0, last_row_ = 0;
  std::array<int64_t, Intake<T>::kMostOperands> fetched_ = {};  // rows of each operand
  int operand_ = 0;                                             // whose turn it is
};

}  // namespace lamina
