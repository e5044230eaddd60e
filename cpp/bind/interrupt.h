#pragma once

#include <Python.h>

namespace lamina::bind {

// While alive, Ctrl-C makes the core's `stop_wanted` true, without the GIL: Python's own handler only makes a note that
// nobody reads until the interpreter runs again. With several alive at once the first one's handler serves them all.
class InterruptWatch {
 public:
  // needed: false does nothing.
  explicit InterruptWatch(bool needed = true);
  ~InterruptWatch();
  InterruptWatch(const InterruptWatch&) = delete;
  InterruptWatch& operator=(const InterruptWatch&) = delete;

 private:
  bool installed_ = false;
};

}  // namespace lamina::bind
