#pragma once

#include <array>

#include "core/worker.h"

namespace lamina {

// What takes in a product C that is nowhere kept as a whole: a few rows at a time, in a place that the next ones take
// over.
template <typename T>
class Intake {
 public:
  static constexpr int kMostOperands = 4;

  // Rows and columns of C, of which element (i, j) is c[i * c_row + j], counted from the first of them.
  virtual void take(const T* c, int64_t c_row, Range rows, Range columns) const = 0;

  // Matrices of C's shape that `take` reads, from which on C begins, and how far apart their rows lie.
  std::array<const T*, kMostOperands> operands = {};
  int operand_count = 0;
  int64_t operand_row = 0;

  // Of all operands, in a rectangle.
  int64_t bytes(Range rows, Range columns) const {
    return operand_count * rows.size() * columns.size() * static_cast<int64_t>(sizeof(T));
  }

 protected:
  ~Intake() = default;
};

}  // namespace lamina
