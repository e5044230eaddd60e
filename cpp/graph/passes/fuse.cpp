#include <string_view>

#include "graph/passes/uses.h"

namespace lamina {

namespace {

// The product that makes `value`, if it can go on to finish it and nobody else reads the value.
Instruction* sole_product(const Uses& uses, Value value) {
  Instruction* product = uses.sole_maker(value);
  const bool finishes = product != nullptr && product->op->fused != nullptr;
  return finishes && !product->attributes.has("activation") ? product : nullptr;
}

// add(matmul(x, w), b) → dense(x, w, b): the bias is added while the product's tile is in cache.
void fuse_bias(const Instructions& list, const Uses& uses, Instruction& add) {
  Instruction* product = sole_product(uses, add.inputs[0]);
  if (product == nullptr || product->inputs.size() != 2) return;
  const Shape& bias = list.type(add.inputs[1]).shape;
  const Shape& out = list.type(add.outputs[0]).shape;
  if (bias != Shape{out.back()} || list.type(add.inputs[0]).shape != out) return;
  add.inputs = {product->inputs[0], product->inputs[1], add.inputs[1]};
  add.attributes = product->attributes;
  add.op = &find_op(product->op->fused);
  product->op = nullptr;
}

// activation(dense(...)) → dense with that activation, where nobody else reads the value before it: in training that
// holds for activations whose derivative is written in their output.
void fuse_activation(const Uses& uses, Instruction& activation) {
  Instruction* product = sole_product(uses, activation.inputs[0]);
  if (product == nullptr) return;
  activation.attributes.set("activation", std::string(activation.op->name));
  for (const auto& [name, value] : product->attributes.items()) activation.attributes.set(name, value);
  activation.inputs = product->inputs;
  activation.op = &find_op(product->op->fused);
  product->op = nullptr;
}

}  // namespace

void fuse(Instructions& list) {
  {
    const Uses uses(list);
    for (Instruction& instruction : list.code) {
      if (instruction.op != nullptr && std::string_view(instruction.op->name) == "add") {
        fuse_bias(list, uses, instruction);
      }
    }
  }
  list.drop_replaced();
  {
    const Uses uses(list);
    for (Instruction& instruction : list.code) {
      if (instruction.op != nullptr && instruction.op->pointwise) fuse_activation(uses, instruction);
    }
  }
  list.drop_replaced();
}

}  // namespace lamina
