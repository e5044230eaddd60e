#include "kernels/domain.h"
#include "kernels/elementwise.h"
#include "kernels/power.h"
#include "kernels/special.h"

namespace lamina::LAMINA_ISA {
namespace {

// The rows of binary.def as types that templates can take.
#define BINARY(NAME, DOMAIN, COST, FORWARD)                         \
  struct row_##NAME {                                               \
    template <typename T, typename V = Vec<T>>                      \
    LAMINA_INLINE static void put(T* z, V x, Vec<T> y, int64_t n) { \
      store_first(z, FORWARD, n);                                   \
    }                                                               \
  };
#define COMPARE(NAME, DOMAIN, COST, FORWARD)                         \
  struct row_##NAME {                                                \
    template <typename V>                                            \
    LAMINA_INLINE static void put(uint8_t* z, V x, V y, int64_t n) { \
      store_bools(z, FORWARD, n);                                    \
    }                                                                \
  };
#include "kernels/binary.def"

// One row of an operand, read a vector at a time: its elements, or its one element again and again.
template <typename T>
struct Elements {
  const T* row;
  LAMINA_INLINE explicit Elements(const T* data) : row(data) {}
  LAMINA_INLINE Vec<T> whole(int64_t j) const { return load(row + j); }
  LAMINA_INLINE Vec<T> part(int64_t j, int64_t n) const { return load_partial(row + j, n); }
};

template <typename T>
struct OneElement {
  Vec<T> value;
  LAMINA_INLINE explicit OneElement(const T* data) : value(broadcast(*data)) {}
  LAMINA_INLINE Vec<T> whole(int64_t) const { return value; }
  LAMINA_INLINE Vec<T> part(int64_t, int64_t) const { return value; }
};

template <typename Row, typename X, typename Y, typename T, typename R>
void each_row(Operand<T> x, Operand<T> y, R* z, int64_t rows, int64_t columns) {
  const int64_t rest = columns % kLanes<T>;
  for (int64_t i = 0; i < rows; ++i, z += columns) {
    const X x_row(x.data + i * x.row_stride);
    const Y y_row(y.data + i * y.row_stride);
    int64_t j = 0;
    for (; j < columns - rest; j += kLanes<T>) Row::put(z + j, x_row.whole(j), y_row.whole(j), kLanes<T>);
    if (rest != 0) Row::put(z + j, x_row.part(j, rest), y_row.part(j, rest), rest);
  }
}

template <typename Row, typename T, typename R>
void kernel(Operand<T> x, Operand<T> y, R* z, int64_t rows, int64_t columns) {
  if (x.column_stride == 0 && columns > 1) return each_row<Row, OneElement<T>, Elements<T>>(x, y, z, rows, columns);
  if (y.column_stride == 0 && columns > 1) return each_row<Row, Elements<T>, OneElement<T>>(x, y, z, rows, columns);
  each_row<Row, Elements<T>, Elements<T>>(x, y, z, rows, columns);
}

template <typename T>
constexpr BinaryKernels<T> table() {
  BinaryKernels<T> kernels{};
#define BINARY(NAME, DOMAIN, ...) \
  if constexpr (domain::has_##DOMAIN<T>) kernels.function[binary::NAME] = kernel<row_##NAME, T, T>;
#define COMPARE(NAME, DOMAIN, ...) \
  if constexpr (domain::has_##DOMAIN<T>) kernels.comparison[binary::NAME] = kernel<row_##NAME, T, uint8_t>;
#include "kernels/binary.def"
  return kernels;
}

}  // namespace

constinit const PerType<BinaryKernels> binary_kernels = {
    {table<float>(), table<double>()}, table<int32_t>(), table<int64_t>(), table<uint8_t>()};

}  // namespace lamina::LAMINA_ISA
