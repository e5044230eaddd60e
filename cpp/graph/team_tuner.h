#pragma once

#include <chrono>
#include <cstdint>

namespace lamina {

// Decides by measurement whether a team of workers or one alone runs batches faster: which it is depends on the plan
// and on who else wants the cores just now. Results are the same either way. A team begins; now and then the other
// choice gets a few batches, a lone worker sooner doubted than a team. Short runs are over before the first trial.
class TeamTuner {
 public:
  using Clock = std::chrono::steady_clock;

  struct Turn {
    int workers;
    int64_t batches;
    Clock::time_point until;
  };

  // What to run next, with at most `most` workers.
  Turn next(int most);
  // How a turn went: time per batch, not counting the first, which pays for waking the team.
  void record(const Turn& turn, Clock::duration per_batch);

 private:
  static constexpr int64_t kTrialBatches = 3, kFirstBatches = 4;
  static constexpr int64_t kBeforeFirstTrial = 40, kAfterTeam = 200, kAfterAlone = 40;  // batches

  bool alone_ = false;  // the present choice
  bool trial_ = false;  // the present turn tests the other one
  bool first_ = true;
  Clock::duration cost_[2] = {Clock::duration::max(), Clock::duration::max()};  // of a team, of one alone
  Clock::time_point next_trial_ = {};
};

}  // namespace lamina
