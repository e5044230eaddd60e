#include "core/threads.h"

#include <omp.h>
#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <mutex>
#include <string>

#include "core/error.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace lamina {

namespace {

struct ThreadChoice {
  int count;
  const char* reason;
};

int affinity_count() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof(set), &set) != 0) return 1;
  return std::max(1, CPU_COUNT(&set));
}

// Cores the control group may use, rounded up; 0 where there is no quota. Both cgroup versions write microseconds.
int cgroup_quota() {
  double quota = 0, period = 0;
  std::string first;
  if (std::ifstream v2("/sys/fs/cgroup/cpu.max"); v2 >> first >> period) {
    if (first == "max") return 0;
    quota = std::atof(first.c_str());
  } else {
    std::ifstream quota_file("/sys/fs/cgroup/cpu/cpu.cfs_quota_us"),
        period_file("/sys/fs/cgroup/cpu/cpu.cfs_period_us");
    if (!(quota_file >> quota) || !(period_file >> period)) return 0;
  }
  if (quota <= 0 || period <= 0) return 0;
  return std::max(1, static_cast<int>(std::ceil(quota / period)));
}

ThreadChoice choose() {
  ThreadChoice choice{affinity_count(), "affinity mask"};
  if (const int quota = cgroup_quota(); quota > 0 && quota < choice.count) choice = {quota, "cgroup quota"};
  if (const char* wanted = std::getenv("OMP_NUM_THREADS")) {
    const int count = std::atoi(wanted);
    if (count > 0 && count <= choice.count) choice = {count, "OMP_NUM_THREADS"};
  }
  return choice;
}

std::atomic<int> g_count{0};
std::atomic<int> g_omp_count{0};  // what OpenMP grants unless somebody, such as threadpoolctl, lowers it for a thread
std::atomic<const char*> g_reason{""};

void initialize() {
  static std::once_flag once;
  std::call_once(once, [] {
    const ThreadChoice choice = choose();
    g_count = choice.count;
    g_omp_count = omp_get_max_threads();
    g_reason = choice.reason;
    pthread_atfork(nullptr, nullptr, [] {
      g_count = 1;
      g_reason = "fork";
    });
  });
}

}  // namespace

int thread_count() {
  initialize();
  const int count = g_count.load(std::memory_order_relaxed);
  const int granted = omp_get_max_threads();
  return granted < g_omp_count.load(std::memory_order_relaxed) ? std::min(count, granted) : count;
}

void set_thread_count(int count) {
  require(count >= 1, "set_num_threads: expected a positive number of threads, received ", count);
  require(count <= 1024, "set_num_threads: expected at most 1024 threads, received ", count);
  initialize();
  g_count = count;
  g_reason = "set_num_threads";
}

const char* thread_reason() {
  initialize();
  return g_reason;
}

#if defined(__x86_64__)
FlushDenormals::FlushDenormals(bool enable) : enabled_(enable) {
  if (!enabled_) return;
  constexpr unsigned kFlushToZero = 0x8000, kDenormalsAreZero = 0x0040, kBoth = kFlushToZero | kDenormalsAreZero;
  saved_ = _mm_getcsr();
  enabled_ = (saved_ & kBoth) != kBoth;  // writing takes a while
  if (enabled_) _mm_setcsr(static_cast<unsigned>(saved_) | kBoth);
}
FlushDenormals::~FlushDenormals() {
  if (enabled_) _mm_setcsr(static_cast<unsigned>(saved_));
}
#elif defined(__aarch64__)
FlushDenormals::FlushDenormals(bool enable) : enabled_(enable) {
  if (!enabled_) return;
  asm volatile("mrs %0, fpcr" : "=r"(saved_));
  asm volatile("msr fpcr, %0" ::"r"(saved_ | (uint64_t{1} << 24)));
}
FlushDenormals::~FlushDenormals() {
  if (enabled_) asm volatile("msr fpcr, %0" ::"r"(saved_));
}
#else
FlushDenormals::FlushDenormals(bool) : enabled_(false) {}
FlushDenormals::~FlushDenormals() = default;
#endif

}  // namespace lamina
