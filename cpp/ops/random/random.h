#pragma once

#include "kernels/dispatch.h"
#include "ops/checks.h"

// What ops that draw random numbers have in common: the state they draw from, and how their output is filled.
namespace lamina {

inline void require_state(const NodeInfo& info, size_t i) {
  const TensorType state{DType::kInt64, {2}};
  require(info.inputs[i] == state, info.op, ": expected a random state ", to_string(state), " as input ", i,
          ", received ", to_string(info.inputs[i]));
}

inline RandomStream stream_of(const StepData& data, int i) {
  const int64_t* state = data.in<int64_t>(i);
  return {static_cast<uint64_t>(state[0]), static_cast<uint64_t>(state[1])};
}

// A kernel that computes elements begin..begin+n-1 of its output from the stream's.
template <typename Fill>
StepKernel fill_kernel(const NodeInfo& info, double ns_per_element, Fill fill) {
  StepKernel kernel;
  const int64_t size = info.outputs[0].size();
  kernel.nanoseconds = io_ns(info, ns_per_element);
  kernel.in_pieces = true;
  kernel.run = [size, fill](const StepData& data, Worker worker, int) {
    const Range range = worker.share(size, kRandomGrain);
    if (range.size() > 0) fill(data, range.begin, range.size());
  };
  return kernel;
}

}  // namespace lamina
