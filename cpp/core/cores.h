#pragma once

#include <array>
#include <atomic>
#include <chrono>

namespace lamina {

// The cores that the members of a team work on. A kernel that saves cores wakes a thread on the one whose thread woke
// it, and takes some ten milliseconds to part the two.
class Cores {
 public:
  // Notes where member `index`, the calling thread, is. If a member before it is there too and cores are idle, it first
  // goes to one that no member before it is on.
  void settle(int index);

 private:
  using Clock = std::chrono::steady_clock;

  static constexpr int kMembers = 1024;  // further ones stay where they are

  struct Member {
    std::atomic<int> core{-1};
    Clock::time_point next_try{};  // only itself looks at it
  };

  int part(int index, int core);

  std::array<Member, kMembers> members_;
};

}  // namespace lamina
