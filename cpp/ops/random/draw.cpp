#include <algorithm>
#include <cmath>
#include <limits>

#include "ops/random/random.h"
#include "ops/register.h"

// Draws from given probabilities: coins, and counts of classes.
namespace lamina {
namespace {

// --- bernoulli(p, state) = 1 where u < p, else 0 ---------------------------------------------------------------------

std::vector<TensorType> infer_bernoulli(const NodeInfo& info) {
  require_inputs(info, 2);
  require_float(info, 0);
  require_state(info, 1);
  return {info.inputs[0]};
}

StepKernel prepare_bernoulli(const NodeInfo& info) {
  return visit_float(info.outputs[0].dtype, [&](auto item) {
    using T = decltype(item);
    const auto bernoulli = kernels().random.of(T{}).bernoulli;
    return fill_kernel(info, 0.5, [=](const StepData& data, int64_t begin, int64_t n) {
      bernoulli(stream_of(data, 1), begin, n, data.in<T>(0) + begin, data.out<T>() + begin);
    });
  });
}

// --- multinomial(p, totals, state): how often each class comes up in totals[row] draws -------------------------------

std::vector<TensorType> infer_multinomial(const NodeInfo& info) {
  require_inputs(info, 3);
  require_float(info, 0);
  const TensorType& p = info.inputs[0];
  require(p.rank() == 2, info.op, ": expected probabilities (rows, classes), received ", to_string(p));
  const TensorType totals{p.dtype, {p.shape[0]}};
  require(info.inputs[1] == totals, info.op, ": expected the numbers of draws ", to_string(totals), ", received ",
          to_string(info.inputs[1]));
  require_state(info, 2);
  return {p};
}

// Draw j of row r takes u(r 2^32 + j) of the float64 stream and finds it among the row's cumulated probabilities.
template <typename T>
void count_classes(RandomStream stream, int64_t row, int64_t classes, T draws, const T* p, double* cumulated, T* out) {
  constexpr int64_t kChunk = kRandomGrain;
  double sum = 0;
  for (int64_t k = 0; k < classes; ++k) cumulated[k] = sum += static_cast<double>(p[k]);
  const bool possible = sum > 0 && std::isfinite(sum) && draws >= 0 && draws < std::ldexp(1.0, 31);
  std::fill(out, out + classes, possible ? T{0} : std::numeric_limits<T>::quiet_NaN());
  if (!possible) return;
  const int64_t total = std::llround(draws);
  double u[kChunk];
  for (int64_t first = 0; first < total; first += kChunk) {
    const int64_t n = std::min(kChunk, total - first);
    kernels().random.of(0.0).uniform(stream, (row << 32) + first, n, 0.0, sum, std::nextafter(sum, 0.0), u);
    for (int64_t j = 0; j < n; ++j) out[std::upper_bound(cumulated, cumulated + classes, u[j]) - cumulated] += T{1};
  }
}

StepKernel prepare_multinomial(const NodeInfo& info) {
  constexpr int64_t kGroups = 64;  // of rows, each with its part of the scratch
  const int64_t rows = info.inputs[0].shape[0], classes = info.inputs[0].shape[1];
  StepKernel kernel;
  kernel.nanoseconds = io_ns(info, 2.0);
  kernel.scratch_bytes = kGroups * classes * static_cast<int64_t>(sizeof(double));
  visit_float(info.outputs[0].dtype, [&](auto item) {
    using T = decltype(item);
    kernel.run = [=](const StepData& data, Worker worker, int) {
      const Range groups = worker.share(kGroups);
      for (int64_t group = groups.begin; group < groups.end; ++group) {
        const Range mine = Worker{static_cast<int>(group), static_cast<int>(kGroups)}.share(rows);
        for (int64_t row = mine.begin; row < mine.end; ++row) {
          count_classes(stream_of(data, 2), row, classes, data.in<T>(1)[row], data.in<T>(0) + row * classes,
                        data.scratch<double>() + group * classes, data.out<T>() + row * classes);
        }
      }
    };
  });
  return kernel;
}

}  // namespace

void register_draw_ops() {
  register_op({"bernoulli", infer_bernoulli, prepare_bernoulli, nullptr, true});
  register_op({"multinomial", infer_multinomial, prepare_multinomial});
}

}  // namespace lamina
