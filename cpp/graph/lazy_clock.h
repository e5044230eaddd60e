#pragma once

#include <algorithm>
#include <chrono>

namespace lamina {

// A clock that is read after every 20 microseconds of work or so: a reading takes as long as a small step.
class LazyClock {
 public:
  using Clock = std::chrono::steady_clock;

  // The time of the last reading.
  Clock::time_point now() const { return now_; }
  Clock::time_point read() {
    unread_ = 0;
    return now_ = Clock::now();
  }
  // Call after work of about so many nanoseconds. Estimates may be far off: a hundred pieces of work are enough.
  void pass(double nanoseconds) {
    unread_ += std::max(nanoseconds, kApart / 100);
    if (unread_ >= kApart) read();
  }

 private:
  static constexpr double kApart = 20e3;

  Clock::time_point now_ = Clock::now();
  double unread_ = 0;
};

}  // namespace lamina
