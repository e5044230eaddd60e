#pragma once

#include <vector>

#include "graph/graph.h"
#include "kernels/recurrent.h"

// What the recurrent ops share: sizes and checks, and what their gradients emit. recurrent_walk.h does the walking.
namespace lamina {

// (batch, steps), and in which order the steps are taken.
struct Walk {
  int64_t batch, steps;
  bool reverse;

  int64_t time(int64_t step) const { return reverse ? steps - 1 - step : step; }
  // The rows from `first` on, at time t, of an array (batch, steps, width).
  template <typename T>
  Rows<T> at(T* data, int64_t width, int64_t first, int64_t t) const {
    return {data + (first * steps + t) * width, steps * width};
  }
};

// The sizes of a forward op: inputs x (batch, steps, features), kernel (features, columns), recurrent_kernel (units,
// columns), bias, initial states (batch, units), and perhaps a mask (batch, steps).
struct Recurrence : Walk {
  int64_t features, units;
  int mask;  // the position of that input, or -1

  // Checks the inputs. Kernels have so many columns per unit, and so has the bias, in so many rows.
  Recurrence(const NodeInfo& info, int64_t columns_per_unit, int states, int64_t bias_rows = 1);

  // The width of what a step's products see: [x, h_before].
  int64_t seen() const { return features + units; }
  TensorType sequence(const NodeInfo& info, int64_t width) const {
    return {info.inputs[0].dtype, {batch, steps, width}};
  }
};

// The sizes of a backward op. Its inputs: first what the forward op computed, `kept` of them; then gradients of
// sequences, which may be given for the last steps alone, (batch, 0..steps, units); then recurrent_kernel (units,
// columns); then, for gradients of gradients only, x, kernel, bias and h0, all or none; and perhaps the mask.
struct BackRecurrence : Walk {
  int64_t units, columns;
  int kernel;  // the position of recurrent_kernel
  int mask;    // the position of that input, or -1

  // Checks the inputs; input 0 has `width` elements per unit.
  BackRecurrence(const NodeInfo& info, int64_t width, int kept, int gradients);

  // The rows of such a gradient (batch, given, units) at a step; none where it is not given.
  template <typename T>
  Rows<T> last(T* data, int64_t given, int64_t first, int64_t step) const {
    if (step < steps - given) return {};
    const int64_t at = reverse ? time(step) : step - (steps - given);
    return {data + (first * given + at) * units, given * units};
  }
};

// Checks the shape of an input, and that its dtype is that of input 0.
void require_shape(const NodeInfo& info, int i, const char* what, const Shape& expected);

// What flows to x, h and h0 from what each step saw, [x, h before]: nothing where nobody differentiates a gradient.
struct SeenGradient {
  Value x, h, h0;
};
SeenGradient gradient_of_seen(const GradContext& context, int output, int64_t features);
// The gradient dy of a sequence (batch, steps, units), and `more` of it if there is any, for as many of the last steps
// as there are any: often only the last state went on, and the others' gradient is zeros.
Value of_last_steps(const GradContext& context, int output, Value more = {});
// a + b, or a alone where there is no b.
Value with(Graph& g, Value a, Value b);
// What x and the states before each step multiplied: seen^T dsums, (features + units, columns) for all the steps at
// once.
Value weights_gradient(Graph& g, Value seen, Value dsums);
Value slice_matrix(Graph& g, Value x, Range rows, Range columns);
// Refuses to differentiate an output that is kept for the op's gradient only.
void require_no_gradient(const GradContext& context, const char* op, size_t output);

}  // namespace lamina
