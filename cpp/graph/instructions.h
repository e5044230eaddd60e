#pragma once

#include <vector>

#include "graph/graph.h"

namespace lamina {

// One op to run: a graph node, or several fused into one. Values keep the names that the graph gave them.
struct Instruction {
  const Op* op;
  std::vector<Value> inputs;
  std::vector<Value> outputs;
  Attributes attributes;
};

// The nodes that `outputs` and the graph's writes need, in program order.
std::vector<Instruction> select_instructions(const Graph& graph, const std::vector<Value>& outputs);

// Replaces chains of ops by one that does their work in a single pass: see fuse.cpp for the list of rewrites.
void fuse_instructions(const Graph& graph, const std::vector<Value>& outputs, std::vector<Instruction>& instructions);

// Ops that only rename their first input; the plan lets the output share its memory.
bool is_alias(const Op& op);

}  // namespace lamina
