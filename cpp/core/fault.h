#pragma once

#include <atomic>
#include <functional>
#include <string>

#include "core/error.h"
#include "core/tensor_type.h"

namespace lamina {

// Why a run came to nothing, as one step of its plan knows: it looks at data of `shape` and reports an element that it
// cannot take, or a loop that it left before its end. Worker 0 reports; who ran the plan raises.
class Fault {
 public:
  explicit Fault(Shape shape = {}) : shape_(std::move(shape)) {}

  bool found() const { return found_.load(std::memory_order_relaxed); }
  void report(ErrorKind kind, std::string message, int64_t position);
  void clear() { found_ = false; }

  // Throws. Where the data is a batch of `rows`, `row_number` says what number a row has among all.
  [[noreturn]] void raise(int64_t rows, const std::function<int64_t(int64_t)>& row_number) const;

 private:
  const Shape shape_;
  std::atomic<bool> found_{false};
  ErrorKind kind_ = ErrorKind::kValue;
  std::string message_;
  int64_t position_ = -1;  // of the element; -1: none
};

}  // namespace lamina
