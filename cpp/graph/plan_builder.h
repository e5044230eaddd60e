#pragma once

#include <map>
#include <vector>

#include "graph/instructions.h"
#include "graph/plan.h"

namespace lamina {

// Where a value lives while the plan runs.
enum class Place { kArena, kInput, kOutput, kVariable, kConstant };

struct Slot {
  Place place = Place::kArena;
  TensorType type;
  int32_t first = 0;     // step that writes it; 0 for what exists before the plan starts
  int32_t last = 0;      // last step that reads it
  int32_t position = 0;  // which input or output, for those
  void* memory = nullptr;
  int32_t shares = -1;  // the arena slot whose memory this one takes over, or -1
};

// Turns a graph into a plan's steps: picks and fuses instructions, decides where every value lives, prepares the
// kernels and finds out where workers must meet.
class PlanBuilder {
 public:
  PlanBuilder(const Graph& graph, const std::vector<Value>& outputs, Plan& plan);
  void build();

 private:
  int32_t slot(Value value) const { return slot_of_.at(list_.root(value)); }
  int32_t add_slot(Slot slot);
  int32_t end() const { return static_cast<int32_t>(list_.code.size()); }  // "after the last instruction"

  void select();
  void place_sources();
  void place_results();
  void place_outputs();
  void place_writes();
  bool computes_in_place(const Graph::Write& write) const;
  void share_memory();
  void prepare();
  void allocate();
  void choose_workers();
  void find_barriers();

  const Graph& graph_;
  const std::vector<Value>& outputs_;
  Plan& plan_;
  Instructions list_;
  std::map<Value, int32_t> slot_of_;
  std::vector<Slot> slots_;
  struct Copy {
    int32_t from, to;
  };
  std::vector<Copy> copies_;  // done after the last instruction, in this order
};

// Work worth giving to one more worker, in nanoseconds. Zero: every step uses every worker (for tests).
double parallel_grain();
void set_parallel_grain(double nanoseconds);

}  // namespace lamina
