#pragma once

#include <memory>
#include <string>

#include "core/tensor_type.h"

namespace lamina {

// A 64-byte aligned, zero-initialised block of memory.
class Buffer {
 public:
  explicit Buffer(int64_t bytes);
  ~Buffer();
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  void* data() const { return data_; }
  int64_t bytes() const { return bytes_; }

 private:
  void* data_;
  int64_t bytes_;
};

// State that outlives every plan: a weight, an optimizer slot, a metric's sum, a random generator's counter.
struct Variable {
  Variable(TensorType its_type, std::string its_name)
      : type(std::move(its_type)), name(std::move(its_name)), buffer(type.bytes()) {}
  TensorType type;
  std::string name;
  Buffer buffer;
};

}  // namespace lamina
