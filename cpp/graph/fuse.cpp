#include <string_view>

#include "graph/uses.h"

namespace lamina {

namespace {

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
  {
    const Uses uses(graph, outputs, list);
    for (Instruction& instruction : list.code) {
      if (instruction.op != nullptr && std::string_view(instruction.op->name) == "add") {
        fuse_bias(graph, uses, instruction);
      }
    }
  }
  list.drop_replaced();
  {
    const Uses uses(graph, outputs, list);
    for (Instruction& instruction : list.code) {
      if (instruction.op != nullptr && instruction.op->pointwise) fuse_activation(uses, instruction);
    }
  }
  list.drop_replaced();
}

}  // namespace lamina
