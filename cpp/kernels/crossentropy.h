#pragma once

#include <cstdint>

#include "kernels/per_float.h"

namespace lamina {

// Of rows of n classes. Labels outside 0..n-1 give NaN.
template <typename T>
struct CrossentropyKernels {
  // loss[i] = log(sum(exp(x[i, :]))) - x[i, labels[i]]
  void (*sparse_of_logits)(const T* x, const int32_t* labels, T* loss, int64_t rows, int64_t n);
  // dx[i, :] = dloss[i] * (softmax(x[i, :]) - one_hot(labels[i]))
  void (*sparse_of_logits_grad)(const T* x, const int32_t* labels, const T* dloss, T* dx, int64_t rows, int64_t n);
  // loss[i] = -sum(t[i, :] * log_softmax(x[i, :]))
  void (*of_logits)(const T* x, const T* t, T* loss, int64_t rows, int64_t n);
  // dx[i, :] = dloss[i] * (softmax(x[i, :]) * sum(t[i, :]) - t[i, :])
  void (*of_logits_grad)(const T* x, const T* t, const T* dloss, T* dx, int64_t rows, int64_t n);

  // With q[i, :] = p[i, :] / sum(p[i, :]), clipped to [epsilon, 1 - epsilon]: loss[i] = -log(q[i, labels[i]])
  void (*sparse)(const T* p, const int32_t* labels, T* loss, int64_t rows, int64_t n, double epsilon);
  void (*sparse_grad)(const T* p, const int32_t* labels, const T* dloss, T* dp, int64_t rows, int64_t n,
                      double epsilon);
  // loss[i] = -sum(t[i, :] * log(q[i, :]))
  void (*dense)(const T* p, const T* t, T* loss, int64_t rows, int64_t n, double epsilon);
  void (*dense_grad)(const T* p, const T* t, const T* dloss, T* dp, int64_t rows, int64_t n, double epsilon);
};

#ifdef LAMINA_ISA
namespace LAMINA_ISA {
extern const PerFloat<CrossentropyKernels> crossentropy_kernels;
}
#endif

}  // namespace lamina
