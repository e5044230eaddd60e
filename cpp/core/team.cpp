#include "core/team.h"

#include <omp.h>
#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <limits>
#include <system_error>
#include <thread>

#include "core/cores.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace lamina {

namespace {

void pause() {
#if defined(__x86_64__)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// Spins for about 10 microseconds, in which whatever is waited for is mostly there, then offers the core now and then:
// it costs little where nobody wants it, and saves much where the one waited for was put on the same core.
template <typename Condition>
void wait_until(const Condition& condition) {
  constexpr int kSpins = 400, kSpinsApart = 100;
  for (int spin = 0; !condition(); ++spin) {
    if (spin < kSpins || spin % kSpinsApart != 0) {
      pause();
    } else {
      sched_yield();
    }
  }
}

// The threads of one parallel region of OpenMP that lasts as long as they are wanted. Handing them a job takes a tenth
// of what entering a region anew would; out of work they spin for a while, then sleep.
class Team {
 public:
  // Does the job with up to `workers` workers, if that is more than one and nobody else has the team.
  bool run(int workers, detail::Job job, const void* body) {
    if (busy_.exchange(true, std::memory_order_acquire)) return false;
    cores_.settle(0);
    workers = std::min(workers, provide(workers));
    if (workers > 1) {
      job_ = job;
      body_ = body;
      pending_.store(workers - 1, std::memory_order_relaxed);
      call(static_cast<uint32_t>(workers));
      job(body, Worker{0, workers}, barrier_);
      wait_until([&] { return pending_.load(std::memory_order_acquire) == 0; });
    }
    busy_.store(false, std::memory_order_release);
    return workers > 1;
  }

 private:
  static constexpr uint32_t kEnd = 0;  // workers of a call that ends the region
  static constexpr uint32_t kMostWorkers = 1 << 12;

  // Wakes everybody. A call carries its number of workers, so that those whom it does not concern need not look
  // further.
  void call(uint32_t workers) {
    const uint32_t last = static_cast<uint32_t>(call_.load(std::memory_order_relaxed));
    call_.store(static_cast<int>((last / kMostWorkers + 1) * kMostWorkers + workers), std::memory_order_release);
    call_.notify_all();
  }

  // Returns how many workers there are, after trying to have `workers`.
  int provide(int workers) {
    if (workers <= size_ || workers >= refused_) return size_;
    if (region_.joinable()) {
      call(kEnd);
      region_.join();
    }
    granted_ = 0;
    try {
      region_ = std::thread([this, workers] { open_region(workers); });
      granted_.wait(0);
      size_ = granted_;
    } catch (const std::system_error&) {  // no more threads to be had
      size_ = 1;
    }
    if (size_ < workers) refused_ = workers;
    return size_;
  }

  // The thread that opens the region takes no part: the caller is worker 0 in its place, on its core if cores are
  // bound.
  void open_region(int workers) {
    const int now = call_.load(std::memory_order_relaxed);
#pragma omp parallel num_threads(workers)
    {
      const int index = omp_get_thread_num();
      if (index == 0) {
        granted_.store(omp_get_num_threads());
        granted_.notify_one();
      } else {
        serve(index, now);
      }
    }
  }

  void serve(int index, int seen) {
    constexpr int kSpins = 4000, kSpinsApart = 300;  // 4000: about 200 microseconds
    for (;;) {
      int call = call_.load(std::memory_order_acquire);
      for (int spin = 0; call == seen; call = call_.load(std::memory_order_acquire)) {
        if (++spin < kSpins) {
          pause();
          if (spin % kSpinsApart == 0) sched_yield();
        } else {
          call_.wait(seen, std::memory_order_acquire);
        }
      }
      seen = call;
      const uint32_t workers = static_cast<uint32_t>(call) % kMostWorkers;
      if (workers == kEnd) return;
      if (index >= static_cast<int>(workers)) continue;
      cores_.settle(index);
      job_(body_, Worker{index, static_cast<int>(workers)}, barrier_);
      pending_.fetch_sub(1, std::memory_order_acq_rel);
    }
  }

  std::atomic<bool> busy_{false};
  std::thread region_;
  std::atomic<int> granted_{0};  // workers of the region that is being opened
  int size_ = 1;
  int refused_ = std::numeric_limits<int>::max();  // the least number of workers that was not granted
  detail::Job job_ = nullptr;
  const void* body_ = nullptr;
  SpinBarrier barrier_;
  Cores cores_;
  alignas(64) std::atomic<int> call_{0};
  alignas(64) std::atomic<int> pending_{0};
};

}  // namespace

void SpinBarrier::wait_for_change(uint32_t phase) const {
  wait_until([&] { return phase_.load(std::memory_order_acquire) != phase; });
}

void detail::run_job(int workers, Job job, const void* body) {
  // Never destroyed, since its threads outlive everything; a forked child, which has none of them, makes its own.
  static std::atomic<Team*> team = [] {
    pthread_atfork(nullptr, nullptr, [] { team = new Team; });
    return new Team;
  }();
  if (workers > 1 && team.load()->run(workers, job, body)) return;
  SpinBarrier barrier;
  job(body, Worker{0, 1}, barrier);
}

}  // namespace lamina
