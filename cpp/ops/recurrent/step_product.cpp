#include "ops/recurrent/step_product.h"

#include <algorithm>

#include "ops/divide.h"

namespace lamina {

namespace {

// A panel should stay in the first cache while all the rows pass by; from there on, tall tiles read it less often.
constexpr int64_t kPanelBytes = 20 * 1024;
constexpr int64_t kTileRows = 6;

}  // namespace

template <typename T>
StepProduct<T>::StepProduct(int64_t k, int64_t n, const GemmKernels<T>& kernels) : kernels_(&kernels), k_(k), n_(n) {
  constexpr int64_t size = sizeof(T);
  vectors_ = kernels.kMaxVectors;
  while (vectors_ > 1 && (kernels.max_rows[vectors_] < kTileRows || (vectors_ - 1) * kernels.lanes >= n ||
                          (vectors_ > 2 && k * vectors_ * kernels.lanes * size > kPanelBytes))) {
    --vectors_;
  }
  panel_ = vectors_ * kernels.lanes;
  width_ = divide_up(n, panel_) * panel_;
}

// Calls f(first column, columns, the panel's place).
template <typename T>
template <typename F>
void StepProduct<T>::each_panel(Worker worker, F&& f) const {
  const Range panels = worker.share(width_ / panel_);
  for (int64_t p = panels.begin; p < panels.end; ++p) {
    f(p * panel_, std::min(panel_, n_ - p * panel_), p * panel_ * k_);
  }
}

template <typename T>
void StepProduct<T>::pack(const T* b, int64_t b_row, int64_t first_row, int64_t count, T* packed, Worker worker) const {
  each_panel(worker, [&](int64_t column, int64_t columns, int64_t place) {
    T* rows = packed + place + first_row * panel_;
    if (columns < panel_) std::fill_n(rows, count * panel_, T(0));
    kernels_->pack(b + column, b_row, count, columns, rows, panel_);
  });
}

template <typename T>
void StepProduct<T>::pack_transposed(const T* b, int64_t b_row, T* packed, Worker worker) const {
  each_panel(worker, [&](int64_t column, int64_t columns, int64_t place) {
    if (columns < panel_) std::fill_n(packed + place, k_ * panel_, T(0));
    kernels_->pack_transposed(b + column * b_row, b_row, k_, columns, packed + place, panel_);
  });
}

template <typename T>
void StepProduct<T>::run(const T* a, int64_t a_row, const T* packed, const T* start, int64_t start_row, T* c,
                         int64_t c_row, int64_t rows) const {
  const int64_t tile_rows = divide_up(rows, divide_up(rows, kernels_->max_rows[vectors_]));
  GemmTask<T> task;
  task.k = k_;
  task.a_row = a_row;
  task.a_step = 1;
  task.b_step = panel_;
  task.start_row = start_row;
  task.c_row = c_row;
  task.columns = panel_;
  for (int64_t column = 0; column < width_; column += panel_) {
    task.b = packed + column * k_;
    for (int64_t row = 0; row < rows; row += tile_rows) {
      task.a = a + row * a_row;
      task.start = start == nullptr ? nullptr : start + row * start_row + column;
      task.c = c + row * c_row + column;
      kernels_->tile[vectors_][std::min(tile_rows, rows - row) - 1](task);
    }
  }
}

template class StepProduct<float>;
template class StepProduct<double>;

}  // namespace lamina
