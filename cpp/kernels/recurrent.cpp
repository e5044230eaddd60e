#include "kernels/recurrent.h"

#include "kernels/math.h"

namespace lamina::LAMINA_ISA {
namespace {

// A vector's place within a row: all lanes, or the first n of the last vector.
template <typename T>
struct Lanes {
  int64_t at, n;

  LAMINA_INLINE Vec<T> of(const T* row) const { return n == kLanes<T> ? load(row + at) : load_partial(row + at, n); }
  LAMINA_INLINE void to(T* row, Vec<T> v) const { store_first(row + at, v, n); }
};

// f(Lanes) for each vector of a row of n elements.
template <typename T, typename F>
LAMINA_INLINE void each_vector(int64_t n, F f) {
  int64_t i = 0;
  for (; i + kLanes<T> <= n; i += kLanes<T>) f(Lanes<T>{i, kLanes<T>});
  if (i < n) f(Lanes<T>{i, n - i});
}

template <typename T>
LAMINA_INLINE void copy(const T* from, T* to, int64_t n) {
  each_vector<T>(n, [=](Lanes<T> lanes) { lanes.to(to, lanes.of(from)); });
}

template <typename T>
LAMINA_INLINE void add(const T* from, T* to, int64_t n) {
  each_vector<T>(n, [=](Lanes<T> lanes) { lanes.to(to, lanes.of(to) + lanes.of(from)); });
}

template <typename T>
LAMINA_INLINE void clear(T* to, int64_t n) {
  each_vector<T>(n, [=](Lanes<T> lanes) { lanes.to(to, Vec<T>{}); });
}

LAMINA_INLINE bool stays(Rows<const uint8_t> mask, int64_t row) {
  return mask && *mask[row] == 0;
}

template <typename T>
void lstm(const LstmStep<T>& step) {
  const int64_t units = step.units;
  for (int64_t row = 0; row < step.rows; ++row) {
    T* const state = step.state[row];
    T* const h = step.h[row];
    T* const c = step.c[row];
    const T* const c_before = step.c_before[row];
    if (stays(step.mask, row)) {
      copy(state, h, units);
      copy(c_before, c, units);
      if (step.gates) clear(step.gates[row], 4 * units);
      continue;
    }
    const T* const sums = step.sums[row];
    T* const gates = step.gates ? step.gates[row] : nullptr;
    each_vector<T>(units, [=](Lanes<T> lanes) {
      const Vec<T> i = sigmoid(lanes.of(sums)), f = sigmoid(lanes.of(sums + units));
      const Vec<T> g = tanh(lanes.of(sums + 2 * units)), o = sigmoid(lanes.of(sums + 3 * units));
      const Vec<T> new_c = fma(f, lanes.of(c_before), i * g);
      const Vec<T> new_h = o * tanh(new_c);
      lanes.to(c, new_c);
      lanes.to(h, new_h);
      lanes.to(state, new_h);
      if (gates == nullptr) return;
      lanes.to(gates, i);
      lanes.to(gates + units, f);
      lanes.to(gates + 2 * units, g);
      lanes.to(gates + 3 * units, o);
    });
  }
}

// What a masked row does on the way back: the gradient of h passes it by.
template <typename T>
LAMINA_INLINE void pass_by(const CellBackStep<T>& step, int64_t row, int64_t sums, int64_t sums_back) {
  if (step.dh) add(step.dh[row], step.dstate[row], step.units);
  clear(step.back[row], sums_back);
  clear(step.dsums[row], sums);
}

template <typename T>
void lstm_back(const LstmBackStep<T>& step) {
  const int64_t units = step.units;
  for (int64_t row = 0; row < step.rows; ++row) {
    const T* const dc = step.dc ? step.dc[row] : nullptr;
    T* const dcarry = step.dcarry[row];
    if (stays(step.mask, row)) {
      pass_by(step, row, 4 * units, 4 * units);
      if (dc != nullptr) add(dc, dcarry, units);
      continue;
    }
    const T *const gates = step.gates[row], *const c = step.c[row], *const c_before = step.c_before[row];
    const T* const dh = step.dh ? step.dh[row] : nullptr;
    T *const dstate = step.dstate[row], *const back = step.back[row];
    T *const dsums = step.dsums[row], *const total = step.total[row];
    each_vector<T>(units, [=](Lanes<T> lanes) {
      const Vec<T> i = lanes.of(gates), f = lanes.of(gates + units);
      const Vec<T> g = lanes.of(gates + 2 * units), o = lanes.of(gates + 3 * units);
      const Vec<T> tanh_c = tanh(lanes.of(c));
      Vec<T> d_h = lanes.of(dstate), d_c = lanes.of(dcarry);
      if (dh != nullptr) d_h += lanes.of(dh);
      if (dc != nullptr) d_c += lanes.of(dc);
      d_c += d_h * o * (1 - tanh_c * tanh_c);
      const Vec<T> slopes[] = {d_c * g * i * (1 - i), d_c * lanes.of(c_before) * f * (1 - f), d_c * i * (1 - g * g),
                               d_h * tanh_c * o * (1 - o)};
      lanes.to(dcarry, d_c * f);
      lanes.to(dstate, Vec<T>{});
      for (int gate = 0; gate < 4; ++gate) {
        lanes.to(back + gate * units, slopes[gate]);
        lanes.to(dsums + gate * units, slopes[gate]);
        lanes.to(total + gate * units, lanes.of(total + gate * units) + slopes[gate]);
      }
    });
  }
}

template <typename T>
void gru(const GruStep<T>& step) {
  const int64_t units = step.units;
  for (int64_t row = 0; row < step.rows; ++row) {
    T *const state = step.state[row], *const h = step.h[row];
    if (stays(step.mask, row)) {
      copy(state, h, units);
      if (step.gates) clear(step.gates[row], 4 * units);
      continue;
    }
    const T *const sums = step.sums[row], *const input_sums = step.input_sums[row];
    const T* const state_sums = step.state_sums[row];
    T* const gates = step.gates ? step.gates[row] : nullptr;
    each_vector<T>(units, [=](Lanes<T> lanes) {
      const Vec<T> z = sigmoid(lanes.of(sums)), r = sigmoid(lanes.of(sums + units));
      const Vec<T> from_state = lanes.of(state_sums);
      const Vec<T> n = tanh(fma(r, from_state, lanes.of(input_sums)));
      const Vec<T> new_h = fma(z, lanes.of(state), (1 - z) * n);
      lanes.to(h, new_h);
      lanes.to(state, new_h);
      if (gates == nullptr) return;
      lanes.to(gates, z);
      lanes.to(gates + units, r);
      lanes.to(gates + 2 * units, n);
      lanes.to(gates + 3 * units, from_state);
    });
  }
}

template <typename T>
void gru_back(const GruBackStep<T>& step) {
  const int64_t units = step.units;
  for (int64_t row = 0; row < step.rows; ++row) {
    if (stays(step.mask, row)) {
      pass_by(step, row, 4 * units, 3 * units);
      continue;
    }
    const T *const gates = step.gates[row], *const h_before = step.h_before[row];
    const T* const dh = step.dh ? step.dh[row] : nullptr;
    T *const dstate = step.dstate[row], *const back = step.back[row];
    T *const dsums = step.dsums[row], *const total = step.total[row];
    each_vector<T>(units, [=](Lanes<T> lanes) {
      const Vec<T> z = lanes.of(gates), r = lanes.of(gates + units);
      const Vec<T> n = lanes.of(gates + 2 * units), from_state = lanes.of(gates + 3 * units);
      Vec<T> d_h = lanes.of(dstate);
      if (dh != nullptr) d_h += lanes.of(dh);
      const Vec<T> d_n = d_h * (1 - z) * (1 - n * n);
      const Vec<T> slopes[] = {d_h * (lanes.of(h_before) - n) * z * (1 - z), d_n * from_state * r * (1 - r), d_n,
                               d_n * r};
      lanes.to(dstate, d_h * z);
      for (int sum = 0; sum < 4; ++sum) {
        lanes.to(dsums + sum * units, slopes[sum]);
        lanes.to(total + sum * units, lanes.of(total + sum * units) + slopes[sum]);
      }
      lanes.to(back, slopes[0]);
      lanes.to(back + units, slopes[1]);
      lanes.to(back + 2 * units, slopes[3]);
    });
  }
}

template <typename T>
constexpr RecurrentKernels<T> kTable = {lstm<T>, lstm_back<T>, gru<T>, gru_back<T>};

}  // namespace

const PerFloat<RecurrentKernels> recurrent_kernels = {kTable<float>, kTable<double>};

}  // namespace lamina::LAMINA_ISA
