#pragma once

#include <functional>

#include "graph/graph.h"

// What the recurrent ops compute, in plain ops: the gradients of their gradients are read off there.
namespace lamina {

struct PlainCell {
  // What input and bias add to the sums of all steps, from x, the kernel and the bias: (batch, steps, width).
  std::function<Value(Graph&, Value x, Value kernel, Value bias)> sums;
  // The states after a step, h first, from its sums, the states before it and the recurrent kernel.
  std::function<std::vector<Value>(Graph&, Value sums, const std::vector<Value>& states, Value kernel)> step;
};

// The rule of a backward op, whose outputs are the gradients of the sums and of the initial states, and the former's
// total over the steps. Its inputs end in the gradients of the states' sequences, recurrent_kernel (input number
// `kernel`), x, kernel, bias, h0 and perhaps the mask; `initial` are the numbers of the initial states.
std::vector<Value> grad_of_backward(const GradContext& context, size_t kernel, const std::vector<size_t>& initial,
                                    const PlainCell& cell);

// x kernel + bias, and the columns of x from `begin` to `end`, of its last axis.
Value plain_sums(Graph& g, Value x, Value kernel, Value bias);
Value columns_of(Graph& g, Value x, int64_t begin, int64_t end);

}  // namespace lamina
