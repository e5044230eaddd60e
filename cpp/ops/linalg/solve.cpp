#include <cmath>

#include "graph/graph.h"
#include "ops/linalg/matrices.h"
#include "ops/register.h"

// Linear equations of small systems, one worker a matrix: solve_triangular, solve, and the determinants.
namespace lamina {
namespace {

Value transposed(Graph& g, Value x) {
  std::vector<int64_t> axes;
  const int64_t rank = g.type(x).rank();
  for (int64_t i = 0; i < rank - 2; ++i) axes.push_back(i);
  axes.push_back(rank - 1);
  axes.push_back(rank - 2);
  return g.add("transpose", {x}, {{"axes", axes}});
}

std::vector<TensorType> infer_equations(const NodeInfo& info) {
  require_inputs(info, 2);
  require_matrices(info, 0, true);
  require_matrices(info, 1, false);
  require_same_dtype(info, 0, 1);
  const TensorType &a = info.inputs[0], &b = info.inputs[1];
  require(stack_shape(a, 1) == stack_shape(b, 1), info.op, ": expected as many right-hand sides of as many rows as ",
          to_string(a), " has, received ", to_string(b));
  for (const char* name : {"lower", "transpose"}) info.attr().flag(name);
  return {b};
}

// --- solve_triangular(a, b; lower, transpose): a⁻¹ b, or its transpose's, from one triangle of a ---------------------

template <typename T>
void solve_triangle(const T* a, T* x, int64_t n, int64_t k, bool lower, bool transpose) {
  const bool forward = lower != transpose;
  for (int64_t step = 0; step < n; ++step) {
    const int64_t i = forward ? step : n - 1 - step;
    T* row = x + i * k;
    for (int64_t s = 0; s < step; ++s) {
      const int64_t j = forward ? s : n - 1 - s;
      const T factor = transpose ? a[j * n + i] : a[i * n + j];
      for (int64_t c = 0; c < k; ++c) row[c] -= factor * x[j * k + c];
    }
    for (int64_t c = 0; c < k; ++c) row[c] /= a[i * n + i];
  }
}

StepKernel prepare_triangular(const NodeInfo& info) {
  const Matrices b = matrices_of(info.inputs[1]);
  const bool lower = info.attr().flag("lower"), transpose = info.attr().flag("transpose");
  return visit_float(info.inputs[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    const double work = static_cast<double>(b.rows * b.rows * b.columns);
    return per_matrix<T>(b.count, work, 0, [=](const StepData& data, int64_t m, T*) {
      T* x = data.out<T>() + m * b.size();
      std::copy_n(data.in<T>(1) + m * b.size(), b.size(), x);
      solve_triangle(data.in<T>(0) + m * b.rows * b.rows, x, b.rows, b.columns, lower, transpose);
    });
  });
}

// For a x = b: db = a⁻ᵀ dx, da = -db xᵀ.
std::vector<Value> grad_equations(const GradContext& c, const char* op) {
  Graph& g = c.graph;
  const bool transpose = c.attr.flag("transpose");
  Attributes attributes = c.attr;
  attributes.set("transpose", !transpose);
  const Value db = g.add(op, {c.x[0], c.dy[0]}, attributes);
  const Value left = transpose ? c.y[0] : db, right = transpose ? db : c.y[0];
  return {emit::negate(g, g.add("matmul", {left, right}, {{"transpose_b", true}})), db};
}

// Ones in a triangle of n x n, `diagonal` on the diagonal.
Value triangle(Graph& g, const TensorType& type, bool lower, double diagonal) {
  const int64_t n = type.shape.back();
  return visit_float(type.dtype, [&](auto zero) {
    using T = decltype(zero);
    std::vector<T> mask(static_cast<size_t>(n * n));
    for (int64_t i = 0; i < n; ++i) {
      for (int64_t j = 0; j < n; ++j) {
        mask[i * n + j] = static_cast<T>(i == j ? diagonal : (j < i) == lower ? 1 : 0);
      }
    }
    return g.constant({type.dtype, {n, n}}, mask.data());
  });
}

std::vector<Value> grad_triangular(const GradContext& c) {
  std::vector<Value> d = grad_equations(c, "solve_triangular");
  d[0] = emit::multiply(c.graph, d[0], triangle(c.graph, c.graph.type(c.x[0]), c.attr.flag("lower"), 1));
  return d;
}

// --- solve(a, b; transpose): by elimination with partial pivoting ----------------------------------------------------

// Factors a in place, rows in the order `pivots` says; returns the sign of that order.
template <typename T>
T factor(T* a, int64_t n, T* pivots) {
  T sign = 1;
  for (int64_t j = 0; j < n; ++j) {
    int64_t best = j;
    for (int64_t i = j + 1; i < n; ++i) {
      if (std::abs(a[i * n + j]) > std::abs(a[best * n + j])) best = i;
    }
    pivots[j] = static_cast<T>(best);
    if (best != j) {
      sign = -sign;
      std::swap_ranges(a + j * n, a + (j + 1) * n, a + best * n);
    }
    if (a[j * n + j] == 0) continue;
    for (int64_t i = j + 1; i < n; ++i) {
      const T ratio = a[i * n + j] /= a[j * n + j];
      for (int64_t c = j + 1; c < n; ++c) a[i * n + c] -= ratio * a[j * n + c];
    }
  }
  return sign;
}

template <typename T>
void swap_rows(T* x, int64_t k, const T* pivots, int64_t j) {
  const auto other = static_cast<int64_t>(pivots[j]);
  if (other != j) std::swap_ranges(x + j * k, x + (j + 1) * k, x + other * k);
}

template <typename T>
void eliminate(const T* lu, const T* pivots, T* x, int64_t n, int64_t k, bool transpose) {
  if (!transpose) {
    for (int64_t j = 0; j < n; ++j) swap_rows(x, k, pivots, j);
    for (int64_t i = 0; i < n; ++i) {
      for (int64_t j = 0; j < i; ++j) {
        for (int64_t c = 0; c < k; ++c) x[i * k + c] -= lu[i * n + j] * x[j * k + c];
      }
    }
    solve_triangle(lu, x, n, k, false, false);
    return;
  }
  solve_triangle(lu, x, n, k, false, true);
  for (int64_t i = n - 1; i >= 0; --i) {
    for (int64_t j = i + 1; j < n; ++j) {
      for (int64_t c = 0; c < k; ++c) x[i * k + c] -= lu[j * n + i] * x[j * k + c];
    }
  }
  for (int64_t j = n - 1; j >= 0; --j) swap_rows(x, k, pivots, j);
}

StepKernel prepare_solve(const NodeInfo& info) {
  const Matrices b = matrices_of(info.inputs[1]);
  const bool transpose = info.attr().flag("transpose");
  const int64_t n = b.rows;
  return visit_float(info.inputs[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    const double work = static_cast<double>(n * n * (n + b.columns));
    return per_matrix<T>(b.count, work, n * (n + 1), [=](const StepData& data, int64_t m, T* lu) {
      std::copy_n(data.in<T>(0) + m * n * n, n * n, lu);
      factor(lu, n, lu + n * n);
      T* x = data.out<T>() + m * b.size();
      std::copy_n(data.in<T>(1) + m * b.size(), b.size(), x);
      eliminate(lu, lu + n * n, x, n, b.columns, transpose);
    });
  });
}

std::vector<Value> grad_solve(const GradContext& c) {
  return grad_equations(c, "solve");
}

// --- slogdet(a): the determinant's sign and the logarithm of its size ------------------------------------------------

std::vector<TensorType> infer_slogdet(const NodeInfo& info) {
  require_inputs(info, 1);
  require_matrices(info, 0, true);
  const TensorType type{info.inputs[0].dtype, stack_shape(info.inputs[0])};
  return {type, type};
}

StepKernel prepare_slogdet(const NodeInfo& info) {
  const int64_t n = info.inputs[0].shape.back(), count = info.outputs[0].size();
  return visit_float(info.inputs[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    return per_matrix<T>(count, static_cast<double>(n * n * n), n * (n + 1),
                         [=](const StepData& data, int64_t m, T* lu) {
                           std::copy_n(data.in<T>(0) + m * n * n, n * n, lu);
                           T sign = factor(lu, n, lu + n * n), logarithm = 0;
                           for (int64_t i = 0; i < n; ++i) {
                             const T pivot = lu[i * n + i];
                             sign = pivot == 0 ? T{0} : pivot < 0 ? -sign : sign;
                             logarithm += std::log(std::abs(pivot));
                           }
                           data.out<T>(0)[m] = sign;
                           data.out<T>(1)[m] = logarithm;
                         });
  });
}

// d ln|det a| = a⁻ᵀ
std::vector<Value> grad_slogdet(const GradContext& c) {
  if (!c.dy[1]) return {Value{}};
  Graph& g = c.graph;
  const TensorType type = g.type(c.x[0]);
  const Value one = emit::subtract(g, triangle(g, type, true, 1), triangle(g, type, true, 0));
  const Value inverse = g.add("solve", {c.x[0], emit::broadcast_to(g, one, type.shape)}, {{"transpose", true}});
  Shape scale = stack_shape(type);
  scale.insert(scale.end(), {1, 1});
  return {emit::multiply(g, inverse, emit::reshape(g, c.dy[1], scale))};
}

// --- cholesky(a): the lower triangle l with l lᵀ = a, of which the lower triangle is read; NaN where there is none ---

std::vector<TensorType> infer_cholesky(const NodeInfo& info) {
  require_inputs(info, 1);
  require_matrices(info, 0, true);
  return {info.inputs[0]};
}

StepKernel prepare_cholesky(const NodeInfo& info) {
  const Matrices a = matrices_of(info.inputs[0]);
  const int64_t n = a.rows;
  return visit_float(info.inputs[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    return per_matrix<T>(a.count, static_cast<double>(n * n * n) / 3, 0, [=](const StepData& data, int64_t m, T*) {
      const T* from = data.in<T>(0) + m * n * n;
      T* l = data.out<T>() + m * n * n;
      for (int64_t i = 0; i < n; ++i) {
        for (int64_t j = 0; j <= i; ++j) {
          T sum = from[i * n + j];
          for (int64_t k = 0; k < j; ++k) sum -= l[i * n + k] * l[j * n + k];
          l[i * n + j] = i == j ? std::sqrt(sum) : sum / l[j * n + j];
        }
        std::fill(l + i * n + i + 1, l + (i + 1) * n, T{0});
      }
    });
  });
}

// With p = lᵀ dl, its diagonal halved and the upper triangle dropped: da = l⁻ᵀ p l⁻¹, symmetric (Murray 2016).
std::vector<Value> grad_cholesky(const GradContext& c) {
  Graph& g = c.graph;
  const Value l = c.y[0];
  const Value product = g.add("matmul", {l, c.dy[0]}, {{"transpose_a", true}});
  const Value p = emit::multiply(g, product, triangle(g, g.type(l), true, 0.5));
  const Attributes back{{"lower", true}, {"transpose", true}};
  const Value half = g.add("solve_triangular", {l, p}, back);
  const Value whole = g.add("solve_triangular", {l, transposed(g, half)}, back);
  return {emit::scale(g, emit::add(g, whole, transposed(g, whole)), 0.5)};
}

}  // namespace

void register_solve_ops() {
  register_op({"solve_triangular", infer_equations, prepare_triangular, grad_triangular});
  register_op({"solve", infer_equations, prepare_solve, grad_solve});
  register_op({"slogdet", infer_slogdet, prepare_slogdet, grad_slogdet});
  register_op({"cholesky", infer_cholesky, prepare_cholesky, grad_cholesky});
}

}  // namespace lamina
