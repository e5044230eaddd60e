#pragma once

// Lamina's core for C++ programs: describe a graph, differentiate it, compile it to a plan, run the plan.
//
//   lamina::Graph graph;
//   auto w = std::make_shared<lamina::Variable>(lamina::TensorType{lamina::DType::kFloat32, {4, 2}}, "w");
//   const lamina::Value x = graph.input({lamina::DType::kFloat32, {8, 4}});
//   const lamina::Value y = graph.add("relu", {graph.add("matmul", {x, graph.read(w)})});
//   lamina::Plan plan(graph, {y});
//   plan.run(inputs, outputs);  // arrays of pointers to row-major data, one per input and output

#include "core/error.h"
#include "core/team.h"
#include "core/tensor_type.h"
#include "core/threads.h"
#include "core/variable.h"
#include "graph/function.h"
#include "graph/graph.h"
#include "graph/loop.h"
#include "graph/plan.h"
