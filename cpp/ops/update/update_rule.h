#pragma once

#include <string_view>
#include <vector>

#include "graph/op.h"
#include "kernels/update.h"
#include "ops/checks.h"

namespace lamina {

// How an optimizer changes a weight: a row of kernels/update.def, with the hyperparameters that a node gives.
class UpdateRule {
 public:
  // `name` is the optimizer's.
  UpdateRule(std::string_view name, const NodeInfo& info);

  int row() const { return row_; }
  int slots() const;

  // What is the same for all elements of a step on weights of type T, of which inputs `clock` and `clock` + 1 are the
  // learning rate and the number of steps done before.
  template <typename T>
  UpdateScalars scalars(const StepData& data, int clock) const;

 private:
  int row_ = -1;
  UpdateScalars hyperparameters_;
};

extern template UpdateScalars UpdateRule::scalars<float>(const StepData&, int) const;
extern template UpdateScalars UpdateRule::scalars<double>(const StepData&, int) const;

// Refuses inputs `clock` and `clock` + 1 unless they are a learning rate and a number of steps, the last inputs.
void require_update_clock(const NodeInfo& info, size_t clock);

// Estimated time of an update in which nothing else is done to the weights.
template <typename T>
double update_ns(int64_t elements, int slots) {
  return streaming_ns(elements * (3 + 2 * slots) * static_cast<int64_t>(sizeof(T)));
}

// The optimizers of kernels/update.def, each once.
std::vector<const char*> update_rules();

}  // namespace lamina
