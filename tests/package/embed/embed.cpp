// Trains y = 2x - 1 in a program without Python: what an embedding program does with the installed library.
#include <cmath>
#include <cstdio>
#include <memory>
#include <vector>

#include "lamina/lamina.h"

using lamina::DType;
using lamina::Graph;
using lamina::Plan;
using lamina::TensorType;
using lamina::Value;
using lamina::Variable;

namespace {

std::shared_ptr<Variable> variable(lamina::Shape shape, const char* name) {
  return std::make_shared<Variable>(TensorType{DType::kFloat32, std::move(shape)}, name);
}

}  // namespace

int main() {
  const auto w = variable({1, 1}, "w"), b = variable({1}, "b");
  Graph graph;
  const Value x = graph.input({DType::kFloat32, {6, 1}});
  const Value target = graph.input({DType::kFloat32, {6, 1}});
  const Value prediction = graph.add("add", {graph.add("matmul", {x, graph.read(w)}), graph.read(b)});
  const Value loss = graph.add("mean", {graph.add("square", {graph.add("subtract", {prediction, target})})});
  const std::vector<Value> sources = {graph.read(w), graph.read(b)};
  const std::vector<Value> gradients = graph.gradients(loss, sources);
  const Value rate = graph.scalar(DType::kFloat32, 0.05);
  graph.write(w, graph.add("subtract", {sources[0], graph.add("multiply", {rate, gradients[0]})}));
  graph.write(b, graph.add("subtract", {sources[1], graph.add("multiply", {rate, gradients[1]})}));
  Plan step(graph, {loss});

  const std::vector<float> xs = {-1, 0, 1, 2, 3, 4}, ys = {-3, -1, 1, 3, 5, 7};
  float error = 0;
  const void* inputs[] = {xs.data(), ys.data()};
  void* outputs[] = {&error};
  for (int i = 0; i < 2000; ++i) step.run(inputs, outputs);
  const float slope = *static_cast<float*>(w->buffer.data()), offset = *static_cast<float*>(b->buffer.data());
  std::printf("y = %.4f x + %.4f, loss %.2e\n", slope, offset, error);
  return std::abs(slope - 2) < 1e-3 && std::abs(offset + 1) < 1e-3 && error < 1e-6f ? 0 : 1;
}
