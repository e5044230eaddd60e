#include <algorithm>
#include <cmath>
#include <numeric>

#include "graph/graph.h"
#include "ops/linalg/factor.h"
#include "ops/linalg/matrices.h"
#include "ops/register.h"

// qr, eigh and svd of small matrices, one worker a matrix, computed in double precision. The sign of a vector is such
// that its largest component (the first of equals) is positive, so that results do not depend on the method.
namespace lamina {
namespace {

TensorType matrix_type(const TensorType& like, int64_t rows, int64_t columns) {
  Shape shape = stack_shape(like);
  shape.insert(shape.end(), {rows, columns});
  return {like.dtype, shape};
}

TensorType vector_type(const TensorType& like, int64_t size) {
  Shape shape = stack_shape(like);
  shape.push_back(size);
  return {like.dtype, shape};
}

int64_t stack_count(const TensorType& type) {
  return element_count(stack_shape(type));
}

// The sign that makes the largest of n numbers, `stride` apart, positive.
double sign_of_largest(const double* x, int64_t n, int64_t stride) {
  double largest = 0;
  for (int64_t i = 0; i < n; ++i) {
    if (std::abs(x[i * stride]) > std::abs(largest) * (1 + 1e-9)) largest = x[i * stride];
  }
  return largest < 0 ? -1 : 1;
}

// --- qr(x; complete): q r = x, q (m, k), r (k, n), k the smaller of both, or m if complete ---------------------------

std::vector<TensorType> infer_qr(const NodeInfo& info) {
  require_inputs(info, 1);
  require_matrices(info, 0, false);
  const TensorType& x = info.inputs[0];
  const int64_t m = x.shape[x.rank() - 2], n = x.shape.back();
  const int64_t k = info.attr().flag("complete") ? m : std::min(m, n);
  return {matrix_type(x, m, k), matrix_type(x, k, n)};
}

StepKernel prepare_qr(const NodeInfo& info) {
  const TensorType& x = info.inputs[0];
  const int64_t m = x.shape[x.rank() - 2], n = x.shape.back(), k = info.outputs[0].shape.back();
  return visit_float(x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const double work = static_cast<double>(2 * m * m * n);
    return per_matrix<double>(stack_count(x), work, m * n + m * m + 2 * m,
                              [=](const StepData& data, int64_t i, double* s) {
                                double *a = s, *q = s + m * n;
                                std::copy_n(data.in<T>(0) + i * m * n, m * n, a);
                                factor_qr(a, q, q + m * m, m, n);
                                for (int64_t r = 0; r < m; ++r)
                                  std::copy_n(q + r * m, k, data.out<T>(0) + (i * m + r) * k);
                                std::copy_n(a, k * n, data.out<T>(1) + i * k * n);
                              });
  });
}

// --- eigh(x): the eigenvalues of symmetric matrices, ascending, and the eigenvectors as columns ----------------------

std::vector<TensorType> infer_eigh(const NodeInfo& info) {
  require_inputs(info, 1);
  require_matrices(info, 0, true);
  const TensorType& x = info.inputs[0];
  return {vector_type(x, x.shape.back()), x};
}

StepKernel prepare_eigh(const NodeInfo& info) {
  const TensorType& x = info.inputs[0];
  const int64_t n = x.shape.back();
  return visit_float(x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const double work = static_cast<double>(30 * n * n * n);
    return per_matrix<double>(stack_count(x), work, 2 * n * n + n, [=](const StepData& data, int64_t m, double* s) {
      double *a = s, *v = s + n * n, *order = v + n * n;
      const T* from = data.in<T>(0) + m * n * n;
      for (int64_t i = 0; i < n; ++i) {
        for (int64_t j = 0; j <= i; ++j) a[i * n + j] = a[j * n + i] = from[i * n + j];
      }
      factor_symmetric(a, v, n);
      std::iota(order, order + n, 0.0);
      std::sort(order, order + n, [&](double p, double q) {
        return a[static_cast<int64_t>(p) * (n + 1)] < a[static_cast<int64_t>(q) * (n + 1)];
      });
      for (int64_t j = 0; j < n; ++j) {
        const auto column = static_cast<int64_t>(order[j]);
        const double sign = sign_of_largest(v + column, n, n);
        data.out<T>(0)[m * n + j] = static_cast<T>(a[column * (n + 1)]);
        for (int64_t i = 0; i < n; ++i) {
          data.out<T>(1)[(m * n + i) * n + j] = static_cast<T>(sign * v[i * n + column]);
        }
      }
    });
  });
}

