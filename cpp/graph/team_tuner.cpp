#include "graph/team_tuner.h"

#include <limits>

namespace lamina {

TeamTuner::Turn TeamTuner::next(int most) {
  constexpr int64_t kAll = std::numeric_limits<int64_t>::max();
  if (most == 1) return {1, kAll, Clock::time_point::max()};
  trial_ = !first_ && Clock::now() >= next_trial_;
  const bool alone = trial_ ? !alone_ : alone_;
  if (trial_) return {alone ? 1 : most, kTrialBatches, Clock::time_point::max()};
  return {alone ? 1 : most, first_ ? kFirstBatches : kAll,
          next_trial_ > Clock::now() ? next_trial_ : Clock::time_point::max()};
}

void TeamTuner::record(const Turn& turn, Clock::duration per_batch) {
  cost_[turn.workers == 1] = per_batch;
  if (first_) {
    first_ = false;
    next_trial_ = Clock::now() + per_batch * kBeforeFirstTrial;
    return;
  }
  if (!trial_) return;
  alone_ = cost_[1] < cost_[0];
  next_trial_ = Clock::now() + per_batch * (alone_ ? kAfterAlone : kAfterTeam);
}

}  // namespace lamina
