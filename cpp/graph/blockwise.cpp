#include "graph/blockwise.h"

#include <algorithm>
#include <atomic>

#include "core/threads.h"

namespace lamina {

namespace {

// Half of a second cache of 1 MB for what a block needs of its own, half for the weights, which every block reads.
constexpr int64_t kCacheBytes = 1 << 20;

std::atomic<int64_t> g_block_rows = 0;

}  // namespace

void set_block_rows(int64_t rows) {
  g_block_rows = rows;
}

int64_t rows_of_block(int64_t rows, int64_t live, int64_t caller, int64_t weights) {
  if (const int64_t asked = g_block_rows; asked > 0) return std::min(asked, rows);
  if (live <= kCacheBytes || weights > kCacheBytes / 2) return rows;
  return std::max<int64_t>(kCacheBytes / 2 / ((live + caller) / rows), 1);
}

std::shared_ptr<Blockwise> Blockwise::make(const Instructions& list, int64_t rows, int64_t most) {
  const auto result = std::make_shared<Blockwise>();
  const int64_t workers = thread_count();  // should threads be added later, they look on
  // As many for each worker, as far as there are rows.
  result->blocks_ = std::min(((rows + most - 1) / most + workers - 1) / workers * workers, rows);
  result->longer_ = rows % result->blocks_;
  int64_t bytes = 0;
  for (const int64_t more : {1, 0}) {
    if (more == 1 && result->longer_ == 0) continue;
    const int64_t size = rows / result->blocks_ + more;
    const auto block = cut_rows(list, size);
    if (!block) return nullptr;
    result->parts_.push_back(std::make_unique<Part>(*block, size));
    bytes = std::max(bytes, result->parts_.back()->plan.arena_bytes());
  }
  for (int64_t w = 0; w < std::min(workers, result->blocks_); ++w) {
    result->arenas_.push_back(std::make_unique<Buffer>(bytes));
    for (const auto& part : result->parts_) part->tables.push_back(part->plan.table_over(*result->arenas_.back()));
  }
  const Part& part = *result->parts_.front();
  for (const TensorType& type : part.plan.input_types()) result->input_bytes_.push_back(type.bytes() / part.rows);
  for (const TensorType& type : part.plan.output_types()) result->output_bytes_.push_back(type.bytes() / part.rows);
  return result;
}

StepKernel Blockwise::kernel(const std::shared_ptr<Blockwise>& self) const {
  StepKernel kernel;
  kernel.run = [self](const StepData& data, Worker worker, int) { self->run(data, worker); };
  kernel.most_workers = static_cast<int>(arenas_.size());
  kernel.in_pieces = true;
  kernel.nanoseconds = static_cast<double>(blocks_) * parts_.front()->plan.nanoseconds();
  return kernel;
}

void Blockwise::run(const StepData& data, Worker worker) {
  const Range mine = worker.share(blocks_);
  SpinBarrier alone;
  for (int64_t block = mine.begin; block < mine.end && !refused_.load(std::memory_order_relaxed); ++block) {
    Part& part = *(block < longer_ ? parts_.front() : parts_.back());
    const int64_t row = block * part.rows + (block < longer_ ? 0 : longer_);
    void** const table = part.tables[static_cast<size_t>(data.seat())].data();
    const auto &from = part.plan.input_slots(), &to = part.plan.output_slots();
    for (size_t i = 0; i < from.size(); ++i) {
      table[from[i]] = const_cast<char*>(data.in<char>(static_cast<int>(i))) + row * input_bytes_[i];
      const TensorType& type = part.plan.input_types()[i];
      if (accepts_ != nullptr && !accepts_(table[from[i]], type.dtype, type.size())) refused_ = true;
    }
    for (size_t i = 0; i < to.size(); ++i) {
      table[to[i]] = data.out<char>(static_cast<int>(i)) + row * output_bytes_[i];
    }
    part.plan.walk(table, Worker{}, alone);
  }
}

}  // namespace lamina
