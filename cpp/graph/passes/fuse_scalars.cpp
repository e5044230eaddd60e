#include <algorithm>

#include "graph/function.h"
#include "graph/instructions.h"

namespace lamina {

namespace {

// One instruction does the work of as many as can wait until somebody needs what one of them gives.
class ScalarFusion {
 public:
  explicit ScalarFusion(Instructions& list) : list_(list), scalars_(find_op("scalars")) {
    for (const Value& value : list.outputs) ++readers_[list.root(value)];
    for (const auto& write : list.graph.writes()) ++readers_[list.root(write.value)];
    for (const Instruction& instruction : list.code) {
      for (const Value& value : instruction.inputs) ++readers_[list.root(value)];
    }
  }

  void run() {
    for (Instruction& instruction : list_.code) {
      if (scalars_.holds(list_.info(instruction))) {
        if (waiting_.size() == kMost) close();
        waiting_.push_back(std::move(instruction));
        continue;
      }
      if (reads_waiting(instruction)) close();
      done_.push_back(std::move(instruction));
    }
    close();
    list_.code = std::move(done_);
  }

 private:
  static constexpr size_t kMost = 16;  // each has two inputs and a result at most

  bool reads_waiting(const Instruction& reader) const {
    return std::any_of(waiting_.begin(), waiting_.end(), [&](const Instruction& instruction) {
      return std::any_of(reader.inputs.begin(), reader.inputs.end(),
                         [&](const Value& value) { return list_.root(value) == instruction.outputs[0]; });
    });
  }

  void close() {
    if (waiting_.size() == 1) {
      done_.push_back(std::move(waiting_[0]));
    } else if (!waiting_.empty()) {
      done_.push_back(fused());
    }
    waiting_.clear();
  }

  Instruction fused() {
    Instruction all{&scalars_, {}, {}, {}};
    Graph graph;
    std::map<Value, Value> inside;  // by names outside
    std::vector<Value> inputs, outputs;
    for (const Instruction& instruction : waiting_) {
      std::vector<Value> operands;
      for (const Value& value : instruction.inputs) {
        const Value root = list_.root(value);
        --readers_[root];
        if (!inside.contains(root)) {
          inputs.push_back(inside[root] = graph.input(list_.type(root)));
          all.inputs.push_back(root);
        }
        operands.push_back(inside[root]);
      }
      inside[instruction.outputs[0]] = graph.add(instruction.op->name, operands, instruction.attributes);
    }
    for (const Instruction& instruction : waiting_) {
      const Value value = instruction.outputs[0];
      if (readers_[value] == 0) continue;
      all.outputs.push_back(value);
      outputs.push_back(inside[value]);
    }
    all.attributes.set("body", Functions{std::make_shared<Function>(std::move(graph), inputs, outputs)});
    return all;
  }

  Instructions& list_;
  const Op& scalars_;
  std::map<Value, int> readers_;
  std::vector<Instruction> waiting_, done_;
};

}  // namespace

void fuse_scalars(Instructions& list) {
  if (!list.graph.writes().empty()) ScalarFusion(list).run();
}

}  // namespace lamina
