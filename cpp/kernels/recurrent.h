#pragma once

#include <cstdint>

#include "kernels/per_float.h"

namespace lamina {

// Rows that lie `stride` elements apart; data may be null where an array is not there.
template <typename T>
struct Rows {
  T* data = nullptr;
  int64_t stride = 0;

  explicit operator bool() const { return data != nullptr; }
  T* operator[](int64_t i) const { return data + i * stride; }
};

// One step in time of a recurrent cell, forward, for some rows of the batch. A row whose mask is 0 keeps its state.
template <typename T>
struct CellStep {
  int64_t rows, units;
  Rows<const uint8_t> mask;  // (rows, 1); not there: every row takes the step
  Rows<T> state;             // (rows, units) h before; h after
  Rows<T> h;                 // (rows, units) h after, as a result
  Rows<T> gates;             // what the way back needs, as a result; not there: nobody goes back
};

// LSTM: i, f, o = sigmoid, g = tanh of their sums; c = f c_before + i g; h = o tanh(c).
template <typename T>
struct LstmStep : CellStep<T> {  // gates: (rows, 4 units) i, f, g, o
  Rows<const T> sums;            // (rows, 4 units) in that order
  Rows<const T> c_before;        // (rows, units)
  Rows<T> c;                     // (rows, units)
};

// GRU: z, r = sigmoid of their sums; n = tanh(sum of the input + r times sum of the state); h = z h_before + (1 - z) n.
template <typename T>
struct GruStep : CellStep<T> {  // gates: (rows, 4 units) z, r, n, state_sums
  Rows<const T> sums;           // (rows, 2 units) of z and r
  Rows<const T> input_sums;     // (rows, units) what the input adds to n
  Rows<const T> state_sums;     // (rows, units) what r is multiplied with
};

// The same step, backward.
template <typename T>
struct CellBackStep {
  int64_t rows, units;
  Rows<const uint8_t> mask;
  Rows<const T> gates;
  Rows<const T> dh;  // (rows, units) what the step's h gets from outside; may be missing
  Rows<T> dstate;    // (rows, units) what it gets from the next step; after: what goes straight to h_before
  Rows<T> back;      // the gradient of the sums that h_before has a part in: to be multiplied by the recurrent kernel
  Rows<T> dsums;     // the gradient of all sums, as a result; may lie over the gates
  Rows<T> total;     // to which dsums is added
};

template <typename T>
struct LstmBackStep : CellBackStep<T> {  // back, dsums, total: (rows, 4 units)
  Rows<const T> c, c_before;             // (rows, units)
  Rows<const T> dc;                      // (rows, units) what c gets from outside; may be missing
  Rows<T> dcarry;                        // (rows, units) what it gets from the next step; after: c_before's
};

template <typename T>
struct GruBackStep : CellBackStep<T> {  // back (rows, 3 units): of z, r, state_sums; dsums, total (rows, 4 units):
  Rows<const T> h_before;               // of z, r, input_sums, state_sums; h_before (rows, units)
};

template <typename T>
struct RecurrentKernels {
  void (*lstm)(const LstmStep<T>& step);
  void (*lstm_back)(const LstmBackStep<T>& step);
  void (*gru)(const GruStep<T>& step);
  void (*gru_back)(const GruBackStep<T>& step);
};

#ifdef LAMINA_ISA
namespace LAMINA_ISA {
extern const PerFloat<RecurrentKernels> recurrent_kernels;
}
#endif

}  // namespace lamina
