#include <map>
#include <numeric>
#include <string_view>

#include "graph/instructions.h"

namespace lamina {

namespace {

// Whether `axes` exchange the last two axes of a tensor and leave the others.
bool swaps_matrix(const Attributes& attributes, int64_t rank) {
  if (rank < 2) return false;
  std::vector<int64_t> axes = attributes.integers("axes");
  if (axes.empty()) return rank == 2;
  for (int64_t& axis : axes) axis = (axis + rank) % rank;
  std::swap(axes[rank - 1], axes[rank - 2]);
  std::vector<int64_t> straight(axes.size());
  std::iota(straight.begin(), straight.end(), 0);
  return axes == straight;
}

}  // namespace

void absorb_transposes(Instructions& list) {
  std::map<Value, Instruction*> swapped;  // the transposes of matrices, by what they give
  std::map<Value, int> readers;
  for (const Value& value : list.outputs) ++readers[list.root(value)];
  for (const auto& write : list.graph.writes()) ++readers[list.root(write.value)];
  for (Instruction& instruction : list.code) {
    for (const Value& value : instruction.inputs) ++readers[value];
    if (std::string_view(instruction.op->name) == "transpose" &&
        swaps_matrix(instruction.attributes, list.type(instruction.inputs[0]).rank())) {
      swapped[instruction.outputs[0]] = &instruction;
    }
  }
  for (Instruction& instruction : list.code) {
    if (instruction.op == nullptr || std::string_view(instruction.op->name) != "matmul") continue;
    constexpr const char* kFlags[] = {"transpose_a", "transpose_b"};
    for (int i = 0; i < 2; ++i) {
      const auto found = swapped.find(instruction.inputs[i]);
      if (found == swapped.end()) continue;
      Instruction& transpose = *found->second;
      instruction.inputs[i] = transpose.inputs[0];
      instruction.attributes.set(kFlags[i], !instruction.attributes.flag(kFlags[i]));
      if (--readers[transpose.outputs[0]] == 0) transpose.op = nullptr;
    }
  }
  list.drop_replaced();
}

}  // namespace lamina
