#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "graph/lazy_clock.h"
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

  // Rewinds; rows come in the order of `order`, or as they are where it is empty.
  void begin(std::vector<int64_t> order);
  void begin_shuffled(uint64_t seed);

  // Runs up to `batches` batches for about `seconds`, or till `stop_wanted`; returns how many ran, 0 when the epoch is
  // over. Throws what a plan finds wrong with a batch.
  int64_t run(int64_t batches, double seconds);

  // Runs up to `epochs` whole epochs for about `seconds`, the one numbered e shuffled by `seed` + e (no seed: in order)
  // and ended by `finish`, whose scalar outputs are appended to `logs`. Returns how many ended; one that has begun,
  // here or before the call, is continued by the next.
  int64_t run_epochs(int64_t epochs, std::optional<uint64_t> seed, Plan& finish, double seconds,
                     std::vector<double>& logs);

 private:
  using Clock = LazyClock::Clock;

  // Batches for one team; it stops at the deadline.
  struct Stretch {
    int64_t first, last;
    Clock::time_point deadline;
    LazyClock& clock;
    bool measured = false;                // in time, from the end of the first batch on,
    Clock::time_point counted_from = {};  // which was here
    bool stop = false;                    // written by worker 0 before a barrier, read by all after it
  };

  Plan& plan_for(int64_t index) const { return index < whole_batches_ ? *plan_ : *tail_; }
  std::pair<std::unique_lock<std::mutex>, std::unique_lock<std::mutex>> lock() const;
  // Runs batches up to `last`, one at least, until the clock or somebody says stop.
  void run_until(int64_t last, Clock::time_point deadline, LazyClock& clock);
  // One worker's part of what a team runs without a break.
  void run_share(Worker worker, SpinBarrier& barrier, Stretch& stretch);
  bool faulty() const { return plan_->faulty() || (tail_ && tail_->faulty()); }
  void raise_faults() const;
  void make_batches();
  void bind(int64_t index);
  Range share_of(int64_t index, Worker worker) const;  // of a batch's rows
  void gather(int64_t index, Worker worker) const;
  // Tells the worker which rows it will gather for a batch.
  void foresee(int64_t index, Worker worker) const;

  std::vector<RowArray> arrays_, outputs_;
  int64_t rows_, batch_;
  int64_t batch_count_, whole_batches_;
  std::shared_ptr<Plan> plan_, tail_;
  std::vector<std::unique_ptr<Buffer>> batches_;    // gathered rows, one per array
  std::vector<std::unique_ptr<Buffer>> discarded_;  // where outputs go that nobody asked for
  std::vector<int64_t> order_;
  int64_t next_;  // the batch to run next; past the last one while no epoch has begun
  TeamTuner tuner_;
};

}  // namespace lamina
