#pragma once

#include <chrono>
#include <cstdint>

namespace lamina {

// Decides whether a plan of a few microseconds runs on a team or alone. A team pays only while its workers are awake
// from the run before, so only runs that follow each other closely, a burst, are candidates; in a burst both ways are
// measured, and again from time to time. Results are the same either way.
class BurstTuner {
 public:
  using Clock = std::chrono::steady_clock;

  // Calls run(workers), with 1 or `most` workers.
  template <typename Run>
  void run(int most, const Run& run) {
    const Clock::time_point start = Clock::now();
    position_ = start - finish_ < kAwake ? (position_ + 1) % kPeriod : 0;
    const bool trial = position_ < 2 * kTrial;
    const bool team = trial ? position_ >= kTrial : cost_[1] < cost_[0];
    run(team ? most : 1);
    finish_ = Clock::now();
    if (!trial) return;
    // The first half of a trial, which may pay for waking somebody, does not count.
    const int64_t run_of_trial = position_ % kTrial;
    if (run_of_trial == kTrial / 2) cost_[team] = {};
    if (run_of_trial >= kTrial / 2) cost_[team] += finish_ - start;
  }

 private:
  static constexpr Clock::duration kAwake = std::chrono::microseconds(100);
  static constexpr int64_t kTrial = 16, kPeriod = 8192;  // runs

  Clock::time_point finish_ = {};
  int64_t position_ = 0;          // of this run in its burst
  Clock::duration cost_[2] = {};  // of the counted runs of a trial: alone, in a team
};

}  // namespace lamina
