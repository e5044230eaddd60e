#pragma once

#include <optional>

#include "graph/instructions.h"

namespace lamina {

struct RowGraph {
  Graph graph;
  std::vector<Value> outputs;
};

// What the instructions do, for `rows` of the rows that all inputs of the graph have along their first axis: a graph
// that gives the same bits as the whole one does for these rows. Nothing where an output's row depends on other rows,
// or some op does not say how its rows come about (Op::on_rows).
std::optional<RowGraph> cut_rows(const Instructions& list, int64_t rows);

}  // namespace lamina
