#pragma once

#include <map>
#include <memory>
#include <vector>

#include "graph/graph.h"

namespace lamina {

// One op to run: a graph node, or several fused into one. Values keep the names that the graph gave them.
struct Instruction {
  const Op* op;  // null: replaced by another, to be erased
  std::vector<Value> inputs;
  std::vector<Value> outputs;
  Attributes attributes;
};

// What a plan has to do, on its way from the graph to steps. Each pass below leaves it shorter, or less of it to do.
struct Instructions {
  const Graph& graph;
  std::vector<Value> outputs;                                // the plan's, besides the graph's writes
  std::vector<Instruction> code;                             // in program order
  std::map<Value, Value> same;                               // a value and the one that holds its elements instead
  std::map<Value, std::shared_ptr<const Buffer>> constants;  // values known when the plan is compiled
  std::map<Value, TensorType> retyped;                       // values of another size here than in the graph

  Value root(Value value) const {
    for (auto found = same.find(value); found != same.end(); found = same.find(value)) value = found->second;
    return value;
  }
  const TensorType& type(Value value) const {
    const auto found = retyped.find(value);
    return found != retyped.end() ? found->second : graph.type(value);
  }
  NodeInfo info(const Instruction& instruction) const;
  void drop_replaced() {
    std::erase_if(code, [](const Instruction& instruction) { return instruction.op == nullptr; });
  }
};

// The nodes that `outputs` and the graph's writes need.
Instructions select_instructions(const Graph& graph, const std::vector<Value>& outputs);
// Lets ops leave out outputs that nobody reads.
void trim_outputs(Instructions& list);
// Drops an instruction that does what an earlier one did.
void merge_equal(Instructions& list);
// Computes now what depends on constants alone.
void fold_constants(Instructions& list);
// Lets products read a transposed operand where it lies: matmul(transpose(a), b) → matmul with a flag.
void absorb_transposes(Instructions& list);
// Does to the elements that a pool picked what would else be done to all it picked from.
void work_on_pooled(Instructions& list);
// Replaces chains of ops by one that does their work in a single pass.
void fuse(Instructions& list);
// Lets a product on a gradient's way back go on through the activation that comes next.
void fuse_slopes(Instructions& list);
// Lets convolutions leave out what no window of a pool sees, and pool the rest while it is in cache.
void fuse_pools(Instructions& list);
// Applies an optimizer to each block of a product that is a gradient, instead of keeping the gradient.
void fuse_updates(Instructions& list);
// Decides which worker keeps what from one step to the next, and so how products are cut and their results stored.
void assign_owners(Instructions& list);
// Drops ops that only rename their input, such as reshape. Who reads the result keeps its name, and so its shape.
// A check becomes an instruction without a result, as early as it can be.
void drop_renames(Instructions& list);
// Gathers what is computed of single numbers, such as metrics and learning rates, where variables are written.
void fuse_scalars(Instructions& list);

}  // namespace lamina
