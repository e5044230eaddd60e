#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "graph/plan.h"
#include "graph/team_tuner.h"

namespace lamina {

// Rows of one array: what a loop cuts its batches from.
struct RowArray {
  const char* data;
  int64_t row_bytes;
};

// Runs plans over batches of rows, an epoch in one call: shuffles, gathers each batch's rows into the plan's inputs,
// and keeps one team of workers for as long as the caller lets it run.
class Loop {
 public:
  // `plan` takes batches of `batch` rows, `tail` the short last one (null where there is none). `outputs`, if any,
  // receive the plan's outputs row by row.
  Loop(std::vector<RowArray> arrays, std::vector<RowArray> outputs, int64_t rows, int64_t batch,
       std::shared_ptr<Plan> plan, std::shared_ptr<Plan> tail);

  // Every run stops after the batch at hand once `stop` is true.
  void watch(const std::atomic<bool>& stop) { watched_ = &stop; }

  // Rewinds; rows come in the order of `order`, or as they are where it is empty.
  void begin(std::vector<int64_t> order);
  void begin_shuffled(uint64_t seed);

  // Runs up to `batches` batches for about `seconds`; returns how many ran, 0 when the epoch is over.
  int64_t run(int64_t batches, double seconds);

  // Runs up to `epochs` whole epochs for about `seconds`, each shuffled by its seed (none: in order) and ended by
  // `finish`, whose scalar outputs are appended to `logs`. An epoch cut short is continued by the next call.
  int64_t run_epochs(int64_t epochs, const std::vector<uint64_t>& seeds, Plan& finish, double seconds,
                     std::vector<double>& logs);

 private:
  bool stopped() const { return watched_ != nullptr && watched_->load(std::memory_order_relaxed); }
  int64_t batch_count() const { return (rows_ + batch_ - 1) / batch_; }
  Plan& plan_for(int64_t index) const { return index < rows_ / batch_ ? *plan_ : *tail_; }
  // Runs batches up to `last`, one at least; returns the time of one, not counting the first.
  TeamTuner::Clock::duration run_team_until(int workers, int64_t last, TeamTuner::Clock::time_point deadline);
  void bind(int64_t index);
  void gather(int64_t index, Worker worker) const;

  std::vector<RowArray> arrays_, outputs_;
  int64_t rows_, batch_;
  std::shared_ptr<Plan> plan_, tail_;
  std::vector<std::unique_ptr<Buffer>> batches_;    // gathered rows, one per array
  std::vector<std::unique_ptr<Buffer>> discarded_;  // where outputs go that nobody asked for
  std::vector<int64_t> order_;
  int64_t next_ = 0;
  bool mid_epoch_ = false;
  TeamTuner tuner_;
  const std::atomic<bool>* watched_ = nullptr;
};

}  // namespace lamina
