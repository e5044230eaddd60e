#include <array>
#include <cmath>
#include <sstream>

#include "kernels/dispatch.h"
#include "ops/checks.h"
#include "ops/register.h"

// Optimizer updates: one op per optimizer, all made from the rows of kernels/update.def. Inputs are N weights, N of
// each slot, N gradients, the learning rate and the number of steps done before; outputs N weights and N of each slot.
namespace lamina {
namespace {

using std::pow;
using std::sqrt;

// Nadam's momentum schedule, and its product over steps 1..t. The factors 1 - 0.96^i / 2 are 1 in double precision
// from the thousandth on, so the product takes a bounded time.
double nadam_momentum(double beta_1, double t) {
  return beta_1 * (1 - 0.5 * pow(0.96, t));
}

double nadam_product(double beta_1, double t) {
  double product = pow(beta_1, t), decayed = 1;
  for (int i = 1; i <= std::min(t, 1000.0); ++i) {
    decayed *= 0.96;
    product *= 1 - 0.5 * decayed;
  }
  return product;
}

struct Variant {
  const char* op;
  const char* hyperparameters;
  size_t slots;
  bool (*applies)(const UpdateScalars&);
  // Finds alpha, gamma and delta in the type of the weights, as Keras does: 1 - beta_2^t has few digits in float32, and
  // that shows in the first steps.
  void (*once_float32)(UpdateScalars&);
  void (*once_float64)(UpdateScalars&);
};

#define NUMBER(name) [[maybe_unused]] const auto name = static_cast<T>(scalars.name)
#define ONCE(type, per_step)                        \
  [](UpdateScalars& scalars) {                      \
    using T = type;                                 \
    LAMINA_HYPERPARAMETERS(NUMBER);                 \
    NUMBER(lr);                                     \
    NUMBER(t);                                      \
    [[maybe_unused]] double& alpha = scalars.alpha; \
    [[maybe_unused]] double& gamma = scalars.gamma; \
    [[maybe_unused]] double& delta = scalars.delta; \
    per_step;                                       \
  }
#define UPDATE(op, variant, when, names, slots, a, b, c, per_step, ...) \
  {#op,                                                                 \
   names,                                                               \
   slots,                                                               \
   [](const UpdateScalars& scalars) -> bool {                           \
     using T = double;                                                  \
     LAMINA_HYPERPARAMETERS(NUMBER);                                    \
     return when;                                                       \
   },                                                                   \
   ONCE(float, per_step),                                               \
   ONCE(double, per_step)},
constexpr std::array<Variant, update::kCount> kVariants = {{
#include "kernels/update.def"
}};
#undef ONCE
#undef NUMBER

UpdateScalars hyperparameters(const NodeInfo& info, const char* names) {
  UpdateScalars scalars;
  std::istringstream words(names);
  for (std::string name; words >> name;) {
    require(info.attr().has(name), info.op, ": hyperparameter '", name, "' is required");
#define READ(field) \
  if (name == #field) scalars.field = info.attr().number(name)
    LAMINA_HYPERPARAMETERS(READ);
#undef READ
  }
  return scalars;
}

// One update op as its node describes it.
struct Update {
  explicit Update(const NodeInfo& info) {
    for (const Variant& each : kVariants) {
      if (std::string(each.op) != info.op) continue;
      scalars = hyperparameters(info, each.hyperparameters);
      if (each.applies(scalars)) variant = &each;
    }
    // Only a hyperparameter that is not a number chooses no variant.
    require(variant != nullptr, info.op, ": hyperparameters must be numbers, not NaN");
    const int64_t count = info.attr().integer("count");
    require(count >= 1, info.op, ": 'count', the number of weights, must be at least 1, received ", count);
    weights = static_cast<size_t>(count);
    decay = info.attr().numbers("weight_decay");
    if (decay.empty()) decay.assign(weights, 0.0);
    require(decay.size() == weights, info.op, ": 'weight_decay' needs one number for each of the ", weights,
            " weights, received ", decay.size());
  }

  size_t row() const { return static_cast<size_t>(variant - kVariants.data()); }

  const Variant* variant = nullptr;
  UpdateScalars scalars;
  size_t weights;
  std::vector<double> decay;
};

std::vector<TensorType> infer_update(const NodeInfo& info) {
  const Update update(info);
  const size_t n = update.weights, slots = update.variant->slots;
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
  const TensorType rate{info.inputs[0].dtype, {}}, steps{DType::kInt64, {}};
  require(info.inputs[n * (slots + 2)] == rate, info.op, ": the learning rate must be ", to_string(rate), ", received ",
          to_string(info.inputs[n * (slots + 2)]));
  require(info.inputs.back() == steps, info.op, ": iterations must be ", to_string(steps), ", received ",
          to_string(info.inputs.back()));
  return {info.inputs.begin(), info.inputs.begin() + static_cast<int64_t>(n * (slots + 1))};
}

// All weights laid end to end are one range of elements, shared among the workers.
template <typename T>
StepKernel prepare_typed(const NodeInfo& info) {
  const Update update(info);
  const int n = static_cast<int>(update.weights), slots = static_cast<int>(update.variant->slots);
  std::vector<int64_t> starts = {0};
  for (int i = 0; i < n; ++i) starts.push_back(starts.back() + info.inputs[i].size());

  const auto once = sizeof(T) == sizeof(float) ? update.variant->once_float32 : update.variant->once_float64;
  StepKernel kernel;
  kernel.nanoseconds = streaming_ns(starts.back() * (3 + 2 * slots) * static_cast<int64_t>(sizeof(T)));
  kernel.run = [sweep = kernels().update.of(T{}).sweep[update.row()], hyper = update.scalars, once,
                decay = update.decay, starts, n, slots](const StepData& data, Worker worker, int) {
    UpdateScalars scalars = hyper;
    scalars.lr = static_cast<double>(*data.in<T>(n * (slots + 2)));
    scalars.t = static_cast<double>(*data.in<int64_t>(n * (slots + 2) + 1)) + 1;
    once(scalars);
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
      span.n = end - begin;
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
  const char* last = "";
  for (const Variant& variant : kVariants) {  // variants of an op stand together
    if (std::string(variant.op) != last) register_op({variant.op, infer_update, prepare_update, nullptr, true});
    last = variant.op;
  }
}

}  // namespace lamina
