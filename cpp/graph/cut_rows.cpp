#include "graph/cut_rows.h"

#include <algorithm>

namespace lamina {

namespace {

// A value of the whole graph as it is in the part.
struct PartValue {
  Value value;
  bool cut;  // along its first axis, which has one or more elements for each row; else it is the same in every part
};

class RowCutter {
 public:
  RowCutter(const Instructions& list, int64_t rows)
      : list_(list), all_(list.type(list.graph.inputs()[0]).shape[0]), rows_(rows) {
    for (const Value& input : list.graph.inputs()) parts_[input] = {part_.input(cut_type(list.type(input))), true};
  }

  // Whether the instruction can be done row by row, and is part of the graph now.
  bool add(const Instruction& instruction) {
    if (instruction.op->check) return false;  // it would report where in its part something is
    const NodeInfo info = list_.info(instruction);
    std::vector<bool> cut;
    std::vector<Value> inputs;
    int64_t length = 0;  // of the axis that is cut
    for (const Value& value : instruction.inputs) {
      const std::optional<PartValue> part = find(value);
      if (!part) return false;
      inputs.push_back(part->value);
      cut.push_back(part->cut);
      if (!part->cut) continue;
      if (length > 0 && length != list_.type(value).shape[0]) return false;
      length = list_.type(value).shape[0];
    }
    std::optional<Attributes> attributes = instruction.attributes;
    if (length > 0)
      attributes = instruction.op->on_rows ? instruction.op->on_rows(info, cut, part(length)) : std::nullopt;
    if (!attributes) return false;
    const std::vector<Value> outputs = part_.apply(instruction.op->name, inputs, *attributes);
    for (size_t i = 0; i < outputs.size(); ++i) {
      const TensorType& type = info.outputs[i];
      if (part_.type(outputs[i]) != (length > 0 ? cut_type(type) : type)) return false;
      parts_[instruction.outputs[i]] = {outputs[i], length > 0};
    }
    return true;
  }

  // The value under the name, and so in the shape, by which it is read; nothing where a name mixes rows.
  std::optional<PartValue> find(Value name) {
    const Value root = list_.root(name);
    auto found = parts_.find(root);
    if (found == parts_.end()) found = parts_.emplace(root, source(root)).first;
    PartValue part = found->second;
    TensorType type = list_.type(name);
    if (type == list_.type(root)) return part;
    if (part.cut) {
      if (type.shape.empty() || type.shape[0] % all_ != 0) return std::nullopt;
      type = cut_type(type);
    }
    part.value = emit::reshape(part_, part.value, type.shape);
    return part;
  }

  Graph& graph() { return part_; }

 private:
  int64_t part(int64_t length) const { return length / all_ * rows_; }

  TensorType cut_type(TensorType type) const {
    type.shape[0] = part(type.shape[0]);
    return type;
  }

  PartValue source(Value root) {
    if (const auto constant = list_.constants.find(root); constant != list_.constants.end()) {
      return {part_.constant(list_.type(root), constant->second->data()), false};
    }
    return {part_.read(list_.graph.nodes()[root.node].variable), false};
  }

  const Instructions& list_;
  const int64_t all_, rows_;
  Graph part_;
  std::map<Value, PartValue> parts_;  // by root
};

}  // namespace

std::optional<RowGraph> cut_rows(const Instructions& list, int64_t rows) {
  RowCutter cutter(list, rows);
  for (const Instruction& instruction : list.code) {
    if (!cutter.add(instruction)) return std::nullopt;
  }
  std::vector<Value> found;
  for (const Value& output : list.outputs) {
    const std::optional<PartValue> part = cutter.find(output);
    if (!part || !part->cut) return std::nullopt;
    found.push_back(part->value);
  }
  return RowGraph{std::move(cutter.graph()), std::move(found)};
}

}  // namespace lamina
