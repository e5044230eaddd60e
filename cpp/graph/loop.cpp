#include "graph/loop.h"

#include <chrono>
#include <cstring>
#include <numeric>

#include "core/row_queue.h"
#include "core/stop.h"
#include "core/threads.h"

namespace lamina {

namespace {

// An array of so many bytes has to be read from memory.
constexpr int64_t kFarBytes = 8 << 20;

LazyClock::Clock::duration duration(double seconds) {
  // A week is as good as for ever, and does not overflow the clock.
  return std::chrono::duration_cast<LazyClock::Clock::duration>(
      std::chrono::duration<double>(std::clamp(seconds, 0.0, 604800.0)));
}

// SplitMix64 (Steele, Lea, Flood 2014): enough for a shuffle, whose seed comes from a better generator.
class SplitMix {
 public:
  explicit SplitMix(uint64_t seed) : state_(seed) {}
  // Uniform in 0..bound-1 by multiplication and shift (Lemire 2019); the bias is below bound / 2^64.
  uint64_t below(uint64_t bound) {
    uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    z ^= z >> 31;
    return static_cast<uint64_t>((static_cast<__uint128_t>(z) * bound) >> 64);
  }

 private:
  uint64_t state_;
};

template <int64_t kBytes>
void gather_rows(const RowArray& from, const int64_t* order, Range share, char* to) {
  const int64_t bytes = kBytes > 0 ? kBytes : from.row_bytes;
  for (int64_t i = share.begin; i < share.end; ++i) {
    std::memcpy(to + i * bytes, from.data + order[i] * bytes, static_cast<size_t>(bytes));
  }
}

}  // namespace

Loop::Loop(std::vector<RowArray> arrays, std::vector<RowArray> outputs, int64_t rows, int64_t batch,
           std::shared_ptr<Plan> plan, std::shared_ptr<Plan> tail)
    : arrays_(std::move(arrays)),
      outputs_(std::move(outputs)),
      rows_(rows),
      batch_(batch),
      batch_count_((rows + batch - 1) / batch),
      whole_batches_(rows / batch),
      plan_(std::move(plan)),
      tail_(std::move(tail)),
      next_(batch_count_) {
  if (outputs_.empty()) {
    for (const TensorType& type : plan_->output_types()) discarded_.push_back(std::make_unique<Buffer>(type.bytes()));
  }
}

void Loop::make_batches() {
  if (!batches_.empty()) return;
  std::vector<std::unique_ptr<Buffer>> batches;
  for (const RowArray& array : arrays_) batches.push_back(std::make_unique<Buffer>(batch_ * array.row_bytes));
  batches_ = std::move(batches);
}

void Loop::begin(std::vector<int64_t> order) {
  if (!order.empty()) make_batches();
  order_ = std::move(order);
  next_ = 0;
}

void Loop::begin_shuffled(uint64_t seed) {
  make_batches();
  order_.resize(static_cast<size_t>(rows_));
  std::iota(order_.begin(), order_.end(), 0);
  SplitMix random(seed);
  for (size_t i = order_.size(); i > 1; --i) std::swap(order_[i - 1], order_[random.below(i)]);
  next_ = 0;
}

void Loop::bind(int64_t index) {
  Plan& plan = plan_for(index);
  const int64_t row = index * batch_;
  for (size_t i = 0; i < arrays_.size(); ++i) {
    plan.bind_input(i, order_.empty() ? arrays_[i].data + row * arrays_[i].row_bytes : batches_[i]->data());
  }
  for (size_t i = 0; i < plan.output_types().size(); ++i) {
    const bool wanted = !outputs_.empty();
    plan.bind_output(i, wanted ? const_cast<char*>(outputs_[i].data) + row * outputs_[i].row_bytes
                               : static_cast<char*>(discarded_[i]->data()));
  }
}

Range Loop::share_of(int64_t index, Worker worker) const {
  return worker.share(std::min(batch_, rows_ - index * batch_));
}

void Loop::gather(int64_t index, Worker worker) const {
  const int64_t first = index * batch_;
  const Range share = share_of(index, worker);
  for (size_t i = 0; i < arrays_.size(); ++i) {
    char* to = static_cast<char*>(batches_[i]->data());
    switch (arrays_[i].row_bytes) {
      case 4:
        gather_rows<4>(arrays_[i], order_.data() + first, share, to);
        break;
      case 8:
        gather_rows<8>(arrays_[i], order_.data() + first, share, to);
        break;
      default:
        gather_rows<0>(arrays_[i], order_.data() + first, share, to);
    }
  }
}

void Loop::foresee(int64_t index, Worker worker) const {
  const auto widest = std::max_element(arrays_.begin(), arrays_.end(),
                                       [](const RowArray& a, const RowArray& b) { return a.row_bytes < b.row_bytes; });
  if (index == batch_count_ || rows_ * widest->row_bytes < kFarBytes) return;
  const Range share = share_of(index, worker);
  worker.soon->start(widest->data, widest->row_bytes, order_.data() + index * batch_ + share.begin, share.size());
}

std::pair<std::unique_lock<std::mutex>, std::unique_lock<std::mutex>> Loop::lock() const {
  return {plan_->lock(), tail_ && tail_ != plan_ ? tail_->lock() : std::unique_lock<std::mutex>()};
}

void Loop::run_share(Worker worker, SpinBarrier& barrier, Stretch& stretch) {
  const FlushDenormals flush(plan_->writes_variables());
  RowQueue soon;
  worker.soon = &soon;
  for (int64_t index = stretch.first; index < stretch.last; ++index) {
    if (worker.index == 0) bind(index);
    if (!order_.empty()) {
      gather(index, worker);
      foresee(index + 1, worker);
    }
    barrier.wait(worker.count);
    const Plan& plan = plan_for(index);
    plan.walk(worker, barrier);
    if (worker.index == 0) {
      const bool faulty = plan.faulty();
      if (!faulty) next_ = index + 1;
      stretch.clock.pass(plan.nanoseconds());
      if (stretch.measured && index == stretch.first) stretch.counted_from = stretch.clock.read();
      stretch.stop = faulty || stretch.clock.now() >= stretch.deadline || stop_wanted.load(std::memory_order_relaxed);
    }
    barrier.wait(worker.count);
    if (stretch.stop) break;
  }
}

void Loop::run_until(int64_t last, Clock::time_point deadline, LazyClock& clock) {
  const int useful = std::max(plan_->workers(), tail_ ? tail_->workers() : 1);
  const int most = useful == 1 ? 1 : std::min(useful, thread_count());
  if (most == 1) {
    Stretch stretch{next_, last, deadline, clock};
    SpinBarrier alone;
    run_share(Worker{}, alone, stretch);
    return;
  }
  do {
    const TeamTuner::Turn turn = tuner_.next(most);
    Stretch stretch{next_, next_ + std::min(turn.batches, last - next_), std::min(turn.until, deadline), clock, true};
    run_team(turn.workers, [&](Worker worker, SpinBarrier& barrier) { run_share(worker, barrier, stretch); });
    const int64_t counted = next_ - stretch.first - 1;
    if (counted > 0) tuner_.record(turn, (clock.read() - stretch.counted_from) / counted);
  } while (next_ < last && clock.now() < deadline && !faulty() && !stop_wanted);
}

// Of the batch that did not go through.
void Loop::raise_faults() const {
  const int64_t first = next_ * batch_;
  for (const auto& plan : {plan_, tail_}) {
    if (plan == nullptr) continue;
    plan->raise_faults(std::min(batch_, rows_ - first),
                       [&](int64_t row) { return order_.empty() ? first + row : order_[first + row]; });
  }
}

int64_t Loop::run(int64_t batches, double seconds) {
  const int64_t first = next_;
  const int64_t last = first + std::clamp<int64_t>(batches, 0, batch_count_ - first);
  if (first >= last) return 0;
  const auto guards = lock();
  LazyClock clock;
  run_until(last, clock.now() + duration(seconds), clock);
  raise_faults();
  return next_ - first;
}

int64_t Loop::run_epochs(int64_t epochs, std::optional<uint64_t> seed, Plan& finish, double seconds,
                         std::vector<double>& logs) {
  const auto guards = lock();
  const auto finish_guard = finish.lock();
  std::vector<double> row(finish.output_types().size());
  for (size_t i = 0; i < row.size(); ++i) finish.bind_output(i, &row[i]);
  const FlushDenormals flush(plan_->writes_variables());  // once for all
  SpinBarrier alone;
  LazyClock clock;
  const Clock::time_point deadline = clock.now() + duration(seconds);
  int64_t epoch = 0;
  while (epoch < epochs) {
    if (next_ == batch_count_) {
      if (seed) {
        begin_shuffled(*seed + static_cast<uint64_t>(epoch));
      } else {
        begin({});
      }
    }
    run_until(batch_count_, deadline, clock);
    if (faulty()) raise_faults();
    if (next_ < batch_count_) break;
    finish.walk(Worker{}, alone);
    logs.insert(logs.end(), row.begin(), row.end());
    ++epoch;
    if (clock.now() >= deadline || stop_wanted) break;
  }
  return epoch;
}

}  // namespace lamina
