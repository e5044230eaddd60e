#include <map>
#include <string>

#include "graph/instructions.h"

namespace lamina {

namespace {

// How often each value is read, counting the plan's outputs and writes, and which instruction makes it.
class Uses {
 public:
  Uses(const Graph& graph, const std::vector<Value>& outputs, const std::vector<Instruction>& instructions) {
    for (const Value& value : outputs) ++count_[value];
    for (const auto& write : graph.writes()) ++count_[write.value];
    for (size_t i = 0; i < instructions.size(); ++i) {
      for (const Value& value : instructions[i].inputs) ++count_[value];
      for (const Value& value : instructions[i].outputs) maker_[value] = i;
    }
  }

  // The instruction that makes `value`, if it is an op named `op` and nobody else reads the value.
  const size_t* sole_maker(Value value, const std::string& op, const std::vector<Instruction>& instructions) const {
    const auto maker = maker_.find(value);
    if (maker == maker_.end() || count_.at(value) != 1 || instructions[maker->second].op == nullptr ||
        op != instructions[maker->second].op->name) {
      return nullptr;
    }
    return &maker->second;
  }

 private:
  std::map<Value, int> count_;
  std::map<Value, size_t> maker_;
};

bool is_plain_product(const Graph& graph, const Instruction& product) {
  return graph.type(product.inputs[1]).rank() == 2 && !product.attributes.flag("transpose_a") &&
         !product.attributes.flag("transpose_b");
}

// add(matmul(x, w), b) → dense(x, w, b): the bias is added while the product's tile is in cache.
void fuse_bias(const Graph& graph, const Uses& uses, std::vector<Instruction>& all, Instruction& add) {
  const size_t* maker = uses.sole_maker(add.inputs[0], "matmul", all);
  if (maker == nullptr) return;
  Instruction& product = all[*maker];
  const Shape& bias = graph.type(add.inputs[1]).shape;
  const Shape& out = graph.type(add.outputs[0]).shape;
  if (!is_plain_product(graph, product) || bias.size() != 1 || bias[0] != out.back() ||
      graph.type(add.inputs[0]).shape != out) {
    return;
  }
  add.inputs = {product.inputs[0], product.inputs[1], add.inputs[1]};
  add.op = &find_op("dense");
  product.op = nullptr;
}

// activation(dense(...)) → dense with that activation. Possible when the derivative is written in the activation's
// output, so that nobody else reads the value before it.
void fuse_activation(const Uses& uses, std::vector<Instruction>& all, Instruction& activation) {
  if (activation.inputs.size() != 1) return;
  const size_t* maker = uses.sole_maker(activation.inputs[0], "dense", all);
  if (maker == nullptr || all[*maker].attributes.has("activation")) return;
  Instruction& dense = all[*maker];
  activation.inputs = dense.inputs;
  activation.attributes.set("activation", std::string(activation.op->name));
  activation.op = dense.op;
  dense.op = nullptr;
}

bool is_activation(const Op& op) {
  static const std::vector<std::string> kActivations = {"relu", "sigmoid", "tanh", "elu", "selu", "softsign",
                                                        "exp",  "hard_sigmoid"};
  for (const std::string& name : kActivations) {
    if (name == op.name) return true;
  }
  return false;
}

}  // namespace

void fuse_instructions(const Graph& graph, const std::vector<Value>& outputs, std::vector<Instruction>& instructions) {
  {
    const Uses uses(graph, outputs, instructions);
    for (Instruction& instruction : instructions) {
      if (instruction.op != nullptr && std::string_view(instruction.op->name) == "add") {
        fuse_bias(graph, uses, instructions, instruction);
      }
    }
  }
  std::erase_if(instructions, [](const Instruction& instruction) { return instruction.op == nullptr; });
  {
    const Uses uses(graph, outputs, instructions);
    for (Instruction& instruction : instructions) {
      if (instruction.op != nullptr && is_activation(*instruction.op)) fuse_activation(uses, instructions, instruction);
    }
  }
  std::erase_if(instructions, [](const Instruction& instruction) { return instruction.op == nullptr; });
}

}  // namespace lamina
