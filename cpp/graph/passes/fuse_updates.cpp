#include <algorithm>
#include <set>

#include "graph/passes/uses.h"

// An optimizer's update of many weights is taken apart: the weights whose gradient is a matrix product get an update of
// their own that computes the gradient on the way, block by block, so that it is never written out as a whole.
namespace lamina {

namespace {

// An update of its own costs a few powers a step, which must not show.
constexpr int64_t kLeastElements = 2048;
// Narrower matrices leave no work to share, and their products take other ways.
constexpr int64_t kLeastRows = 8, kLeastColumns = 16;
// Longer sums would have to be split for the caches, and a gradient costs little next to them.
constexpr int64_t kMostDepth = 512;

// The inputs of an update op by their roles.
struct UpdateInputs {
  explicit UpdateInputs(const Instruction& update)
      : count(static_cast<size_t>(update.attributes.integer("count"))),
        states((update.inputs.size() - 2) / count - 1),
        clock(update.inputs.end() - 2, update.inputs.end()) {}

  // Weight i and its slots, as positions among both the inputs and the outputs.
  std::vector<size_t> state(size_t i) const {
    std::vector<size_t> positions;
    for (size_t s = 0; s < states; ++s) positions.push_back(s * count + i);
    return positions;
  }
  size_t gradient(size_t i) const { return states * count + i; }

  size_t count;
  size_t states;             // the weight and its slots
  std::vector<Value> clock;  // learning rate and number of steps
};

class UpdateFusion {
 public:
  explicit UpdateFusion(Instructions& list) : list_(list), uses_(list) {}

  void run() {
    for (Instruction& instruction : list_.code) {
      if (instruction.op != nullptr && instruction.op->update) take_apart(instruction);
    }
    put_makers_first();
    list_.drop_replaced();
  }

 private:
  void take_apart(Instruction& update) {
    const UpdateInputs inputs(update);
    std::vector<double> decay = update.attributes.numbers("weight_decay");
    decay.resize(inputs.count);
    std::vector<size_t> kept;
    for (size_t i = 0; i < inputs.count; ++i) {
      Instruction* product = uses_.sole_maker(update.inputs[inputs.gradient(i)], "matmul");
      if (product != nullptr && worthwhile(*product) && last_reader(update, inputs, i, *product)) {
        fuse_one(update, inputs, i, decay[i], *product);
      } else {
        kept.push_back(i);
      }
    }
    if (kept.size() < inputs.count) keep_only(update, inputs, kept, decay);
  }

  bool worthwhile(const Instruction& product) const {
    const TensorType &a = list_.type(product.inputs[0]), &c = list_.type(product.outputs[0]);
    const bool matrices = c.rank() == 2 && a.rank() == 2 && list_.type(product.inputs[1]).rank() == 2;
    return matrices && c.size() >= kLeastElements && c.shape[0] >= kLeastRows && c.shape[1] >= kLeastColumns &&
           a.size() / c.shape[0] <= kMostDepth;
  }

  // Whether nobody but the update reads the weight or a slot of it after `product`: the new ones may be written over
  // them.
  bool last_reader(const Instruction& update, const UpdateInputs& inputs, size_t i, const Instruction& product) const {
    const auto reads = [&](const Instruction& instruction, Value value) {
      return std::find(instruction.inputs.begin(), instruction.inputs.end(), value) != instruction.inputs.end();
    };
    for (const size_t s : inputs.state(i)) {
      const Value old = update.inputs[s];
      for (const Instruction* later = &product + 1; later != list_.code.data() + list_.code.size(); ++later) {
        if (later != &update && later->op != nullptr && reads(*later, old)) return false;
      }
    }
    return true;
  }

  void fuse_one(const Instruction& update, const UpdateInputs& inputs, size_t i, double decay, Instruction& product) {
    const std::vector<Value> factors = product.inputs;
    product.inputs.clear();
    product.outputs.clear();
    for (const size_t s : inputs.state(i)) {
      product.inputs.push_back(update.inputs[s]);
      product.outputs.push_back(update.outputs[s]);
    }
    product.inputs.insert(product.inputs.end(), inputs.clock.begin(), inputs.clock.end());
    product.inputs.insert(product.inputs.end(), factors.begin(), factors.end());
    Attributes attributes = update.attributes;
    attributes.set("rule", std::string(update.op->name));
    attributes.set("weight_decay", decay);
    for (const char* flag : {"transpose_a", "transpose_b", "sparse_a"}) {
      attributes.set(flag, product.attributes.flag(flag));
    }
    product.attributes = std::move(attributes);
    product.op = &find_op("matmul_update");
  }

  static void keep_only(Instruction& update, const UpdateInputs& inputs, const std::vector<size_t>& kept,
                        const std::vector<double>& decay) {
    if (kept.empty()) {
      update.op = nullptr;
      return;
    }
    std::vector<Value> in, out;
    for (size_t s = 0; s < inputs.states; ++s) {
      for (const size_t i : kept) {
        in.push_back(update.inputs[s * inputs.count + i]);
        out.push_back(update.outputs[s * inputs.count + i]);
      }
    }
    for (const size_t i : kept) in.push_back(update.inputs[inputs.gradient(i)]);
    in.insert(in.end(), inputs.clock.begin(), inputs.clock.end());
    std::vector<double> left;
    for (const size_t i : kept) left.push_back(decay[i]);
    update.inputs = std::move(in);
    update.outputs = std::move(out);
    update.attributes.set("count", static_cast<int64_t>(kept.size()));
    update.attributes.set("weight_decay", std::move(left));
  }

  // Program order, but who makes the learning rate comes before who now needs it earlier.
  void put_makers_first() {
    std::map<Value, size_t> maker;
    for (size_t p = 0; p < list_.code.size(); ++p) {
      for (const Value& value : list_.code[p].outputs) maker[value] = p;
    }
    std::vector<bool> placed(list_.code.size(), false);
    std::vector<Instruction> ordered;
    const auto place = [&](auto&& self, size_t p) -> void {
      if (placed[p]) return;
      placed[p] = true;
      for (const Value& value : list_.code[p].inputs) {
        if (const auto found = maker.find(value); found != maker.end()) self(self, found->second);
      }
      ordered.push_back(std::move(list_.code[p]));
    };
    for (size_t p = 0; p < list_.code.size(); ++p) place(place, p);
    list_.code = std::move(ordered);
  }

  Instructions& list_;
  const Uses uses_;
};

}  // namespace

void fuse_updates(Instructions& list) {
  UpdateFusion(list).run();
}

}  // namespace lamina
