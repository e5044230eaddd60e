#pragma once

#include <chrono>

namespace lamina {

// Decides whether a plan that is called by itself, not in a burst, is worth waking a team for. The longer a core has
// been idle, the longer it takes to wake; the caller alone is quicker if it needs less than twice that. Results are the
// same either way.
class WakeRule {
 public:
  using Clock = std::chrono::steady_clock;

  // How many of `most` workers take part in a run that starts now and would take one alone so many nanoseconds.
  int workers(int most, double nanoseconds) const {
    using std::chrono::microseconds;
    constexpr microseconds kAwake{100}, kLightSleep{2000};
    constexpr double kWakes = 40e3, kWakesFromDeep = 250e3;  // nanoseconds; measured on a virtual machine
    const Clock::duration pause = Clock::now() - finish_;
    if (pause < kAwake) return most;
    return nanoseconds < 2 * (pause < kLightSleep ? kWakes : kWakesFromDeep) ? 1 : most;
  }
  void finish() { finish_ = Clock::now(); }

 private:
  Clock::time_point finish_ = {};
};

}  // namespace lamina
