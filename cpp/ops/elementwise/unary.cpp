#include "ops/elementwise/unary.h"

#include <limits>
#include <utility>

#include "graph/graph.h"
#include "kernels/dispatch.h"
#include "ops/elementwise/curves.h"
#include "ops/register.h"
#include "ops/rows.h"

namespace lamina {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

constexpr UnaryFunction kFunctions[] = {
#define UNARY(NAME, DOMAIN, COST, FORWARD, VIA, SLOPE, CURVE, ...)             \
  {.name = #NAME,                                                              \
   .grad_name = #NAME "_grad",                                                 \
   .curve_name = std::string_view(#CURVE) == "V{}" ? nullptr : #NAME "_grad2", \
   .domain = Domain::DOMAIN,                                                   \
   .cost = COST,                                                               \
   .via_output = #VIA[0] == 'y',                                               \
   .parameters = {{__VA_ARGS__}}},
#define STEP(NAME, DOMAIN, COST, FORWARD) \
  {.name = #NAME,                         \
   .grad_name = nullptr,                  \
   .curve_name = nullptr,                 \
   .domain = Domain::DOMAIN,              \
   .cost = COST,                          \
   .via_output = false,                   \
   .parameters = {}},
#include "kernels/unary.def"
};

// --- y = f(x) --------------------------------------------------------------------------------------------------------

void check_parameters(const UnaryFunction& f, const NodeInfo& info) {
  for (const auto& parameter : f.parameters) {
    if (parameter.name == nullptr) break;
    const double value = info.attr().number(parameter.name, parameter.fallback);
    require(value >= parameter.least, info.op, ": '", parameter.name, "' must be at least ", parameter.least,
            ", received ", value);
  }
}

std::vector<TensorType> infer_forward(const UnaryFunction& f, const NodeInfo& info) {
  require_inputs(info, 1);
  require_domain(info, 0, f.domain);
  check_parameters(f, info);
  return {info.inputs[0]};
}

StepKernel prepare_forward(int index, const NodeInfo& info) {
  return visit_kernel_type(info.inputs[0].dtype, [&](auto item) {
    using T = decltype(item);
    const int64_t size = info.outputs[0].size();
    StepKernel step;
    step.nanoseconds = elementwise_ns(info, size, kFunctions[index].cost);
    step.in_pieces = true;
    step.run = [kernel = kernels().unary.of(item).forward[index], size,
                parameters = kFunctions[index].values<T>(info.attr())](const StepData& data, Worker worker, int) {
      const Range range = worker.share(size, kGrain);
      kernel(data.in<T>(0) + range.begin, data.out<T>() + range.begin, range.size(), parameters.data());
    };
    return step;
  });
}

std::vector<Value> grad_forward(const UnaryFunction& f, const GradContext& c) {
  if (f.grad_name == nullptr) return {zeros_like(c.graph, c.dy[0])};
  return {c.graph.add(f.grad_name, {f.via_output ? c.y[0] : c.x[0], c.dy[0]}, c.attr)};
}

// --- dx = p f'(v) and p f''(v) ---------------------------------------------------------------------------------------

std::vector<TensorType> infer_slope(const UnaryFunction& f, const NodeInfo& info) {
  require_inputs(info, 2);
  require_float(info, 0);
  require_same_type(info);
  check_parameters(f, info);
  return {info.inputs[0]};
}

enum Derivative { kSlope, kCurve };

StepKernel prepare_slope(int index, Derivative derivative, const NodeInfo& info) {
  return visit_float(info.inputs[0].dtype, [&](auto item) {
    using T = decltype(item);
    const int64_t size = info.outputs[0].size();
    const UnaryKernels<T>& table = kernels().unary.of(item);
    StepKernel step;
    step.nanoseconds = elementwise_ns(info, size, kFunctions[index].cost);
    step.in_pieces = true;
    step.run = [kernel = derivative == kSlope ? table.slope[index] : table.curve[index], size,
                parameters = kFunctions[index].values<T>(info.attr())](const StepData& data, Worker worker, int) {
      const Range range = worker.share(size, kGrain);
      kernel(data.in<T>(0) + range.begin, data.in<T>(1) + range.begin, data.out<T>() + range.begin, range.size(),
             parameters.data());
    };
    return step;
  });
}

// Of p f'(v): f''(v) times p and the incoming gradient for v, f'(v) times the incoming gradient for p.
std::vector<Value> grad_slope(const UnaryFunction& f, const GradContext& c) {
  Graph& g = c.graph;
  const Value v = c.x[0], p = c.x[1], dy = c.dy[0];
  Value dv;
  if (f.curve_name != nullptr) dv = g.add(f.curve_name, {v, emit::multiply(g, p, dy)}, c.attr);
  return {dv, g.add(f.grad_name, {v, dy}, c.attr)};
}

std::vector<Value> grad_curve(const UnaryFunction& f, const GradContext& c) {
  Graph& g = c.graph;
  const Value dp = g.add(f.curve_name, {c.x[0], c.dy[0]}, c.attr);
  const Value v = g.add("identity", {c.x[0]}), curve = plain_curve(g, f.name, v);
  if (!curve) return {Value{}, dp};
  return {g.gradients(curve, {v}, emit::multiply(g, c.x[1], c.dy[0])).front(), dp};
}

// --- tests -----------------------------------------------------------------------------------------------------------

struct Predicate {
  const char* name;
  Domain domain;
  double cost;
};

constexpr Predicate kPredicates[] = {
#define PREDICATE(NAME, DOMAIN, COST, FORWARD) {#NAME, Domain::DOMAIN, COST},
#include "kernels/unary.def"
};

std::vector<TensorType> infer_predicate(int index, const NodeInfo& info) {
  require_inputs(info, 1);
  require_domain(info, 0, kPredicates[index].domain);
  return {{DType::kBool, info.inputs[0].shape}};
}

StepKernel prepare_predicate(int index, const NodeInfo& info) {
  return visit_kernel_type(info.inputs[0].dtype, [&](auto item) {
    using T = decltype(item);
    const int64_t size = info.outputs[0].size();
    StepKernel step;
    step.nanoseconds = elementwise_ns(info, size, kPredicates[index].cost);
    step.in_pieces = true;
    step.run = [kernel = kernels().unary.of(item).predicate[index], size](const StepData& data, Worker worker, int) {
      const Range range = worker.share(size, kGrain);
      kernel(data.in<T>(0) + range.begin, data.out<uint8_t>() + range.begin, range.size());
    };
    return step;
  });
}

// --- registration: records hold plain functions, so each row gets its own --------------------------------------------

template <int kIndex>
void register_function() {
  constexpr const UnaryFunction& f = kFunctions[kIndex];
  register_op({.name = f.name,
               .infer = [](const NodeInfo& info) { return infer_forward(f, info); },
               .prepare = [](const NodeInfo& info) { return prepare_forward(kIndex, info); },
               .grad = [](const GradContext& c) { return grad_forward(f, c); },
               .in_place = true,
               .pointwise = f.grad_name != nullptr,
               .on_rows = rows::broadcast});
  if constexpr (f.grad_name != nullptr) {
    register_op({.name = f.grad_name,
                 .infer = [](const NodeInfo& info) { return infer_slope(f, info); },
                 .prepare = [](const NodeInfo& info) { return prepare_slope(kIndex, kSlope, info); },
                 .grad = [](const GradContext& c) { return grad_slope(f, c); },
                 .in_place = true,
                 .slope_of = f.name});
  }
  if constexpr (f.curve_name != nullptr) {
    register_op({.name = f.curve_name,
                 .infer = [](const NodeInfo& info) { return infer_slope(f, info); },
                 .prepare = [](const NodeInfo& info) { return prepare_slope(kIndex, kCurve, info); },
                 .grad = [](const GradContext& c) { return grad_curve(f, c); },
                 .in_place = true});
  }
}

template <int kIndex>
void register_predicate() {
  register_op({.name = kPredicates[kIndex].name,
               .infer = [](const NodeInfo& info) { return infer_predicate(kIndex, info); },
               .prepare = [](const NodeInfo& info) { return prepare_predicate(kIndex, info); },
               .on_rows = rows::broadcast});
}

template <int... kIndices>
void register_functions(std::integer_sequence<int, kIndices...>) {
  (register_function<kIndices>(), ...);
}

template <int... kIndices>
void register_predicates(std::integer_sequence<int, kIndices...>) {
  (register_predicate<kIndices>(), ...);
}

}  // namespace

int find_unary(std::string_view name) {
  for (int index = 0; index < unary::kCount; ++index) {
    if (name == kFunctions[index].name) return index;
  }
  return -1;
}

const UnaryFunction& unary_function(int index) {
  return kFunctions[index];
}

void register_unary_ops() {
  register_functions(std::make_integer_sequence<int, unary::kCount>());
  register_predicates(std::make_integer_sequence<int, unary::kPredicateCount>());
}

}  // namespace lamina
