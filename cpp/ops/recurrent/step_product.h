#pragma once

#include "core/worker.h"
#include "kernels/gemm.h"

namespace lamina {

// C (rows, n) = start + A (rows, k) B (k, n), where the same B meets few rows again and again: it is packed once, in
// panels of a tile's width. Rows of C have room for whole panels.
template <typename T>
class StepProduct {
 public:
  StepProduct(int64_t k, int64_t n, const GemmKernels<T>& kernels);

  int64_t k() const { return k_; }
  int64_t width() const { return width_; }  // n, rounded up to whole panels
  int64_t packed_size() const { return width_ * k_; }

  // Packs this worker's panels of B's rows from first_row on: `count` rows (count, n), n elements apart b_row.
  void pack(const T* b, int64_t b_row, int64_t first_row, int64_t count, T* packed, Worker worker) const;
  // The same for all of B, given as B^T (n, k).
  void pack_transposed(const T* b, int64_t b_row, T* packed, Worker worker) const;

  // start may be C, or null for zeros; all of them have rows of `width` or more.
  void run(const T* a, int64_t a_row, const T* packed, const T* start, int64_t start_row, T* c, int64_t c_row,
           int64_t rows) const;

 private:
  template <typename F>
  void each_panel(Worker worker, F&& f) const;

  const GemmKernels<T>* kernels_;
  int64_t k_, n_;
  int64_t vectors_;  // of a panel
  int64_t panel_;    // columns of a panel
  int64_t width_;
};

extern template class StepProduct<float>;
extern template class StepProduct<double>;

}  // namespace lamina
