#include <cmath>

#include "kernels/dispatch.h"
#include "ops/checks.h"
#include "ops/composed.h"
#include "ops/register.h"
#include "ops/row_blocks.h"

// Batch normalization of x (..., channels) over all axes but the last, by the statistics of x itself (Ioffe and Szegedy
// 2015, arXiv:1502.03167): one pass for the moments, one for the result; two backward.
namespace lamina {
namespace {

template <typename T>
T rstd_of(T variance, T epsilon) {
  return 1 / std::sqrt(variance + epsilon);
}

void require_channels(const NodeInfo& info, size_t x, size_t from) {
  const TensorType channels{info.inputs[x].dtype, {info.inputs[x].shape.back()}};
  for (size_t i = from; i < info.inputs.size(); ++i) {
    require(info.inputs[i] == channels, info.op, ": expected ", to_string(channels), " as input ", i, ", received ",
            to_string(info.inputs[i]));
  }
}

// --- batch_norm(x, gamma, beta; epsilon) → y, mean, variance ---------------------------------------------------------

std::vector<TensorType> infer_batch_norm(const NodeInfo& info) {
  require_inputs(info, 3);
  require_float(info, 0);
  require(info.inputs[0].rank() >= 2, "batch_norm: expected (batch, ..., channels), received ",
          to_string(info.inputs[0]));
  require_channels(info, 0, 1);
  info.attr().number("epsilon");
  return {info.inputs[0], info.inputs[1], info.inputs[1]};
}

StepKernel prepare_batch_norm(const NodeInfo& info) {
  const RowBlocks blocks(info.inputs[0]);
  StepKernel step;
  step.nanoseconds = 2 * io_ns(info);
  step.in_pieces = true;
  step.phases = 3;
  visit_float(info.inputs[0].dtype, [&](auto item) {
    using T = decltype(item);
    const auto& table = kernels().batch_norm.of(item);
    const T epsilon = static_cast<T>(info.attr().number("epsilon"));
    step.scratch_bytes = (2 * blocks.count + 1) * blocks.n * static_cast<int64_t>(sizeof(T));
    step.run = [=](const StepData& data, Worker worker, int phase) {
      const int64_t n = blocks.n;
      T* means = data.scratch<T>();  // (count, n)
      T* squares = means + blocks.count * n;
      T* scale = squares + blocks.count * n;
      T *mean = data.out<T>(1), *variance = data.out<T>(2);
      const auto block_moments = [&](int64_t b, Range rows) {
        table.moments(data.in<T>(0) + rows.begin * n, rows.size(), n, means + b * n, squares + b * n);
      };
      // Joining samples adds the spread of their means: Chan, Golub and LeVeque 1979.
      const auto join = [&](int64_t j) {
        double total = 0, spread = 0;
        for (int64_t b = 0; b < blocks.count; ++b) {
          total += static_cast<double>(blocks.of(b).size()) * means[b * n + j];
        }
        const double middle = total / static_cast<double>(blocks.rows);
        for (int64_t b = 0; b < blocks.count; ++b) {
          const double shift = means[b * n + j] - middle;
          spread += squares[b * n + j] + static_cast<double>(blocks.of(b).size()) * shift * shift;
        }
        mean[j] = static_cast<T>(middle);
        variance[j] = static_cast<T>(spread / static_cast<double>(blocks.rows));
        scale[j] = data.in<T>(1)[j] * rstd_of(variance[j], epsilon);
      };
      blocks.run(worker, phase, block_moments, join, [&](Range rows) {
        const int64_t first = rows.begin * n;
        table.forward(data.in<T>(0) + first, rows.size(), n, mean, scale, data.in<T>(2), data.out<T>() + first);
      });
    };
  });
  return step;
}

std::vector<Value> grad_batch_norm(const GradContext& c) {
  Graph& g = c.graph;
  const Value x = c.x[0], mean = c.y[1], variance = c.y[2];
  std::vector<Value> d(3);
  if (c.dy[0]) d = g.apply("batch_norm_grad", {c.dy[0], x, c.x[1], mean, variance}, c.attr);
  const double rows = static_cast<double>(g.type(x).size()) / static_cast<double>(g.type(mean).size());
  const auto add = [&](Value part) { d[0] = d[0] ? emit::add(g, d[0], part) : part; };
  if (c.dy[1]) add(emit::broadcast_to(g, emit::scale(g, c.dy[1], 1 / rows), g.type(x).shape));
  if (c.dy[2]) add(emit::multiply(g, emit::subtract(g, x, mean), emit::scale(g, c.dy[2], 2 / rows)));
  return d;
}

// --- batch_norm_grad(dy, x, gamma, mean, variance; epsilon) → dx, dgamma, dbeta --------------------------------------

std::vector<TensorType> infer_batch_norm_grad(const NodeInfo& info) {
  require_inputs(info, 5);
  require_float(info, 0);
  require(info.inputs[0] == info.inputs[1] && info.inputs[1].rank() >= 2,
          "batch_norm_grad: expected dy and x of one type (batch, ..., channels), received ", to_string(info.inputs[0]),
          " and ", to_string(info.inputs[1]));
  require_channels(info, 1, 2);
  info.attr().number("epsilon");
  return {info.inputs[1], info.inputs[2], info.inputs[2]};
}

// dx = gamma rstd (dy - mean(dy) - xhat mean(dy xhat)), xhat = (x - mean) rstd.
StepKernel prepare_batch_norm_grad(const NodeInfo& info) {
  const RowBlocks blocks(info.inputs[1]);
  StepKernel step;
  step.nanoseconds = 2 * io_ns(info);
  step.in_pieces = true;
  step.phases = 3;
  visit_float(info.inputs[1].dtype, [&](auto item) {
    using T = decltype(item);
    const auto& table = kernels().batch_norm.of(item);
    const T epsilon = static_cast<T>(info.attr().number("epsilon"));
    step.scratch_bytes = (2 * blocks.count + 3) * blocks.n * static_cast<int64_t>(sizeof(T));
    step.run = [=](const StepData& data, Worker worker, int phase) {
      const int64_t n = blocks.n;
      const T *dy = data.in<T>(0), *x = data.in<T>(1), *gamma = data.in<T>(2), *mean = data.in<T>(3);
      const T* variance = data.in<T>(4);
      T* sums = data.scratch<T>();  // (count, n)
      T* products = sums + blocks.count * n;
      T *a = products + blocks.count * n, *b = a + n, *c = b + n;
      const auto block_sums = [&](int64_t i, Range rows) {
        const int64_t first = rows.begin * n;
        table.sums(dy + first, x + first, rows.size(), n, mean, sums + i * n, products + i * n);
      };
      const auto join = [&](int64_t j) {
        double sum = 0, product = 0;
        for (int64_t i = 0; i < blocks.count; ++i) sum += sums[i * n + j], product += products[i * n + j];
        const T rstd = rstd_of(variance[j], epsilon);
        data.out<T>(1)[j] = static_cast<T>(product) * rstd;
        data.out<T>(2)[j] = static_cast<T>(sum);
        const double rows = static_cast<double>(blocks.rows);
        a[j] = gamma[j] * rstd;
        b[j] = -a[j] * rstd * rstd * static_cast<T>(product / rows);
        c[j] = -a[j] * static_cast<T>(sum / rows);
      };
      blocks.run(worker, phase, block_sums, join, [&](Range rows) {
        const int64_t first = rows.begin * n;
        table.backward(dy + first, x + first, rows.size(), n, mean, a, b, c, data.out<T>() + first);
      });
    };
  });
  return step;
}

std::vector<Value> grad_batch_norm_grad(const GradContext& c) {
  return grad_of_composed(c, [&](Graph& g, const std::vector<Value>& in) -> std::vector<Value> {
    const TensorType type = g.type(in[1]);
    Shape axes;
    for (int64_t axis = 0; axis + 1 < type.rank(); ++axis) axes.push_back(axis);
    const double rows = static_cast<double>(type.size()) / static_cast<double>(type.shape.back());
    const Value epsilon = g.scalar(type.dtype, c.attr.number("epsilon"));
    const Value rstd = g.add("rsqrt", {emit::add(g, in[4], epsilon)});
    const Value normal = emit::multiply(g, emit::subtract(g, in[1], in[3]), rstd);
    const Value dgamma = g.add("sum", {emit::multiply(g, in[0], normal)}, {{"axes", axes}});
    const Value dbeta = g.add("sum", {in[0]}, {{"axes", axes}});
    const Value part = emit::scale(g, emit::add(g, dbeta, emit::multiply(g, normal, dgamma)), 1 / rows);
    return {emit::multiply(g, emit::multiply(g, in[2], rstd), emit::subtract(g, in[0], part)), dgamma, dbeta};
  });
}

}  // namespace

void register_batch_norm_ops() {
  register_op({"batch_norm", infer_batch_norm, prepare_batch_norm, grad_batch_norm});
  register_op({"batch_norm_grad", infer_batch_norm_grad, prepare_batch_norm_grad, grad_batch_norm_grad});
}

}  // namespace lamina
