#include <algorithm>
#include <utility>

#include "ops/matmul/product.h"

// Products so small that finding out how to cut them would take longer than computing them.
namespace lamina {

template <typename T>
void Product<T>::run_at_once(const T* a, const T* b, T* c, const Epilogue<T>& epilogue) const {
  if (exchanged_) std::swap(a, b);
  const T* start = epilogue.bias;
  if (exchanged_ && start != nullptr) {
    std::fill_n(c, n_, *start);
    start = c;
  }
  const GemmTask<T> task = {k_, a, a_row_, a_step_, b, use_dot_ ? b_column_ : b_step_, start, 0, c, n_, n_};
  if (use_dot_) {
    kernels_->dot(task, m_);
  } else {
    kernels_->tile[n_ < kernels_->lanes ? 0 : panel_ / kernels_->lanes][m_ - 1](task);
  }
  epilogue.finish(c, m_, n_, n_);
}

template void Product<float>::run_at_once(const float*, const float*, float*, const Epilogue<float>&) const;
template void Product<double>::run_at_once(const double*, const double*, double*, const Epilogue<double>&) const;

}  // namespace lamina
