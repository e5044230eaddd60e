#include "ops/update/update_rule.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <sstream>

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
  const char* name;
  const char* hyperparameters;
  int slots;
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
#define UPDATE(name, variant, when, names, slots, a, b, c, per_step, ...) \
  {#name,                                                                 \
   names,                                                                 \
   slots,                                                                 \
   [](const UpdateScalars& scalars) -> bool {                             \
     using T = double;                                                    \
     LAMINA_HYPERPARAMETERS(NUMBER);                                      \
     return when;                                                         \
   },                                                                     \
   ONCE(float, per_step),                                                 \
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

}  // namespace

UpdateRule::UpdateRule(std::string_view name, const NodeInfo& info) {
  for (int row = 0; row < update::kCount; ++row) {
    if (name != kVariants[row].name) continue;
    hyperparameters_ = hyperparameters(info, kVariants[row].hyperparameters);
    if (kVariants[row].applies(hyperparameters_)) row_ = row;
  }
  // Of a known rule, only a hyperparameter that is not a number chooses no variant.
  require(row_ >= 0, info.op, ": hyperparameters must be numbers, not NaN");
}

int UpdateRule::slots() const {
  return kVariants[row_].slots;
}

template <typename T>
UpdateScalars UpdateRule::scalars(const StepData& data, int clock) const {
  UpdateScalars scalars = hyperparameters_;
  scalars.lr = static_cast<double>(*data.in<T>(clock));
  scalars.t = static_cast<double>(*data.in<int64_t>(clock + 1)) + 1;
  const Variant& variant = kVariants[row_];
  (sizeof(T) == sizeof(float) ? variant.once_float32 : variant.once_float64)(scalars);
  return scalars;
}

template UpdateScalars UpdateRule::scalars<float>(const StepData&, int) const;
template UpdateScalars UpdateRule::scalars<double>(const StepData&, int) const;

void require_update_clock(const NodeInfo& info, size_t clock) {
  const TensorType rate{info.inputs[0].dtype, {}}, steps{DType::kInt64, {}};
  require(info.inputs[clock] == rate, info.op, ": the learning rate must be ", to_string(rate), ", received ",
          to_string(info.inputs[clock]));
  require(info.inputs[clock + 1] == steps, info.op, ": iterations must be ", to_string(steps), ", received ",
          to_string(info.inputs[clock + 1]));
}

std::vector<const char*> update_rules() {
  std::vector<const char*> names;
  for (const Variant& variant : kVariants) {  // variants of a rule stand together
    if (names.empty() || std::string_view(names.back()) != variant.name) names.push_back(variant.name);
  }
  return names;
}

}  // namespace lamina
