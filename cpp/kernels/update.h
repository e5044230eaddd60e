#pragma once

#include <cstdint>

#include "kernels/per_float.h"

namespace lamina {

// The rows of update.def, in order, as indices into the tables below.
namespace update {
enum Variant : int {
#define UPDATE(op, variant, ...) variant,
#include "kernels/update.def"
  kCount
};
constexpr int kMaxSlots = 3;
}  // namespace update

// Every hyperparameter that a row of update.def may name.
#define LAMINA_HYPERPARAMETERS(X) \
  X(momentum);                    \
  X(nesterov);                    \
  X(rho);                         \
  X(epsilon);                     \
  X(centered);                    \
  X(beta_1);                      \
  X(beta_2);                      \
  X(amsgrad);                     \
  X(beta);                        \
  X(eta_minus);                   \
  X(eta_plus);                    \
  X(step_min);                    \
  X(step_max);                    \
  X(learning_rate_power);         \
  X(l1_regularization_strength);  \
  X(l2_regularization_strength);  \
  X(l2_shrinkage_regularization_strength)

// What is the same for all weights in one step.
struct UpdateScalars {
#define FIELD(name) double name = 0
  LAMINA_HYPERPARAMETERS(FIELD);
#undef FIELD
  double lr = 0, t = 0;                    // learning rate; steps done, this one included
  double alpha = 0, gamma = 0, delta = 0;  // what the row finds once a step
};

// A block of one weight: rows of so many columns, `stride` elements apart, the gradient's `gradient_stride`. Results
// may be written over what they come from.
template <typename T>
struct UpdateSpan {
  const T* weight;
  const T* gradient;
  const T* slots[update::kMaxSlots];
  T* new_weight;
  T* new_slots[update::kMaxSlots];
  int64_t rows, columns;
  int64_t stride, gradient_stride;
  double decay;  // fraction of the weight that is taken away first
};

template <typename T>
struct UpdateKernels {
  void (*sweep[update::kCount])(const UpdateSpan<T>& span, const UpdateScalars& scalars);
};

#ifdef LAMINA_ISA
namespace LAMINA_ISA {
extern const PerFloat<UpdateKernels> update_kernels;
}
#endif

}  // namespace lamina
