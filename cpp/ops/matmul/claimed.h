#pragma once

#include "core/claims.h"
#include "graph/op.h"
#include "ops/matmul/product.h"

namespace lamina {

// A step for a large product, whose A is the input `a`: across(count) of `count` workers share its columns, the others
// its rows, in pieces, for each of which run_piece(data, piece, memory) is called.
template <typename T, typename Across, typename RunPiece>
StepKernel claimed_step(const NodeInfo& info, const Product<T>& product, double nanoseconds, int a,
                        int64_t scratch_size, const Across& across, const RunPiece& run_piece) {
  const int64_t packed_size = product.packed_a_size();
  StepKernel kernel;
  kernel.nanoseconds = nanoseconds;
  kernel.phases = packed_size > 0 ? 2 : 1;
  kernel.scratch_bytes = (packed_size + scratch_size * info.workers) * static_cast<int64_t>(sizeof(T));
  kernel.run = [=, claims = Claims(info.workers)](const StepData& data, Worker worker, int phase) {
    T* scratch = data.scratch<T>();
    if (packed_size > 0 && phase == 0) return product.pack_rows(data.in<T>(a), scratch, worker);
    PieceMemory<T> memory = {scratch, scratch + packed_size + data.seat() * scratch_size, worker.soon};
    const int beside = across(worker.count);
    const Pieces pieces = product.pieces(worker.count / beside, beside);
    claims.run(worker, pieces.of_each(), [&](int owner, int number) {
      const Piece piece = pieces.piece(owner, number);
      if (piece.rows.size() > 0 && piece.columns.size() > 0) run_piece(data, piece, memory);
    });
  };
  return kernel;
}

}  // namespace lamina
