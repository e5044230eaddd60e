#include <algorithm>

#include "graph/graph.h"
#include "graph/plan.h"
#include "ops/checks.h"
#include "ops/register.h"

// switch(index, operands...; branches): the results of the branch with that number, applied to the operands.
namespace lamina {
namespace {

std::vector<TensorType> infer_switch(const NodeInfo& info) {
  const Functions& branches = info.attr().functions("branches");
  require(!info.inputs.empty() && !branches.empty(), "switch: expected an index and at least one branch");
  require(info.inputs[0] == TensorType{DType::kInt32, {}}, "switch: expected an int32 scalar as index, received ",
          to_string(info.inputs[0]));
  const std::vector<TensorType> operands(info.inputs.begin() + 1, info.inputs.end());
  const std::vector<TensorType> results = branches[0]->output_types();
  for (size_t b = 0; b < branches.size(); ++b) {
    require(branches[b]->input_types() == operands, "switch: branch ", b, " does not take the operands as they are");
    require(branches[b]->output_types() == results, "switch: branch ", b, " and branch 0 give results of other types");
  }
  return results;
}

// A plan for each branch; the team walks the one that the index names.
struct Branches {
  explicit Branches(const Functions& functions) {
    for (const auto& function : functions) plans.push_back(std::make_unique<Plan>(*function));
    for (const auto& plan : plans) tables.push_back(plan->table());
  }

  void walk(const StepData& data, Worker worker, SpinBarrier& barrier) {
    const int32_t chosen = std::clamp<int32_t>(*data.in<int32_t>(0), 0, static_cast<int32_t>(plans.size()) - 1);
    const Plan& plan = *plans[chosen];
    if (worker.index == 0) {
      auto& table = tables[chosen];
      const auto &from = plan.input_slots(), &to = plan.output_slots();
      for (int i = 0; i < std::ssize(from); ++i) table[from[i]] = const_cast<char*>(data.in<char>(i + 1));
      for (int i = 0; i < std::ssize(to); ++i) table[to[i]] = data.out<char>(i);
    }
    barrier.wait(worker.count);
    plan.walk(tables[chosen].data(), worker, barrier);
  }

  std::vector<std::unique_ptr<Plan>> plans;
  std::vector<std::vector<void*>> tables;
};

StepKernel prepare_switch(const NodeInfo& info) {
  const auto branches = std::make_shared<Branches>(info.attr().functions("branches"));
  StepKernel kernel;
  for (const auto& plan : branches->plans) {
    kernel.walkers = std::max(kernel.walkers, plan->workers());
    kernel.nanoseconds = std::max(kernel.nanoseconds, plan->nanoseconds());
    kernel.faults.insert(kernel.faults.end(), plan->faults().begin(), plan->faults().end());
  }
  kernel.walk = [branches](const StepData& data, Worker worker, SpinBarrier& barrier) {
    branches->walk(data, worker, barrier);
  };
  return kernel;
}

// A switch between the branches' gradients, each of which computes its branch again.
std::vector<Value> grad_switch(const GradContext& c) {
  std::vector<Value> inputs = c.x;
  for (const Value& dy : c.dy) {
    if (dy) inputs.push_back(dy);
  }
  Functions gradients;
  for (const auto& branch : c.attr.functions("branches")) {
    Graph g = branch->graph;
    std::vector<Value> ends = branch->inputs, targets, sources, seeds;
    for (size_t i = 0; i < c.dy.size(); ++i) {
      if (!c.dy[i]) continue;
      targets.push_back(branch->outputs[i]);
      seeds.push_back(g.input(g.type(branch->outputs[i])));
      ends.push_back(seeds.back());
    }
    for (size_t i = 1; i < c.x.size(); ++i) {
      if (c.wanted[i]) sources.push_back(branch->inputs[i - 1]);
    }
    std::vector<Value> dx = g.gradients(targets, sources, seeds);
    for (size_t i = 0; i < dx.size(); ++i) {
      if (!dx[i]) dx[i] = emit::zeros(g, g.type(sources[i]));
    }
    gradients.push_back(std::make_shared<Function>(std::move(g), std::move(ends), std::move(dx)));
  }
  const std::vector<Value> found = c.graph.apply("switch", inputs, {{"branches", std::move(gradients)}});
  std::vector<Value> dx(c.x.size());
  size_t next = 0;
  for (size_t i = 1; i < c.x.size(); ++i) {
    if (c.wanted[i]) dx[i] = found[next++];
  }
  return dx;
}

}  // namespace

void register_switch_ops() {
  register_op({"switch", infer_switch, prepare_switch, grad_switch});
}

}  // namespace lamina
