#pragma once

#include <atomic>

#include "core/worker.h"

namespace lamina {

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

namespace detail {
using Job = void (*)(const void* body, Worker worker, SpinBarrier& barrier);
void run_job(int workers, Job job, const void* body);
}  // namespace detail

// Runs body(Worker, SpinBarrier&) on up to `workers` threads at once, this one among them: fewer where OpenMP grants
// fewer, one where another thread has the team.
template <typename Body>
void run_team(int workers, const Body& body) {
  detail::run_job(
      workers,
      [](const void* erased, Worker worker, SpinBarrier& barrier) {
        (*static_cast<const Body*>(erased))(worker, barrier);
      },
      &body);
}

}  // namespace lamina
