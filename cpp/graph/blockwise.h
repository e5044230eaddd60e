#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "graph/cut_rows.h"
#include "graph/plan.h"

namespace lamina {

// Runs a graph of many rows a block of rows at a time: a worker takes a block through all steps by itself, with what
// lies between them in its own cache, and meets nobody.
class Blockwise {
 public:
  // `rows` rows as blocks of `most` at most, of about equal size; nothing where rows depend on each other.
  static std::shared_ptr<Blockwise> make(const Instructions& list, int64_t rows, int64_t most);

  StepKernel kernel(const std::shared_ptr<Blockwise>& self) const;
  // Before each block from now on, `accepts` is asked about its inputs (null: nobody is); when it refuses, the
  // blocks to come are passed over. Returns whether that has not happened since the call before.
  bool ask(Accepts accepts) {
    accepts_ = accepts;
    return !refused_.exchange(false);
  }
  int64_t arena_bytes() const { return static_cast<int64_t>(arenas_.size()) * arenas_.front()->bytes(); }

 private:
  // The plan for blocks of one size, and each worker's table of pointers for it.
  struct Part {
    Part(const RowGraph& block, int64_t block_rows)
        : plan(block.graph, block.outputs, PlanUse::kBlock), rows(block_rows) {}
    Plan plan;
    int64_t rows;
    std::vector<std::vector<void*>> tables;
  };

  void run(const StepData& data, Worker worker);

  Accepts accepts_ = nullptr;
  std::atomic<bool> refused_ = false;
  std::vector<std::unique_ptr<Part>> parts_;
  int64_t blocks_ = 0, longer_ = 0;                  // so many blocks, of which the first few have a row more
  std::vector<int64_t> input_bytes_, output_bytes_;  // of a row
  std::vector<std::unique_ptr<Buffer>> arenas_;      // one for each worker
};

// How many rows a plan should take at a time whose steps share `live` bytes of memory for all its `rows` and read
// `weights` bytes besides; `rows` if all at once.
int64_t rows_of_block(int64_t rows, int64_t live, int64_t caller, int64_t weights);
// Has every plan that can be cut take so many rows at a time (for tests); zero: as many as are best.
void set_block_rows(int64_t rows);

}  // namespace lamina
