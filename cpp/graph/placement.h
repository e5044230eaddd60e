#pragma once

#include <map>
#include <memory>
#include <vector>

#include "graph/instructions.h"
#include "graph/planner.h"

namespace lamina {

enum class Place { kArena, kInput, kOutput, kVariable, kConstant };

// Where a value lives while the plan runs.
struct Slot {
  Place place = Place::kArena;
  TensorType type;
  int32_t first = 0;       // step that writes it; 0 for what exists before the plan starts
  int32_t last = 0;        // last step that reads it
  int32_t position = 0;    // which input or output, for those
  void* memory = nullptr;  // null for a caller's memory
  int32_t shares = -1;     // the arena slot whose memory this one takes over, or -1
};

// Gives every value of the instructions a place: results go straight into the caller's memory, new values of variables
// straight over the old ones, what lies between into an arena where lifetimes decide who shares memory with whom.
class Placement {
 public:
  explicit Placement(const Instructions& list);

  struct Copy {
    int32_t from, to;
  };
  // Done after the last instruction, in this order: what could not be computed in its place.
  const std::vector<Copy>& copies() const { return copies_; }

  int32_t slot(Value value) const { return slot_of_.at(list_.root(value)); }
  const std::vector<Slot>& slots() const { return slots_; }
  const std::vector<int32_t>& input_slots() const { return input_slots_; }
  const std::vector<int32_t>& output_slots() const { return output_slots_; }
  const std::vector<std::shared_ptr<Variable>>& variables() const { return variables_; }
  const std::vector<std::shared_ptr<const Buffer>>& constants() const { return constants_; }

  int32_t add_scratch(int64_t bytes, int32_t step);
  // Plans the arena: from then on it is known how large it will be, and how many bytes are alive at one step at most.
  void arrange();
  const MemoryPlan& arena() const { return arena_; }
  // Makes the arena and points all its slots into it.
  std::unique_ptr<Buffer> allocate();

 private:
  int32_t add_slot(Slot slot);
  int32_t leader(int32_t slot) const;                                      // the slot whose memory this one shares
  int32_t end() const { return static_cast<int32_t>(list_.code.size()); }  // "after the last instruction"

  void place_inputs();
  void place_sources();
  void place_results();
  void place_outputs();
  void place_writes();
  bool computes_in_place(const Graph::Write& write) const;
  void share_memory();

  const Instructions& list_;
  const Graph& graph_;
  std::map<Value, int32_t> slot_of_;
  std::vector<Slot> slots_;
  std::vector<Copy> copies_;
  std::vector<int32_t> owners_;  // the slots that have memory of their own in the arena
  MemoryPlan arena_;
  std::vector<int32_t> input_slots_, output_slots_;
  std::vector<std::shared_ptr<Variable>> variables_;
  std::vector<std::shared_ptr<const Buffer>> constants_;
};

}  // namespace lamina
