#include "kernels/dispatch.h"
#include "ops/checks.h"
#include "ops/register.h"
#include "ops/update/update_rule.h"

// Optimizer updates: one op per optimizer, all made from the rows of kernels/update.def. Inputs are N weights, N of
// each slot, N gradients, the learning rate and the number of steps done before; outputs N weights and N of each slot.
namespace lamina {
namespace {

// One update op as its node describes it.
struct Update {
  explicit Update(const NodeInfo& info) : rule(info.op, info) {
    const int64_t count = info.attr().integer("count");
    require(count >= 1, info.op, ": 'count', the number of weights, must be at least 1, received ", count);
    weights = static_cast<size_t>(count);
    slots = static_cast<size_t>(rule.slots());
    decay = info.attr().numbers("weight_decay");
    if (decay.empty()) decay.assign(weights, 0.0);
    require(decay.size() == weights, info.op, ": 'weight_decay' needs one number for each of the ", weights,
            " weights, received ", decay.size());
  }

  UpdateRule rule;
  size_t weights, slots;
  std::vector<double> decay;
};

std::vector<TensorType> infer_update(const NodeInfo& info) {
  const Update update(info);
  const size_t n = update.weights, slots = update.slots;
  require_inputs(info, n * (slots + 2) + 2);
  require_float(info, 0);
  for (size_t i = 0; i < n * (slots + 2); ++i) {
    const TensorType& weight = info.inputs[i % n];
    const TensorType expected{info.inputs[0].dtype, weight.shape};
    if (info.inputs[i] == expected) continue;
    const std::string what = i < n                 ? "weight "
                             : i < n * (slots + 1) ? concat("slot ", i / n, " of weight ")
                                                   : "gradient ";
    fail(info.op, ": ", what, i % n, " must be ", to_string(expected), ", received ", to_string(info.inputs[i]));
  }
  require_update_clock(info, n * (slots + 2));
  return {info.inputs.begin(), info.inputs.begin() + static_cast<int64_t>(n * (slots + 1))};
}

// All weights laid end to end are one range of elements, shared among the workers.
template <typename T>
StepKernel prepare_typed(const NodeInfo& info) {
  const Update update(info);
  const int n = static_cast<int>(update.weights), slots = static_cast<int>(update.slots);
  std::vector<int64_t> starts = {0};
  for (int i = 0; i < n; ++i) starts.push_back(starts.back() + info.inputs[i].size());

  StepKernel kernel;
  kernel.nanoseconds = update_ns<T>(starts.back(), slots);
  kernel.in_pieces = true;
  kernel.run = [sweep = kernels().update.of(T{}).sweep[update.rule.row()], rule = update.rule, decay = update.decay,
                starts, n, slots](const StepData& data, Worker worker, int) {
    const UpdateScalars scalars = rule.scalars<T>(data, n * (slots + 2));
    const Range mine = worker.share(starts.back(), 64);
    for (int i = 0; i < n; ++i) {
      const int64_t begin = std::max(mine.begin, starts[i]) - starts[i];
      const int64_t end = std::min(mine.end, starts[i + 1]) - starts[i];
      if (begin >= end) continue;
      UpdateSpan<T> span = {};
      span.weight = data.in<T>(i) + begin;
      span.gradient = data.in<T>(n * (slots + 1) + i) + begin;
      span.new_weight = data.out<T>(i) + begin;
      for (int s = 0; s < slots; ++s) {
        span.slots[s] = data.in<T>(n * (s + 1) + i) + begin;
        span.new_slots[s] = data.out<T>(n * (s + 1) + i) + begin;
      }
      span.rows = 1;
      span.columns = end - begin;
      span.decay = decay[i] * scalars.lr;
      sweep(span, scalars);
    }
  };
  return kernel;
}

StepKernel prepare_update(const NodeInfo& info) {
  return visit_float(info.inputs[0].dtype, [&](auto item) { return prepare_typed<decltype(item)>(info); });
}

}  // namespace

void register_update_ops() {
  for (const char* name : update_rules()) {
    register_op({.name = name, .infer = infer_update, .prepare = prepare_update, .in_place = true, .update = true});
  }
}

}  // namespace lamina
