#include <cmath>

#include "kernels/dispatch.h"
#include "ops/checks.h"
#include "ops/composed.h"
#include "ops/register.h"
#include "ops/row_blocks.h"
#include "ops/rows.h"

// Group normalization of x (batch, ..., channels): each sample by the mean and the variance of each of its groups of
// channels (Wu and He 2018, arXiv:1803.08494). With one group of a matrix it is layer normalization of the rows (Ba,
// Kiros and Hinton 2016, arXiv:1607.06450).
namespace lamina {
namespace {

struct Groups {
  explicit Groups(const NodeInfo& info, const TensorType& x)
      : channels(x.shape.back()),
        count(info.attr().integer("groups")),
        width(channels / count),
        batch(x.size() > 0 ? x.shape[0] : 0),
        places(x.size() > 0 ? x.size() / (batch * channels) : 1) {}

  int64_t channels, count, width;  // width: channels of one group
  int64_t batch, places;           // places: of each sample
};

// Checks x, input `x`, and the weights that follow it.
void require_groups(const NodeInfo& info, size_t x) {
  require_inputs(info, 3);
  require_float(info, 0);
  const TensorType& type = info.inputs[x];
  require(type.rank() >= 2, info.op, ": expected (batch, ..., channels), received ", to_string(type));
  const TensorType channels{type.dtype, {type.shape.back()}};
  for (size_t i = x + 1; i < info.inputs.size(); ++i) {
    require(info.inputs[i] == channels, info.op, ": expected ", to_string(channels), " as input ", i, ", received ",
            to_string(info.inputs[i]));
  }
  const int64_t groups = info.attr().integer("groups");
  require(groups >= 1 && type.shape.back() % groups == 0, info.op, ": expected 'groups' to divide ", type.shape.back(),
          " channels, received ", groups);
  info.attr().number("epsilon");
}

// The moments of a sample's groups, for each channel; `spread` is scratch.
template <typename T>
void group_moments(const Groups& groups, const T* x, T epsilon, T* mean, T* rstd, T* spread) {
  kernels().batch_norm.of(T{}).moments(x, groups.places, groups.channels, mean, spread);
  const double places = static_cast<double>(groups.places), width = static_cast<double>(groups.width);
  for (int64_t begin = 0; begin < groups.channels; begin += groups.width) {
    const int64_t end = begin + groups.width;
    double middle = 0, squares = 0;
    for (int64_t j = begin; j < end; ++j) middle += static_cast<double>(mean[j]) / width;
    for (int64_t j = begin; j < end; ++j) {
      const double shift = static_cast<double>(mean[j]) - middle;
      squares += static_cast<double>(spread[j]) + places * shift * shift;
    }
    const T variance = static_cast<T>(squares / (places * width));
    std::fill(mean + begin, mean + end, static_cast<T>(middle));
    std::fill(rstd + begin, rstd + end, 1 / std::sqrt(variance + epsilon));
  }
}

// --- group_norm(x, gamma, beta; groups, epsilon) ---------------------------------------------------------------------

std::vector<TensorType> infer_group_norm(const NodeInfo& info) {
  require_groups(info, 0);
  return {info.inputs[0]};
}

template <typename T>
StepKernel prepare_forward(const NodeInfo& info) {
  const Groups groups(info, info.inputs[0]);
  const T epsilon = static_cast<T>(info.attr().number("epsilon"));
  const int64_t n = groups.channels, width = groups.width, sample = groups.places * n;
  StepKernel step;
  step.nanoseconds = 2 * io_ns(info);
  step.scratch_bytes = groups.places > 1 ? info.workers * 3 * n * static_cast<int64_t>(sizeof(T)) : 0;
  step.in_pieces = true;
  step.run = [=](const StepData& data, Worker worker, int) {
    const T *gamma = data.in<T>(1), *beta = data.in<T>(2);
    const Range mine = worker.share(groups.batch);
    const T* x = data.in<T>(0) + mine.begin * sample;
    T* y = data.out<T>() + mine.begin * sample;
    if (groups.places == 1 && groups.count == 1) {
      kernels().row_norm.of(T{}).forward(x, mine.size(), n, epsilon, gamma, beta, y);
      return;
    }
    T *mean = data.scratch<T>() + data.seat() * 3 * n, *rstd = mean + n, *scale = rstd + n;
    for (int64_t i = mine.begin; i < mine.end; ++i, x += sample, y += sample) {
      if (groups.places == 1) {
        for (int64_t j = 0; j < n; j += width) {
          kernels().row_norm.of(T{}).forward(x + j, 1, width, epsilon, gamma + j, beta + j, y + j);
        }
      } else {
        group_moments(groups, x, epsilon, mean, rstd, scale);
        for (int64_t j = 0; j < n; ++j) scale[j] = gamma[j] * rstd[j];
        kernels().batch_norm.of(T{}).forward(x, groups.places, n, mean, scale, beta, y);
      }
    }
  };
  return step;
}

StepKernel prepare_group_norm(const NodeInfo& info) {
  return visit_float(info.inputs[0].dtype, [&](auto item) { return prepare_forward<decltype(item)>(info); });
}

std::vector<Value> grad_group_norm(const GradContext& c) {
  return c.graph.apply("group_norm_grad", {c.dy[0], c.x[0], c.x[1]}, c.attr);
}

// --- group_norm_grad(dy, x, gamma; groups, epsilon) → dx, dgamma, dbeta ----------------------------------------------

std::vector<TensorType> infer_group_norm_grad(const NodeInfo& info) {
  require_groups(info, 1);
  require(info.inputs[0] == info.inputs[1], info.op, ": expected dy and x of one type, received ",
          to_string(info.inputs[0]), " and ", to_string(info.inputs[1]));
  return {info.inputs[1], info.inputs[2], info.inputs[2]};
}

// One sample of several places: dx, and the sums of dy h and of dy. With g = dy gamma, h = (x - mean) rstd and means
// over a group, dx = rstd (g - mean(g) - h mean(g h)).
template <typename T>
void sample_backward(const Groups& groups, const T* dy, const T* x, const T* gamma, T epsilon, T* dx, T* dgamma,
                     T* dbeta, T* scratch) {
  const auto& table = kernels().batch_norm.of(T{});
  const int64_t n = groups.channels;
  T *mean = scratch, *rstd = mean + n, *a = rstd + n, *b = a + n, *c = b + n;
  group_moments(groups, x, epsilon, mean, rstd, a);
  table.sums(dy, x, groups.places, n, mean, dbeta, dgamma);
  for (int64_t begin = 0; begin < n; begin += groups.width) {
    const int64_t end = begin + groups.width;
    double level = 0, tilt = 0;
    for (int64_t j = begin; j < end; ++j) {
      dgamma[j] *= rstd[j];
      level += static_cast<double>(gamma[j] * dbeta[j]);
      tilt += static_cast<double>(gamma[j] * dgamma[j]);
    }
    const double size = static_cast<double>(groups.places * groups.width);
    const T r = rstd[begin];
    for (int64_t j = begin; j < end; ++j) a[j] = gamma[j] * r;
    std::fill(b + begin, b + end, -r * r * static_cast<T>(tilt / size));
    std::fill(c + begin, c + end, -r * static_cast<T>(level / size));
  }
  table.backward(dy, x, groups.places, n, mean, a, b, c, dx);
}

template <typename T>
StepKernel prepare_backward(const NodeInfo& info) {
  const Groups groups(info, info.inputs[1]);
  const T epsilon = static_cast<T>(info.attr().number("epsilon"));
  const int64_t n = groups.channels, width = groups.width, sample = groups.places * n;
  const bool rows_only = groups.places == 1;
  const RowBlocks blocks(info.inputs[1]);  // of samples, if they are rows
  const int64_t parts = rows_only ? blocks.count : groups.batch;
  StepKernel step;
  step.nanoseconds = 2 * io_ns(info);
  step.phases = 2;
  step.scratch_bytes = (parts * 2 + info.workers * 5) * n * static_cast<int64_t>(sizeof(T));
  step.in_pieces = true;
  step.run = [=](const StepData& data, Worker worker, int phase) {
    const T* gamma = data.in<T>(2);
    T* sums = data.scratch<T>();  // (parts, 2, n): of dy h and of dy
    if (phase == 1) {
      const Range mine = worker.share(n, 16);
      for (int64_t j = mine.begin; j < mine.end; ++j) {
        double product = 0, sum = 0;
        for (int64_t p = 0; p < parts; ++p) product += sums[2 * p * n + j], sum += sums[(2 * p + 1) * n + j];
        data.out<T>(1)[j] = static_cast<T>(product);
        data.out<T>(2)[j] = static_cast<T>(sum);
      }
      return;
    }
    const auto& rows_table = kernels().row_norm.of(T{});
    const Range mine = worker.share(parts);
    for (int64_t p = mine.begin; p < mine.end; ++p) {
      const Range samples = rows_only ? blocks.of(p) : Range{p, p + 1};
      const T *dy = data.in<T>(0) + samples.begin * sample, *x = data.in<T>(1) + samples.begin * sample;
      T *dx = data.out<T>() + samples.begin * sample, *dgamma = sums + 2 * p * n, *dbeta = dgamma + n;
      if (!rows_only) {
        sample_backward(groups, dy, x, gamma, epsilon, dx, dgamma, dbeta, sums + (2 * parts + data.seat() * 5) * n);
        continue;
      }
      std::fill_n(dgamma, 2 * n, T{0});
      if (groups.count == 1) {
        rows_table.backward(dy, x, samples.size(), n, epsilon, gamma, dx, dgamma, dbeta);
        continue;
      }
      for (int64_t i = 0; i < samples.size() * n; i += width) {
        const int64_t j = i % n;
        rows_table.backward(dy + i, x + i, 1, width, epsilon, gamma + j, dx + i, dgamma + j, dbeta + j);
      }
    }
  };
  return step;
}

StepKernel prepare_group_norm_grad(const NodeInfo& info) {
  return visit_float(info.inputs[1].dtype, [&](auto item) { return prepare_backward<decltype(item)>(info); });
}

std::vector<Value> grad_group_norm_grad(const GradContext& c) {
  return grad_of_composed(c, [&](Graph& g, const std::vector<Value>& in) -> std::vector<Value> {
    const TensorType type = g.type(in[1]);
    const int64_t groups = c.attr.integer("groups"), width = type.shape.back() / groups;
    const int64_t rows = type.size() / std::max<int64_t>(type.shape.back(), 1), batch = type.shape[0];
    const Shape split = {batch, rows / std::max<int64_t>(batch, 1), groups, width};
    const auto mean = [&](Value v) { return g.add("mean", {v}, {{"axes", Shape{1, 3}}, {"keepdims", true}}); };
    const auto channel_sums = [&](Value v) {
      return emit::reshape(g, g.add("sum", {v}, {{"axes", Shape{0, 1}}}), {type.shape.back()});
    };
    const Value dy = emit::reshape(g, in[0], split), x = emit::reshape(g, in[1], split);
    const Value gamma = emit::reshape(g, in[2], {groups, width});
    const Value centred = emit::subtract(g, x, mean(x));
    const Value variance = mean(g.add("square", {centred}));
    const Value epsilon = g.scalar(type.dtype, c.attr.number("epsilon"));
    const Value rstd = g.add("rsqrt", {emit::add(g, variance, epsilon)});
    const Value h = emit::multiply(g, centred, rstd), slope = emit::multiply(g, dy, gamma);
    const Value tilt = emit::multiply(g, h, mean(emit::multiply(g, slope, h)));
    const Value rest = emit::subtract(g, emit::subtract(g, slope, mean(slope)), tilt);
    const Value dx = emit::reshape(g, emit::multiply(g, rstd, rest), type.shape);
    return {dx, channel_sums(emit::multiply(g, dy, h)), channel_sums(dy)};
  });
}

}  // namespace

void register_group_norm_ops() {
  register_op({.name = "group_norm",
               .infer = infer_group_norm,
               .prepare = prepare_group_norm,
               .grad = grad_group_norm,
               .in_place = true,
               .on_rows = rows::of_first});
  register_op({"group_norm_grad", infer_group_norm_grad, prepare_group_norm_grad, grad_group_norm_grad});
}

}  // namespace lamina
