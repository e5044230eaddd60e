#include "graph/graph.h"
#include "ops/linalg/matrices.h"

// Gradients of factorizations of matrices (Walter, Lehmann 2010; Townsend 2016). They are for distinct eigenvalues and
// singular values, and for a full rank.
namespace lamina {

std::vector<Value> grad_qr(const GradContext& c);
std::vector<Value> grad_eigh(const GradContext& c);
std::vector<Value> grad_svd(const GradContext& c);

namespace {

// Products of stacks of matrices, as they are written down.
class Algebra {
 public:
  explicit Algebra(Graph& g) : g_(g) {}

  Value times(Value a, Value b) { return g_.add("matmul", {a, b}); }
  Value transpose_times(Value a, Value b) { return g_.add("matmul", {a, b}, {{"transpose_a", true}}); }
  Value times_transpose(Value a, Value b) { return g_.add("matmul", {a, b}, {{"transpose_b", true}}); }
  Value transposed(Value x) {
    std::vector<int64_t> axes;
    const int64_t rank = g_.type(x).rank();
    for (int64_t i = 0; i < rank - 2; ++i) axes.push_back(i);
    axes.insert(axes.end(), {rank - 1, rank - 2});
    return g_.add("transpose", {x}, {{"axes", axes}});
  }
  Value column(Value x) {
    Shape shape = g_.type(x).shape;
    shape.push_back(1);
    return emit::reshape(g_, x, shape);
  }
  Value row(Value x) {
    Shape shape = g_.type(x).shape;
    shape.insert(shape.end() - 1, 1);
    return emit::reshape(g_, x, shape);
  }
  // n x n: f(i, j) everywhere.
  template <typename F>
  Value mask(DType dtype, int64_t n, F f) {
    return visit_float(dtype, [&](auto zero) {
      using T = decltype(zero);
      std::vector<T> items(static_cast<size_t>(n * n));
      for (int64_t i = 0; i < n * n; ++i) items[i] = static_cast<T>(f(i / n, i % n));
      return g_.constant({dtype, {n, n}}, items.data());
    });
  }
  Value identity(DType dtype, int64_t n) {
    return mask(dtype, n, [](int64_t i, int64_t j) { return i == j; });
  }
  // 1 / (x_j - x_i), 0 on the diagonal.
  Value inverse_differences(Value x) {
    const Value one = identity(g_.type(x).dtype, g_.type(x).shape.back());
    const Value apart = emit::add(g_, emit::subtract(g_, row(x), column(x)), one);
    return emit::subtract(g_, g_.add("reciprocal", {apart}), one);
  }
  Value sum(Value a, Value b) { return !a ? b : !b ? a : emit::add(g_, a, b); }

 private:
  Graph& g_;
};

}  // namespace

std::vector<Value> grad_qr(const GradContext& c) {
  Graph& g = c.graph;
  Algebra algebra(g);
  const Value q = c.y[0], r = c.y[1];
  const Shape &of_q = g.type(q).shape, &of_r = g.type(r).shape;
  require(of_r.back() == of_r[of_r.size() - 2] && of_q.back() == of_r.back(),
          "qr: a gradient is for matrices of as many rows as columns at least, in reduced form");
  const int64_t n = of_r.back();
  Value m;
  if (c.dy[1]) m = algebra.times_transpose(r, c.dy[1]);
  if (c.dy[0]) m = algebra.sum(m, emit::negate(g, algebra.transpose_times(c.dy[0], q)));
  const DType dtype = g.type(q).dtype;
  const Value lower = algebra.mask(dtype, n, [](int64_t i, int64_t j) { return i >= j; });
  const Value below = algebra.mask(dtype, n, [](int64_t i, int64_t j) { return i > j; });
  const Value symmetric = emit::add(g, emit::multiply(g, m, lower), algebra.transposed(emit::multiply(g, m, below)));
  const Value b = algebra.sum(c.dy[0], algebra.times(q, symmetric));
  return {algebra.transposed(g.add("solve_triangular", {r, algebra.transposed(b)}, {{"lower", false}}))};
}

std::vector<Value> grad_eigh(const GradContext& c) {
  Graph& g = c.graph;
  Algebra algebra(g);
  const Value w = c.y[0], v = c.y[1];
  Value inner;
  if (c.dy[0]) {
    const Value one = algebra.identity(g.type(w).dtype, g.type(w).shape.back());
    inner = emit::multiply(g, one, algebra.row(c.dy[0]));
  }
  if (c.dy[1]) {
    inner = algebra.sum(inner, emit::multiply(g, algebra.inverse_differences(w), algebra.transpose_times(v, c.dy[1])));
  }
  const Value dx = algebra.times_transpose(algebra.times(v, inner), v);
  return {emit::scale(g, emit::add(g, dx, algebra.transposed(dx)), 0.5)};
}

std::vector<Value> grad_svd(const GradContext& c) {
  Graph& g = c.graph;
  Algebra algebra(g);
  const Value u = c.y[0], s = c.y[1], vt = c.y[2];
  const int64_t k = g.type(s).shape.back();
  require(g.type(u).shape.back() == k && g.type(vt).shape[g.type(vt).rank() - 2] == k,
          "svd: a gradient is for full_matrices=False");
  const Value f = algebra.inverse_differences(g.add("square", {s}));
  const Value along = algebra.row(s), down = algebra.column(s);  // times s from the right, from the left
  const auto antisymmetric = [&](Value x) { return emit::subtract(g, x, algebra.transposed(x)); };
  Value inner;
  if (c.dy[0])
    inner = emit::multiply(g, emit::multiply(g, f, antisymmetric(algebra.transpose_times(u, c.dy[0]))), along);
  if (c.dy[2]) {
    const Value part = emit::multiply(g, f, antisymmetric(algebra.times_transpose(vt, c.dy[2])));
    inner = algebra.sum(inner, emit::multiply(g, down, part));
  }
  if (c.dy[1]) {
    inner = algebra.sum(inner, emit::multiply(g, algebra.identity(g.type(s).dtype, k), algebra.row(c.dy[1])));
  }
  Value dx = algebra.times(algebra.times(u, inner), vt);
  if (c.dy[0]) {  // what of du is not in the space of u
    const Value outside = emit::subtract(g, c.dy[0], algebra.times(u, algebra.transpose_times(u, c.dy[0])));
    dx = emit::add(g, dx, algebra.times(emit::divide(g, outside, along), vt));
  }
  if (c.dy[2]) {
    const Value inside = algebra.times(algebra.times_transpose(c.dy[2], vt), vt);
    dx = emit::add(g, dx, algebra.times(u, emit::divide(g, emit::subtract(g, c.dy[2], inside), down)));
  }
  return {dx};
}

}  // namespace lamina
