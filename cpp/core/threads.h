#pragma once

#include <omp.h>

#include <atomic>

#include "core/worker.h"

namespace lamina {

// The smallest of OMP_NUM_THREADS, the affinity mask and the cgroup's CPU quota, unless set; 1 in a forked child, whose
// OpenMP pool died with the parent's other threads.
int thread_count();
void set_thread_count(int count);
const char* thread_reason();

// A barrier for workers that arrive within microseconds of each other: spins, and yields the core when somebody is
// late.
class SpinBarrier {
 public:
  void wait(int count) {
    if (count == 1) return;
    const uint32_t phase = phase_.load(std::memory_order_acquire);
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == count) {
      arrived_.store(0, std::memory_order_relaxed);
      phase_.store(phase + 1, std::memory_order_release);
    } else {
      wait_for_change(phase);
    }
  }

 private:
  void wait_for_change(uint32_t phase) const;

  alignas(64) std::atomic<int> arrived_{0};
  alignas(64) std::atomic<uint32_t> phase_{0};
};

// Runs body(Worker, SpinBarrier&) on up to `workers` threads at once; fewer where OpenMP grants fewer.
template <typename Body>
void run_team(int workers, const Body& body) {
  SpinBarrier barrier;
  if (workers <= 1) {
    body(Worker{0, 1}, barrier);
    return;
  }
#pragma omp parallel num_threads(workers)
  body(Worker{omp_get_thread_num(), omp_get_num_threads()}, barrier);
}

// Treats denormal numbers as zero on this thread while alive: a long training run is full of them, and each one that
// meets an arithmetic unit costs over a hundred cycles.
class FlushDenormals {
 public:
  explicit FlushDenormals(bool enable);
  ~FlushDenormals();
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;

 private:
  bool enabled_;
  uint64_t saved_ = 0;
};

}  // namespace lamina
