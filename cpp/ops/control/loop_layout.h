#pragma once

#include "graph/function.h"
#include "graph/op.h"

namespace lamina {

// What a `loop` node's attributes say, and which of its inputs and outputs are what.
//
//   inputs   carries | sequences (length, ...) | constants | trips, int32, if counted
//   outputs  last carries | stacked results (length, ...) | history (length, ...) | trips, if conditional
//   body     carries | one element of each sequence | constants  ->  carries | one element of each result
//
// A step works at a position of the sequences: 0, 1, ... or, reversed, from the last to 0. The history holds what the
// carries it lists were before each step. A counted loop makes as many steps as its last input says, `length` at most;
// a conditional one goes on while its first carry, a bool scalar, is true, without end if `length` is -1.
struct LoopLayout {
  LoopLayout(const Attributes& attributes, size_t inputs);

  std::shared_ptr<const Function> body;
  int64_t length;
  bool reverse, conditional, counted;
  int64_t carries, sequences, constants, stacked;
  std::vector<int64_t> history;  // the carries that have one

  bool bounded() const { return length >= 0; }
  int64_t first_history() const { return carries + stacked; }
  // Where a step, one of `trips`, works.
  int64_t position(int64_t step, int64_t trips) const { return reverse ? trips - 1 - step : step; }
};

// The kernel of a loop: a plan for the body, walked by the whole team once a step.
StepKernel loop_kernel(const NodeInfo& info);

}  // namespace lamina
