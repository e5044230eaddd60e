#pragma once

#include <cstdint>

#include "kernels/per_float.h"

namespace lamina {

// The rows of unary.def and binary.def, in order, as indices into the tables below.
namespace unary {
enum Function : int {
#define UNARY(name, ...) name,
#define STEP(name, ...) name,
#include "kernels/unary.def"
  kCount
};
enum Predicate : int {
#define PREDICATE(name, ...) name,
#include "kernels/unary.def"
  kPredicateCount
};
}  // namespace unary

namespace binary {
enum Function : int {
#define BINARY(name, ...) name,
#include "kernels/binary.def"
  kCount
};
enum Comparison : int {
#define COMPARE(name, ...) name,
#include "kernels/binary.def"
  kComparisonCount
};
}  // namespace binary

// y[i] = f(x[i]). `parameters` are always three numbers. In all the kernels of this file results may be written over
// an input of their type.
template <typename T>
using UnaryKernel = void (*)(const T* x, T* y, int64_t n, const T* parameters);
// dx[i] = p[i] * f'(v[i]), where v is the function's input or output, as its row says.
template <typename T>
using SlopeKernel = void (*)(const T* v, const T* p, T* dx, int64_t n, const T* parameters);
// Bools are bytes of 0 or 1.
template <typename T>
using PredicateKernel = void (*)(const T* x, uint8_t* y, int64_t n);

// Null where the function is not there for the type.
template <typename T>
struct UnaryKernels {
  UnaryKernel<T> forward[unary::kCount];
  SlopeKernel<T> slope[unary::kCount];
  SlopeKernel<T> curve[unary::kCount];
  PredicateKernel<T> predicate[unary::kPredicateCount];
};

// An operand's element (i, j) is data[i * row_stride + j * column_stride]; column_stride is 0 or 1.
template <typename T>
struct Operand {
  const T* data;
  int64_t row_stride;
  int64_t column_stride;
};

// z[i * columns + j] = f(x(i, j), y(i, j)).
template <typename T, typename R = T>
using BinaryKernel = void (*)(Operand<T> x, Operand<T> y, R* z, int64_t rows, int64_t columns);

template <typename T>
struct BinaryKernels {
  BinaryKernel<T> function[binary::kCount];
  BinaryKernel<T, uint8_t> comparison[binary::kComparisonCount];
};

// The same table for every type; bools share the bytes' one.
template <template <typename> class Table>
struct PerType : PerFloat<Table> {
  Table<int32_t> int32;
  Table<int64_t> int64;
  Table<uint8_t> uint8;

  using PerFloat<Table>::of;
  const Table<int32_t>& of(int32_t) const { return int32; }
  const Table<int64_t>& of(int64_t) const { return int64; }
  const Table<uint8_t>& of(uint8_t) const { return uint8; }
  const Table<uint8_t>& of(bool) const { return uint8; }
};

#ifdef LAMINA_ISA
namespace LAMINA_ISA {
extern const PerType<UnaryKernels> unary_kernels;
extern const PerType<BinaryKernels> binary_kernels;
}  // namespace LAMINA_ISA
#endif

}  // namespace lamina
