#pragma once

#include <Python.h>

#include <atomic>

namespace lamina::bind {

// Notices Ctrl-C while alive, without the GIL: Python's own handler only makes a note that nobody reads until the
// interpreter runs again. With several alive at once the first one's handler serves them all.
class InterruptWatch {
 public:
  InterruptWatch();
  ~InterruptWatch();
  InterruptWatch(const InterruptWatch&) = delete;
  InterruptWatch& operator=(const InterruptWatch&) = delete;

  static const std::atomic<bool>& interrupted();

 private:
  bool installed_ = false;
};

}  // namespace lamina::bind
