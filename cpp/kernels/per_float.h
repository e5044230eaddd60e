#pragma once

namespace lamina {

// The same table for both floating-point types.
template <template <typename> class Table>
struct PerFloat {
  Table<float> float32;
  Table<double> float64;

  const Table<float>& of(float) const { return float32; }
  const Table<double>& of(double) const { return float64; }
};

}  // namespace lamina
