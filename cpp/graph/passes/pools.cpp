#include <algorithm>

#include "graph/passes/uses.h"

// A pool leaves few elements of many, so what can be done after it, or need not be done at all, costs less there.
namespace lamina {

namespace {

bool is_pool_grad(const Instruction& instruction) {
  const std::string_view name = instruction.op->name;
  return name == "max_pool_grad" || name == "average_pool_grad";
}

bool is_convolution(const Instruction& instruction) {
  const std::string_view name = instruction.op->name;
  return name == "conv" || name == "fused_conv";
}

// f'(x) max_pool_grad(dy, where) → max_pool_grad(f'(y) dy, where), where max_pool picked the elements y from x.
void multiply_before(const Uses& uses, Instruction& slope, Instructions& list) {
  Instruction* grad = uses.sole_maker(slope.inputs[1], "max_pool_grad");
  if (grad == nullptr) return;
  const Value where = grad->inputs[1];
  const Instruction* pool = uses.maker(where);
  if (pool == nullptr || std::string_view(pool->op->name) != "max_pool" || pool->inputs[0] != slope.inputs[0]) return;
  const Value small = slope.inputs[1];
  list.retyped[small] = list.type(grad->inputs[0]);
  slope.inputs = {pool->outputs[0], grad->inputs[0]};
  grad->inputs = {small, where};
  std::swap(grad->outputs, slope.outputs);
  std::swap(*grad, slope);
}

// The gradient of a pool has the sum of what it shares out: sum(pool_grad(dy)) → sum(dy) where that takes in all
// spatial axes.
void sum_before(const Uses& uses, Instruction& sum, const Instructions& list) {
  const Instruction* grad = uses.maker(sum.inputs[0]);
  if (grad == nullptr || !is_pool_grad(*grad)) return;
  const int64_t rank = list.type(sum.inputs[0]).rank();
  std::vector<bool> summed(static_cast<size_t>(rank), sum.attributes.integers("axes").empty());
  for (const int64_t axis : sum.attributes.integers("axes")) summed[static_cast<size_t>((axis + rank) % rank)] = true;
  if (std::all_of(summed.begin() + 1, summed.end() - 1, [](bool is) { return is; })) sum.inputs[0] = grad->inputs[0];
}

// How far into each spatial axis of sizes `sizes` the windows of a pool, or of its gradient, reach.
Shape seen_by(const Attributes& pool, const Shape& sizes) {
  const Shape window = pool.integers("window"), strides = pool.integers("strides"), padding = pool.integers("padding");
  Shape seen = sizes;
  for (size_t i = 0; i < sizes.size(); ++i) {
    const int64_t stride = strides.empty() ? 1 : strides[i], before = padding.empty() ? 0 : padding[2 * i];
    const bool padded_after = !padding.empty() && padding[2 * i + 1] > 0;
    if (!padded_after) seen[i] -= (sizes[i] + before - window[i]) % stride;
  }
  return seen;
}

Shape spatial(const Shape& shape) {
  return Shape(shape.begin() + 1, shape.end() - 1);
}

// Makes `value` (batch, spatial..., channels) smaller, and says so to a convolution that makes or reads it: its
// padding ends earlier.
void crop(Value value, const Shape& seen, const std::vector<Instruction*>& convolutions, Instructions& list) {
  TensorType type = list.type(value);
  const Shape sizes = spatial(type.shape);
  for (Instruction* convolution : convolutions) {
    const Shape strides = convolution->attributes.integers("strides");
    Shape padding = convolution->attributes.integers("padding");
    padding.resize(2 * sizes.size());
    for (size_t i = 0; i < sizes.size(); ++i) {
      padding[2 * i + 1] -= (sizes[i] - seen[i]) * (strides.empty() ? 1 : strides[i]);
    }
    convolution->attributes.set("padding", padding);
  }
  std::copy(seen.begin(), seen.end(), type.shape.begin() + 1);
  list.retyped[value] = type;
}

// The convolutions that read a gradient of their output, if nobody else reads it.
std::vector<Instruction*> gradient_readers(const Uses& uses, Value dy, Instructions& list) {
  std::vector<Instruction*> readers;
  for (Instruction& instruction : list.code) {
    if (instruction.op == nullptr) continue;
    const std::string_view name = instruction.op->name;
    if ((name == "conv_input_grad" && instruction.inputs[0] == dy) ||
        (name == "conv_kernel_grad" && instruction.inputs[1] == dy && instruction.inputs[0] != dy)) {
      readers.push_back(&instruction);
    }
  }
  if (uses.count(dy) != readers.size()) readers.clear();
  return readers;
}

// Whether the windows tile the output of a convolution, in enough lines for workers to share.
bool can_pool_at_once(const Instruction& pool, const Instruction& convolution, const Instructions& list) {
  constexpr int64_t kLeastLines = 32;
  const TensorType &x = list.type(pool.inputs[0]), &y = list.type(pool.outputs[0]);
  if (std::string_view(pool.op->name) != "max_pool" || list.type(pool.outputs[1]).dtype != DType::kUInt8) return false;
  if (convolution.attributes.integer("groups", 1) > 1 || x.rank() > 4) return false;
  const Shape window = pool.attributes.integers("window"), padding = pool.attributes.integers("padding");
  if (std::any_of(padding.begin(), padding.end(), [](int64_t n) { return n != 0; })) return false;
  for (size_t i = 0; i < window.size(); ++i) {
    if (y.shape[i + 1] * window[i] != x.shape[i + 1]) return false;
  }
  return y.size() >= kLeastLines * y.shape.back() * y.shape[y.shape.size() - 2] &&
         pool.attributes.integers("strides") == window;
}

void pool_at_once(Instruction& pool, Instruction& convolution) {
  Attributes attributes = convolution.attributes;
  attributes.set("pool", pool.attributes.integers("window"));
  pool.attributes = std::move(attributes);
  pool.inputs = convolution.inputs;
  pool.op = &find_op("conv_max_pool");
  convolution.op = nullptr;
}

}  // namespace

void work_on_pooled(Instructions& list) {
  const Uses uses(list);
  for (Instruction& instruction : list.code) {
    if (instruction.op->slope_of != nullptr) multiply_before(uses, instruction, list);
    if (std::string_view(instruction.op->name) == "sum") sum_before(uses, instruction, list);
  }
}

void fuse_pools(Instructions& list) {
  const Uses uses(list);
  for (Instruction& instruction : list.code) {
    const std::string_view name = instruction.op->name;
    if (name == "max_pool" || name == "average_pool") {
      const Value x = instruction.inputs[0];
      Instruction* convolution = uses.sole_maker(x);
      if (convolution == nullptr || !is_convolution(*convolution)) continue;
      const Shape sizes = spatial(list.type(x).shape), seen = seen_by(instruction.attributes, sizes);
      if (seen != sizes) crop(x, seen, {convolution}, list);
      if (can_pool_at_once(instruction, *convolution, list)) pool_at_once(instruction, *convolution);
    } else if (is_pool_grad(instruction)) {
      const Value dx = instruction.outputs[0];
      const Shape sizes = spatial(list.type(dx).shape), seen = seen_by(instruction.attributes, sizes);
      const std::vector<Instruction*> readers = gradient_readers(uses, dx, list);
      if (seen == sizes || readers.empty()) continue;
      crop(dx, seen, readers, list);
      instruction.attributes.set("size", seen);
    }
  }
  list.drop_replaced();
}

}  // namespace lamina
