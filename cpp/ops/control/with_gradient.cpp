#include <cstring>

#include "graph/function.h"
#include "graph/graph.h"
#include "ops/checks.h"
#include "ops/register.h"

// with_gradient(results..., sources..., operands...; gradient, results, sources): the results as they are. What reaches
// them when differentiated goes with the operands through the function `gradient`, which gives the sources'
// derivatives.
namespace lamina {
namespace {

struct Counts {
  explicit Counts(const Attributes& attributes)
      : results(attributes.integer("results", 1)), sources(attributes.integer("sources", 1)) {}
  int64_t results, sources;
};

std::vector<TensorType> infer_with_gradient(const NodeInfo& info) {
  const Counts n(info.attr());
  const Functions& functions = info.attr().functions("gradient");
  const auto inputs = static_cast<int64_t>(info.inputs.size());
  require(functions.size() == 1 && n.results > 0 && n.sources > 0 && n.results + n.sources <= inputs,
          "with_gradient: expected one function, and results and sources among the inputs");
  const auto begin = info.inputs.begin();
  const std::vector<TensorType> results(begin, begin + n.results);
  const std::vector<TensorType> sources(begin + n.results, begin + n.results + n.sources);
  std::vector<TensorType> taken(begin + n.results + n.sources, info.inputs.end());
  taken.insert(taken.end(), results.begin(), results.end());
  require(functions[0]->input_types() == taken && functions[0]->output_types() == sources,
          "with_gradient: the function must go from the operands and the results' derivatives to the sources'");
  return results;
}

StepKernel prepare_with_gradient(const NodeInfo& info) {
  std::vector<int64_t> bytes;
  for (const TensorType& type : info.outputs) bytes.push_back(type.bytes());
  StepKernel kernel;
  kernel.nanoseconds = io_ns(info);
  kernel.run = [bytes](const StepData& data, Worker worker, int) {
    for (int i = 0; i < std::ssize(bytes); ++i) {
      const Range share = worker.share(bytes[i], 64);
      const char* from = data.in<char>(i);
      char* to = data.out<char>(i);
      if (from != to && share.begin < share.end)
        std::memcpy(to + share.begin, from + share.begin, share.end - share.begin);
    }
  };
  return kernel;
}

std::vector<Value> grad_with_gradient(const GradContext& c) {
  const Counts n(c.attr);
  std::vector<Value> inputs{c.graph.scalar(DType::kInt32, 0)};  // a switch that has one way to go calls a function
  inputs.insert(inputs.end(), c.x.begin() + n.results + n.sources, c.x.end());
  for (int64_t i = 0; i < n.results; ++i) {
    inputs.push_back(c.dy[i] ? c.dy[i] : emit::zeros(c.graph, c.graph.type(c.y[i])));
  }
  const auto found = c.graph.apply("switch", inputs, {{"branches", c.attr.functions("gradient")}});
  std::vector<Value> dx(c.x.size());
  std::copy(found.begin(), found.end(), dx.begin() + n.results);
  return dx;
}

}  // namespace

void register_with_gradient_ops() {
  register_op({.name = "with_gradient",
               .infer = infer_with_gradient,
               .prepare = prepare_with_gradient,
               .grad = grad_with_gradient,
               .in_place = true});
}

}  // namespace lamina
