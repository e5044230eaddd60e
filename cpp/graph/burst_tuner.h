#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>

namespace lamina {

// Decides whether a plan of a few microseconds runs on a team or alone. A team pays only while its workers are awake
// from the run before, so only runs that follow each other closely, a burst, are candidates; in a burst both ways are
// measured, and again from time to time: soon if the team lost, for what held a worker up, such as another library's
// threads that still spin, may be over, then ever more rarely. Results are the same either way.
class BurstTuner {
 public:
  using Clock = std::chrono::steady_clock;

  // Calls run(workers), with 1 or `most` workers.
  template <typename Run>
  void run(int most, const Run& run) {
    const Clock::time_point start = Clock::now();
    const bool burst = start - finish_ < kAwake;
    if (!burst) period_ = kFirstPeriod;
    position_ = burst && position_ + 1 < period_ ? position_ + 1 : 0;
    const bool trial = position_ < 2 * kTrial;
    const bool team = trial ? position_ >= kTrial : team_pays_;
    run(team ? most : 1);
    finish_ = Clock::now();
    if (!trial) return;
    const Clock::duration cost = finish_ - start;
    // The first half of a trial, which may pay for waking somebody, does not count.
    const int64_t counted = position_ % kTrial - kTrial / 2;
    if (counted >= 0) cost_[team][counted] = cost;
    const bool hopeless = team && cost > kSlice + 2 * median(cost_[0]);
    if (!hopeless && position_ < 2 * kTrial - 1) return;
    position_ = 2 * kTrial - 1;
    team_pays_ = !hopeless && median(cost_[1]) < median(cost_[0]);
    period_ = team_pays_ ? kLastPeriod : std::min(2 * period_, kLastPeriod);
  }

 private:
  static constexpr Clock::duration kAwake = std::chrono::microseconds(100);
  static constexpr int64_t kTrial = 16, kFirstPeriod = 32, kLastPeriod = 8192;  // runs

  // A team that takes this long was not awake: somebody has a worker's core, and gives it back a slice at a time.
  static constexpr Clock::duration kSlice = std::chrono::milliseconds(1);

  using Costs = std::array<Clock::duration, kTrial / 2>;

  // A run that something else interrupted says little.
  static Clock::duration median(Costs costs) {
    std::nth_element(costs.begin(), costs.begin() + costs.size() / 2, costs.end());
    return costs[costs.size() / 2];
  }

  Clock::time_point finish_ = {};
  int64_t position_ = 0;  // of this run in its period, which begins with a trial
  int64_t period_ = kFirstPeriod;
  Costs cost_[2];  // of the counted runs of a trial: alone, in a team
  bool team_pays_ = false;
};

}  // namespace lamina