// --- svd(x; full_matrices): u (m, k), s (k), descending, vᵀ (k, n); u (m, m) and vᵀ (n, n) if full -------------------

std::vector<TensorType> infer_svd(const NodeInfo& info) {
  require_inputs(info, 1);
  require_matrices(info, 0, false);
  const TensorType& x = info.inputs[0];
  const int64_t m = x.shape[x.rank() - 2], n = x.shape.back(), k = std::min(m, n);
  const bool full = info.attr().flag("full_matrices");
  return {matrix_type(x, m, full ? m : k), vector_type(x, k), matrix_type(x, full ? n : k, n)};
}

StepKernel prepare_svd(const NodeInfo& info) {
  const TensorType& x = info.inputs[0];
  const int64_t m = x.shape[x.rank() - 2], n = x.shape.back();
  const bool wide = n > m;  // then the transpose is factored
  const int64_t tall = std::max(m, n), k = std::min(m, n);
  const int64_t columns = wide ? info.outputs[2].shape[x.rank() - 2] : info.outputs[0].shape.back();
  return visit_float(x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const double work = static_cast<double>(60 * tall * k * k);
    const int64_t scratch = tall * k + k * k + tall * columns + 2 * k;
    return per_matrix<double>(stack_count(x), work, scratch, [=](const StepData& data, int64_t i, double* memory) {
      double *a = memory, *v = a + tall * k, *u = v + k * k, *s = u + tall * columns, *order = s + k;
      const T* from = data.in<T>(0) + i * m * n;
      for (int64_t r = 0; r < tall; ++r) {
        for (int64_t c = 0; c < k; ++c) a[r * k + c] = wide ? from[c * n + r] : from[r * n + c];
      }
      factor_singular(a, v, tall, k);
      for (int64_t c = 0; c < k; ++c) {
        double square = 0;
        for (int64_t r = 0; r < tall; ++r) square += a[r * k + c] * a[r * k + c];
        s[c] = std::sqrt(square);
      }
      std::iota(order, order + k, 0.0);
      std::sort(order, order + k,
                [&](double p, double q) { return s[static_cast<int64_t>(p)] > s[static_cast<int64_t>(q)]; });
      const double least = k > 0 ? s[static_cast<int64_t>(order[0])] * 1e-15 : 0;
      int64_t rank = 0;
      for (int64_t j = 0; j < k; ++j) {
        const auto c = static_cast<int64_t>(order[j]);
        if (s[c] > least) {
          for (int64_t r = 0; r < tall; ++r) u[r * columns + j] = a[r * k + c] / s[c];
          rank = j + 1;
        }
        data.out<T>(1)[i * k + j] = static_cast<T>(s[c]);
      }
      complete_basis(u, tall, columns, rank);
      T* out_u = data.out<T>(wide ? 2 : 0) + i * tall * columns;
      T* out_v = data.out<T>(wide ? 0 : 2) + i * k * k;
      for (int64_t j = 0; j < columns; ++j) {
        const auto c = j < k ? static_cast<int64_t>(order[j]) : 0;
        // The sign is that of u's column, in whichever of the two outputs it stands.
        const double sign = wide && j < k ? sign_of_largest(v + c, k, k) : sign_of_largest(u + j, tall, columns);
        for (int64_t r = 0; r < tall; ++r) {
          out_u[wide ? j * tall + r : r * columns + j] = static_cast<T>(sign * u[r * columns + j]);
        }
        for (int64_t r = 0; r < k && j < k; ++r) {
          out_v[wide ? r * k + j : j * k + r] = static_cast<T>(sign * v[r * k + c]);
        }
      }
    });
  });
}

}  // namespace

// Their gradients stand in decompose_gradient.cpp.
std::vector<Value> grad_qr(const GradContext& c);
std::vector<Value> grad_eigh(const GradContext& c);
std::vector<Value> grad_svd(const GradContext& c);

void register_decompose_ops() {
  register_op({"qr", infer_qr, prepare_qr, grad_qr});
  register_op({"eigh", infer_eigh, prepare_eigh, grad_eigh});
  register_op({"svd", infer_svd, prepare_svd, grad_svd});
}

}  // namespace lamina
