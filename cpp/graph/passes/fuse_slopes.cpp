#include "graph/passes/uses.h"

namespace lamina {

// f'(v) matmul(a, b) → matmul_slope(a, b, v): on the way back through a layer and the activation before it, the
// gradient is multiplied by the slope while it is in cache. The product stays where it is, ahead of the update of its
// weight.
void fuse_slopes(Instructions& list) {
  const Uses uses(list);
  for (Instruction& slope : list.code) {
    if (slope.op == nullptr || slope.op->slope_of == nullptr) continue;
    Instruction* product = uses.sole_maker(slope.inputs[1]);
    if (product == nullptr || product->op->sloped == nullptr || !uses.made_before(slope.inputs[0], *product)) continue;
    Attributes attributes = slope.attributes;
    attributes.set("slope", std::string(slope.op->slope_of));
    for (const auto& [name, value] : product->attributes.items()) attributes.set(name, value);
    product->attributes = std::move(attributes);
    product->inputs.push_back(slope.inputs[0]);
    product->outputs = slope.outputs;
    product->op = &find_op(product->op->sloped);
    slope.op = nullptr;
  }
  list.drop_replaced();
}

}  // namespace lamina
