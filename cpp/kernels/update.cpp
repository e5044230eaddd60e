#include "kernels/update.h"

#include "kernels/math.h"
#include "kernels/power.h"

namespace lamina::LAMINA_ISA {
namespace {

template <typename V>
LAMINA_INLINE V clip(V x, V limit) {
  return select(x < -limit, -limit, select(x > limit, limit, x));
}

// Reads a vector of each operand, lets `step` change weight and slots, writes them; the last, partial vector runs the
// same code, so that results do not depend on where a span was cut.
template <typename T, int kSlots, typename Step>
LAMINA_INLINE void sweep(const UpdateSpan<T>& span, Step step) {
  using V = Vec<T>;
  const V kept = broadcast(T(1 - span.decay));
  V slots[update::kMaxSlots] = {};
  int64_t i = 0;
  for (; i + kLanes<T> <= span.n; i += kLanes<T>) {
    V w = load(span.weight + i) * kept;
    for (int s = 0; s < kSlots; ++s) slots[s] = load(span.slots[s] + i);
    step(w, load(span.gradient + i), slots[0], slots[1], slots[2]);
    store(span.new_weight + i, w);
    for (int s = 0; s < kSlots; ++s) store(span.new_slots[s] + i, slots[s]);
  }
  if (const int64_t rest = span.n - i; rest > 0) {
    V w = load_partial(span.weight + i, rest) * kept;
    for (int s = 0; s < kSlots; ++s) slots[s] = load_partial(span.slots[s] + i, rest);
    step(w, load_partial(span.gradient + i, rest), slots[0], slots[1], slots[2]);
    store_partial(span.new_weight + i, w, rest);
    for (int s = 0; s < kSlots; ++s) store_partial(span.new_slots[s] + i, slots[s], rest);
  }
}

#define NUMBER(name) [[maybe_unused]] const double name = scalars.name
#define K(x) broadcast(T(x))
#define UPDATE(op, variant, when, hyperparameters, count, a, b, c, once, ...)                                        \
  template <typename T>                                                                                              \
  void variant(const UpdateSpan<T>& span, const UpdateScalars& scalars) {                                            \
    using V = Vec<T>;                                                                                                \
    LAMINA_HYPERPARAMETERS(NUMBER);                                                                                  \
    NUMBER(lr);                                                                                                      \
    NUMBER(alpha);                                                                                                   \
    NUMBER(gamma);                                                                                                   \
    NUMBER(delta);                                                                                                   \
    sweep<T, count>(                                                                                                 \
        span, [=](V& w, V g, [[maybe_unused]] V& a, [[maybe_unused]] V& b, [[maybe_unused]] V& c) { __VA_ARGS__; }); \
  }
#include "kernels/update.def"

template <typename T>
constexpr UpdateKernels<T> kTable = {{
#define UPDATE(op, variant, ...) variant<T>,
#include "kernels/update.def"
}};

}  // namespace

const PerFloat<UpdateKernels> update_kernels = {kTable<float>, kTable<double>};

}  // namespace lamina::LAMINA_ISA
