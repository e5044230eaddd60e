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

void Cores::settle(int index) {
  if (index >= kMembers) return;
  const auto own = members_.begin() + index;
  int core = sched_getcpu();
  const bool shared = std::any_of(members_.begin(), own, [&](const Member& other) { return other.core == core; });
  if (shared) core = part(index, core);
  if (own->core != core) own->core = core;  // others keep their copies of what does not change
}

// Returns where the member is then.
int Cores::part(int index, int core) {
  constexpr auto kPatience = std::chrono::milliseconds(10);
  const auto own = members_.begin() + index;
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return core;
  cpu_set_t free = allowed;
  std::for_each(members_.begin(), own, [&](const Member& other) {
    if (other.core >= 0) CPU_CLR(other.core, &free);
  });
  const Clock::time_point now = Clock::now();
  if (CPU_COUNT(&free) == 0 || now < own->next_try) return core;
  own->next_try = now + kPatience;
  if (running_threads() > CPU_COUNT(&allowed)) return core;
  // A thread that may no longer be on its core is moved at once; then it may be anywhere again.
  sched_setaffinity(0, sizeof free, &free);
  sched_setaffinity(0, sizeof allowed, &allowed);
  return sched_getcpu();
}

}  // namespace lamina
