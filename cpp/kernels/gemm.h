#pragma once

#include <cstdint>

#include "kernels/per_float.h"

namespace lamina {

// A piece of a matrix product small enough for the registers (or, for `dot`, for the caches):
// C (rows, columns) = A (rows, k) B (k, columns) + start. All strides count elements; any may be 0.
template <typename T>
struct GemmTask {
  int64_t k;
  const T* a;  // element (i, p) is a[i * a_row + p * a_step]
  int64_t a_row, a_step;
  const T* b;  // element (p, j) is b[p * b_step + j]; for `dot` b[j * b_step + p]
  int64_t b_step;
  const T* start;  // element (i, j) is start[i * start_row + j]; null: zeros
  int64_t start_row;
  T* c;  // element (i, j) is c[i * c_row + j]
  int64_t c_row;
  int64_t columns;
  // For tiles, A may skip after every k elements: p runs through `runs` times k, and element (i, r * k + p) is
  // a[i * a_row + r * a_run + p * a_step]. B goes on as before.
  int64_t runs = 1;
  int64_t a_run = 0;
  // What a tile brings into the second cache meanwhile, a line for every p: so far from one to the next, and from the
  // first of one run to that of the next; null: nothing.
  const T* ahead = nullptr;
  int64_t ahead_step = 0;
  int64_t ahead_run = 0;
};

// Where some rows of A are not 0: row i at count[i] places p, in order, which begin at positions + i * room. The last
// `lanes` places of the room are used up on the way.
struct Nonzeros {
  int32_t* positions;
  int32_t* count;
  int64_t room;
  Nonzeros from(int64_t row) const { return {positions + row * room, count + row, room}; }
};

// What a blocked matrix product is made of. Tiles are named by their size, rows x vectors. Every element of C is a sum
// in the order of p, so which tile computes it makes no difference to its bits; `dot` adds in another order.
template <typename T>
struct GemmKernels {
  static constexpr int kMaxVectors = 4;
  static constexpr int kMaxRows = 12;
  using Tile = void (*)(const GemmTask<T>& task);

  int lanes;                             // elements in a vector
  int max_rows[kMaxVectors + 1];         // most rows of a tile of so many vectors; [0]: of a part of a vector
  Tile tile[kMaxVectors + 1][kMaxRows];  // [vectors][rows - 1]; [0]: 1 <= task.columns < lanes
  // C = A B^T for rows of A and B that lie contiguous (a_step = 1), any number of rows and columns.
  void (*dot)(const GemmTask<T>& task, int64_t rows);
  // Finds the elements of rows of A that are not 0.
  void (*nonzeros)(const GemmTask<T>& task, int64_t rows, Nonzeros found);
  // A B + start from those elements alone, for any number of rows and columns: the same sums, short of zeros.
  void (*sparse)(const GemmTask<T>& task, int64_t rows, Nonzeros found);
  // Copies x (rows, columns) into panels of `width` columns: element (i, j) goes to
  // panels[(j / width) * width * rows + i * width + j % width].
  void (*pack)(const T* x, int64_t x_row, int64_t rows, int64_t columns, T* panels, int64_t width);
  // The same for the transpose of x (columns, rows); width must be a multiple of `lanes`.
  void (*pack_transposed)(const T* x, int64_t x_row, int64_t rows, int64_t columns, T* panels, int64_t width);
  // Measured speed of this core's multiply-adds in GFLOP/s, data in registers: what the tiles are held against.
  double (*fma_peak)(double seconds);
};

#ifdef LAMINA_ISA
namespace LAMINA_ISA {
extern const PerFloat<GemmKernels> gemm_kernels;
}
#endif

}  // namespace lamina
