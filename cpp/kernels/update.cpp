#include "kernels/update.h"

#include "kernels/math.h"
#include "kernels/power.h"

namespace lamina::LAMINA_ISA {
namespace {

template <typename V>
LAMINA_INLINE V clip(V x, V limit) {
  return select(x < -limit, -limit, select(x > limit, limit, x));
}

// Reads a vector of each operand, or the first n lanes, lets `step` change weight and slots, writes them: whole vectors
// and parts run the same code, so that results do not depend on where a span was cut.
template <typename T, int kSlots, typename Step>
LAMINA_INLINE void sweep(const UpdateSpan<T>& span, Step step) {
  using V = Vec<T>;
  const V kept = broadcast(T(1 - span.decay));
  const auto at = [&](int64_t i, int64_t j, auto read, auto write) {
    const int64_t place = i * span.stride + j;
    V w = read(span.weight + place) * kept;
    V slots[update::kMaxSlots] = {};
    for (int s = 0; s < kSlots; ++s) slots[s] = read(span.slots[s] + place);
    step(w, read(span.gradient + i * span.gradient_stride + j), slots[0], slots[1], slots[2]);
    write(span.new_weight + place, w);
    for (int s = 0; s < kSlots; ++s) write(span.new_slots[s] + place, slots[s]);
  };
  const int64_t rest = span.columns % kLanes<T>, whole = span.columns - rest;
  for (int64_t i = 0; i < span.rows; ++i) {
    for (int64_t j = 0; j < whole; j += kLanes<T>) {
      at(i, j, [](const T* p) { return load(p); }, [](T* p, V v) { store(p, v); });
    }
    if (rest > 0) {
      at(
          i, whole, [rest](const T* p) { return load_partial(p, rest); },
          [rest](T* p, V v) { store_partial(p, v, rest); });
    }
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
