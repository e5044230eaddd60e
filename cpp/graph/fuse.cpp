#include <map>
#include <string_view>

#include "graph/instructions.h"

namespace lamina {

namespace {

// How often each value is read, counting the plan's outputs and writes, and which instruction makes it.
class Uses {
 public:
  Uses(const Graph& graph, const std::vector<Value>& outputs, Instructions& list) : code_(list.code) {
    for (const Value& value : outputs) ++count_[list.root(value)];
    for (const auto& write : graph.writes()) ++count_[list.root(write.value)];
    for (Instruction& instruction : code_) {
      for (const Value& value : instruction.inputs) ++count_[value];
      for (const Value& value : instruction.outputs) maker_[value] = &instruction;
    }
  }

  // The instruction that makes `value`, if its op is `op` and nobody else reads the value.
  Instruction* sole_maker(Value value, std::string_view op) const {
    const auto maker = maker_.find(value);
    if (maker == maker_.end() || count_.at(value) != 1) return nullptr;
    Instruction* instruction = maker->second;
    return instruction->op != nullptr && op == instruction->op->name ? instruction : nullptr;
  }

 private:
  std::vector<Instruction>& code_;
  std::map<Value, int> count_;
  std::map<Value, Instruction*> maker_;
};

// add(matmul(x, w), b) → dense(x, w, b): the bias is added while the product's tile is in cache.
void fuse_bias(const Graph& graph, const Uses& uses, Instruction& add) {
  Instruction* product = uses.sole_maker(add.inputs[0], "matmul");
  if (product == nullptr) return;
  const Shape& bias = graph.type(add.inputs[1]).shape;
  const Shape& out = graph.type(add.outputs[0]).shape;
  const bool plain = graph.type(product->inputs[1]).rank() == 2 && !product->attributes.flag("transpose_a") &&
                     !product->attributes.flag("transpose_b");
  if (!plain || bias != Shape{out.back()} || graph.type(add.inputs[0]).shape != out) return;
  add.inputs = {product->inputs[0], product->inputs[1], add.inputs[1]};
  add.op = &find_op("dense");
  product->op = nullptr;
}

// activation(dense(...)) → dense with that activation, where nobody else reads the value before it: in training that
// holds for activations whose derivative is written in their output.
void fuse_activation(const Uses& uses, Instruction& activation) {
  Instruction* dense = uses.sole_maker(activation.inputs[0], "dense");
  if (dense == nullptr || dense->attributes.has("activation")) return;
  activation.inputs = dense->inputs;
  activation.attributes.set("activation", std::string(activation.op->name));
  activation.op = dense->op;
  dense->op = nullptr;
}

}  // namespace

void fuse(const Graph& graph, const std::vector<Value>& outputs, Instructions& list) {
  const auto drop_replaced = [&] {
    std::erase_if(list.code, [](const Instruction& instruction) { return instruction.op == nullptr; });
  };
  {
    const Uses uses(graph, outputs, list);
    for (Instruction& instruction : list.code) {
      if (instruction.op != nullptr && std::string_view(instruction.op->name) == "add") {
        fuse_bias(graph, uses, instruction);
      }
    }
  }
  drop_replaced();
  {
    const Uses uses(graph, outputs, list);
    for (Instruction& instruction : list.code) {
      if (instruction.op != nullptr && instruction.op->pointwise) fuse_activation(uses, instruction);
    }
  }
  drop_replaced();
}

}  // namespace lamina
