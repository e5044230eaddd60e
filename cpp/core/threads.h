#pragma once

#include <cstdint>

namespace lamina {

// The smallest of OMP_NUM_THREADS, the affinity mask and the cgroup's CPU quota, unless set; 1 in a forked child, whose
// OpenMP pool died with the parent's other threads.
int thread_count();
void set_thread_count(int count);
const char* thread_reason();

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
