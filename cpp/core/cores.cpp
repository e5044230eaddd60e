#include "core/cores.h"

#include <sched.h>

#include <algorithm>
#include <fstream>
#include <limits>

namespace lamina {

namespace {

// Threads of the whole machine that are running or could be.
int running_threads() {
  double minute, five, fifteen;
  int running;
  std::ifstream file("/proc/loadavg");
  return file >> minute >> five >> fifteen >> running ? running : std::numeric_limits<int>::max();
}

}  // namespace

Cores::Cores() {
  std::fill(core_.begin(), core_.end(), -1);
}

void Cores::settle(int index) {
  if (index >= kMembers) return;
  const auto own = core_.begin() + index;
  int core = sched_getcpu();
  if (std::find(core_.begin(), own, core) != own) core = part(index, core);
  if (*own != core) *own = core;  // others keep their copies of what does not change
}

// Returns where the member is then.
int Cores::part(int index, int core) {
  constexpr auto kPatience = std::chrono::milliseconds(10);
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return core;
  cpu_set_t free = allowed;
  std::for_each(core_.begin(), core_.begin() + index, [&](int taken) {
    if (taken >= 0) CPU_CLR(taken, &free);
  });
  const Clock::time_point now = Clock::now();
  if (CPU_COUNT(&free) == 0 || now < next_try_.load()) return core;
  next_try_ = now + kPatience;
  if (running_threads() > CPU_COUNT(&allowed)) return core;
  // A thread that may no longer be on its core is moved at once; then it may be anywhere again.
  sched_setaffinity(0, sizeof free, &free);
  sched_setaffinity(0, sizeof allowed, &allowed);
  return sched_getcpu();
}

}  // namespace lamina
