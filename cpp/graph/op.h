#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/fault.h"
#include "core/team.h"
#include "core/tensor_type.h"
#include "core/worker.h"
#include "graph/attributes.h"

namespace lamina {

class Graph;

// A tensor in a graph: output `index` of node `node`. Default-constructed: "no gradient".
struct Value {
  int32_t node = -1;
  int32_t index = 0;
  explicit operator bool() const { return node >= 0; }
  auto operator<=>(const Value&) const = default;
};

// What infer and prepare see of a node: static facts only, no data.
struct NodeInfo {
  const char* op;
  std::vector<TensorType> inputs;
  std::vector<TensorType> outputs;  // empty during infer
  const Attributes* attributes;
  std::vector<bool> read = {};  // by output: whether anybody reads it; empty: all are
  int workers = 1;              // how many may share the work at most: what memory of their own is made for

  const Attributes& attr() const { return *attributes; }
  // A kernel need not write an output that nobody reads.
  bool is_read(size_t output) const { return read.empty() || read[output]; }
};

// The data of one step while it runs. Inputs and outputs are contiguous, row-major and 64-byte aligned
// (inputs that come straight from a caller are only item-aligned).
class StepData {
 public:
  StepData(void* const* table, const int32_t* inputs, const int32_t* outputs, void* scratch, int seat = 0)
      : table_(table), inputs_(inputs), outputs_(outputs), scratch_(scratch), seat_(seat) {}

  template <typename T>
  const T* in(int i) const {
    return static_cast<const T*>(table_[inputs_[i]]);
  }
  template <typename T>
  T* out(int i = 0) const {
    return static_cast<T*>(table_[outputs_[i]]);
  }
  template <typename T>
  T* scratch() const {
    return static_cast<T*>(scratch_);
  }
  // Which part of the scratch memory is the worker's own, whatever share of the work it does.
  int seat() const { return seat_; }

 private:
  void* const* table_;
  const int32_t* inputs_;
  const int32_t* outputs_;
  void* scratch_;
  int seat_;
};

// How a node computes, fixed for its shapes: made once when a plan is compiled, then called by every worker of
// every run. `run` neither throws nor allocates. Phases are separated by a barrier: a kernel with phases = 2 is called
// with phase 0 by all workers, then, when all are done, with phase 1.
struct StepKernel {
  std::function<void(const StepData&, Worker, int phase)> run;
  double nanoseconds = 0;  // estimated time on one core; decides how many workers take part
  int phases = 1;
  int64_t scratch_bytes = 0;  // shared by the workers, valid during this step only
  int most_workers = 1024;    // may share it
  int keepers = 1;            // so many share it, be it ever so short: they have what it reads
  // `run` may be called for shares of a larger team, by any worker in any order, and such a share costs no more than
  // its part of the whole: what is a worker's own goes by its seat.
  bool in_pieces = false;
  // In place of `run`, for a step made of steps: all workers of a team enter it together and share its barrier. Such a
  // kernel says itself how many workers it can use.
  std::function<void(const StepData&, Worker, SpinBarrier&)> walk;
  int walkers = 1;
  std::vector<std::shared_ptr<Fault>> faults;  // what a run of it may report
};

// What a gradient rule sees: the graph to emit nodes into, and the node's values.
struct GradContext {
  Graph& graph;
  std::vector<Value> x;      // inputs of the node
  std::vector<Value> y;      // outputs of the node
  std::vector<Value> dy;     // gradient of each output; no value where nothing flows
  std::vector<bool> wanted;  // which inputs' gradients somebody asks for
  const Attributes& attr;
};

// One operation: everything about it side by side in one file of cpp/ops.
struct Op {
  const char* name;
  // Validates inputs and attributes (all errors come from here) and returns the types of the outputs.
  std::vector<TensorType> (*infer)(const NodeInfo&);
  StepKernel (*prepare)(const NodeInfo&);
  // Returns one gradient per input (no value: not differentiable in that input). Null: the op has no gradient.
  std::vector<Value> (*grad)(const GradContext&) = nullptr;
  // Output j may be written over input j when nobody needs that input afterwards.
  bool in_place = false;
  // A function of one floating-point input, element by element: a product may apply it to what it has just computed.
  bool pointwise = false;
  // Of a product: the op, perhaps itself, with the same first inputs and attributes that adds a bias, which is then
  // its third input, and applies the pointwise op that the attribute `activation` names.
  const char* fused = nullptr;
  // Of a product p: the op with the same attributes and first inputs that gives p f'(v), v being its third input and f
  // what the attribute `slope` names.
  const char* sloped = nullptr;
  // For p f'(v) of (v, p): f.
  const char* slope_of = nullptr;
  // For an op that can leave out outputs nobody reads: `kept` comes as which are read and goes as which are left;
  // returns the attributes of the op with these outputs alone.
  Attributes (*trim)(const NodeInfo&, std::vector<bool>& kept) = nullptr;
  // For an op whose results follow, row by row along the first axis, from the same rows of the inputs that are `cut`
  // and from the others as a whole, to the bit, however many rows there are: the attributes of the op on `rows` rows.
  // Nothing where that does not hold for these inputs.
  std::optional<Attributes> (*on_rows)(const NodeInfo&, const std::vector<bool>& cut, int64_t rows) = nullptr;
  // An optimizer's update of N = "count" weights; its inputs are theirs, N of each slot, N gradients, the learning rate
  // and the number of steps.
  bool update = false;
  // Reads all that it reads before it writes: any output may be written over any input that nobody needs afterwards.
  bool reads_first = false;
  // Of the op that does the work of several, the function in its attribute `body`: whether it could do that of another.
  bool (*holds)(const NodeInfo&) = nullptr;
  // Gives its input as it is, after a look at it: what it looks for are its kernel's faults.
  bool check = false;
};

void register_op(const Op& op);              // called by each family's register function, see ops/register.cpp
const Op& find_op(const std::string& name);  // throws naming the nearest known op
std::vector<std::string> op_names();

}  // namespace lamina
