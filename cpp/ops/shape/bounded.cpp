#include <algorithm>
#include <cmath>

#include "graph/graph.h"
#include "ops/checks.h"
#include "ops/register.h"

// bounded(x; low, high, who, what): x, all of whose elements, cut to integers, must be in low..high - 1.
namespace lamina {
namespace {

std::vector<TensorType> infer_bounded(const NodeInfo& info) {
  require_inputs(info, 1);
  require_dtype(info, 0, info.inputs[0].dtype >= DType::kInt32, "int32, int64 or floating-point");
  info.attr().integer("low"), info.attr().integer("high");
  return info.inputs;
}

// The first element out of bounds, or -1. NaN is.
template <typename T>
int64_t first_beyond(const T* x, int64_t count, int64_t low, int64_t high) {
  const auto beyond = [=](T value) {
    if constexpr (std::is_integral_v<T>) return value < low || value >= high;
    return !(value > static_cast<T>(low - 1) && value < static_cast<T>(high));
  };
  constexpr int64_t kBlock = 1024;  // within which there is no branch, so that it runs on vectors
  for (int64_t first = 0; first < count; first += kBlock) {
    const int64_t last = std::min(first + kBlock, count);
    bool found = false;
    for (int64_t i = first; i < last; ++i) found |= beyond(x[i]);
    if (found) return std::find_if(x + first, x + last, beyond) - x;
  }
  return -1;
}

template <typename T>
std::string as_text(T value) {
  if (std::abs(static_cast<double>(value)) < 1e15) {
    if (const auto whole = static_cast<int64_t>(value); static_cast<T>(whole) == value) return std::to_string(whole);
  }
  return concat(value);
}

std::string refusal(const NodeInfo& info, const std::string& received) {
  const int64_t low = info.attr().integer("low"), high = info.attr().integer("high");
  const std::string what = info.attr().text("what", "indices");
  return concat(info.attr().text("who", "bounded"), ": expected ", high > low ? "" : "no ", what,
                high > low ? concat(" in ", low, "..", high - 1) : " where there is nothing", ", received ", received);
}

StepKernel prepare_bounded(const NodeInfo& info) {
  const int64_t low = info.attr().integer("low"), high = info.attr().integer("high"), count = info.inputs[0].size();
  const bool copied = !info.outputs.empty();  // a plan gives the check no output of its own
  const auto fault = std::make_shared<Fault>(info.inputs[0].shape);
  StepKernel kernel;
  kernel.faults = {fault};
  visit_dtype(info.inputs[0].dtype, [&](auto item) {
    using T = decltype(item);
    const auto words = [op = info.op, inputs = info.inputs, attributes = *info.attributes](T value) {
      return refusal({op, inputs, {}, &attributes}, as_text(value));
    };
    kernel.run = [=](const StepData& data, Worker worker, int) {
      if (worker.index > 0) return;
      const T* x = data.in<T>(0);
      const int64_t at = first_beyond(x, count, low, high);
      if (at >= 0) fault->report(ErrorKind::kValue, words(x[at]), at);
      if (copied) std::copy_n(x, count, data.out<T>());
    };
  });
  return kernel;
}

std::vector<Value> grad_bounded(const GradContext& c) {
  return {c.dy[0]};
}

}  // namespace

void register_bounded_ops() {
  register_op(
      {.name = "bounded", .infer = infer_bounded, .prepare = prepare_bounded, .grad = grad_bounded, .check = true});
}

}  // namespace lamina
