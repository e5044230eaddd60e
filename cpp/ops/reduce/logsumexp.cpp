#include <cmath>
#include <limits>

#include "graph/graph.h"
#include "kernels/dispatch.h"
#include "ops/reduce/reduction.h"
#include "ops/register.h"

namespace lamina {
namespace {

// --- logsumexp: log(sum(exp(x))), shifted by the largest element -----------------------------------------------------

std::vector<TensorType> infer_logsumexp(const NodeInfo& info) {
  require_inputs(info, 1);
  require_float(info, 0);
  return {{info.inputs[0].dtype, reduced_shape(info.inputs[0].shape, axes_of(info, 0), info.attr().flag("keepdims"))}};
}

StepKernel prepare_logsumexp(const NodeInfo& info) {
  const Shape& shape = info.inputs[0].shape;
  const std::vector<int64_t> axes = axes_of(info, 0);
  const Shape dense = row_major_strides(shape);
  Shape kept, kept_strides, reduced, reduced_strides;
  for (size_t i = 0; i < shape.size(); ++i) {
    const bool is_reduced = std::find(axes.begin(), axes.end(), static_cast<int64_t>(i)) != axes.end();
    (is_reduced ? reduced : kept).push_back(shape[i]);
    (is_reduced ? reduced_strides : kept_strides).push_back(dense[i]);
  }
  const StridedWalk<1> outputs(kept, {kept_strides}), elements(reduced, {reduced_strides});
  const int64_t count = element_count(kept), n = element_count(reduced);
  StepKernel kernel;
  kernel.nanoseconds = io_ns(info, 50) + static_cast<double>(info.inputs[0].size());
  visit_float(info.inputs[0].dtype, [&](auto item) {
    using T = decltype(item);
    const auto& reduce = kernels().reduce.of(T{});
    const auto exp = kernels().unary.of(T{}).forward[unary::exp];
    static constexpr T no_parameters[3] = {};
    // Gathers pieces of one output's elements and hands them to f.
    const auto for_pieces = [elements, n](const T* x, auto f) {
      constexpr int64_t kPiece = 256;
      alignas(64) T piece[kPiece];
      elements.run({0, n}, [&](int64_t, const std::array<int64_t, 1>& at, int64_t row) {
        for (int64_t i = 0; i < row; i += kPiece) {
          const int64_t size = std::min(kPiece, row - i), stride = elements.inner_stride(0);
          gather_row(piece, x + at[0] + i * stride, stride, size);
          f(piece, size);
        }
      });
    };
    kernel.run = [=, max_rows = reduce.max.rows, sum_rows = reduce.sum.rows](const StepData& data, Worker worker, int) {
      T* y = data.out<T>();
      outputs.run(worker.share(count), [&](int64_t position, const std::array<int64_t, 1>& at, int64_t some) {
        for (int64_t o = 0; o < some; ++o) {
          const T* x = data.in<T>(0) + at[0] + o * outputs.inner_stride(0);
          T largest = -std::numeric_limits<T>::infinity(), sum = 0;
          for_pieces(x, [&](T* piece, int64_t size) { max_rows(piece, 1, size, size, &largest); });
          const T shift = std::isfinite(largest) ? largest : T{0};
          for_pieces(x, [&](T* piece, int64_t size) {
            for (int64_t i = 0; i < size; ++i) piece[i] -= shift;
            exp(piece, piece, size, no_parameters);
            sum_rows(piece, 1, size, size, &sum);
          });
          y[position + o] = std::log(sum) + shift;
        }
      });
    };
  });
  return kernel;
}

std::vector<Value> grad_logsumexp(const GradContext& c) {
  Graph& g = c.graph;
  const ReductionGrad shapes(c);
  const Value y = emit::reshape(g, c.y[0], shapes.kept), dy = emit::reshape(g, c.dy[0], shapes.kept);
  return {emit::multiply(g, g.add("exp", {emit::subtract(g, c.x[0], y)}), dy)};
}

}  // namespace

void register_logsumexp_ops() {
  register_op({"logsumexp", infer_logsumexp, prepare_logsumexp, grad_logsumexp});
}

}  // namespace lamina
