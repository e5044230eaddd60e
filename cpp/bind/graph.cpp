#include "graph/graph.h"

#include <algorithm>

#include "bind/array.h"
#include "bind/attributes.h"
#include "bind/register.h"
#include "bind/run.h"
#include "graph/plan.h"

namespace lamina::bind {

namespace {

// Python knows a value as one integer: the node's number and the output's, side by side.
int64_t to_handle(Value value) {
  return int64_t{value.node} * 65536 + value.index;
}

Value from_handle(const Graph& graph, int64_t handle) {
  const auto& nodes = graph.nodes();
  const int64_t node = handle / 65536, index = handle % 65536;
  require(handle >= 0 && node < static_cast<int64_t>(nodes.size()) &&
              index < static_cast<int64_t>(nodes[node].outputs.size()),
          "expected a value of this graph, received ", handle);
  return {static_cast<int32_t>(node), static_cast<int32_t>(index)};
}

std::vector<Value> from_handles(const Graph& graph, const std::vector<int64_t>& handles) {
  std::vector<Value> values;
  for (const int64_t handle : handles) values.push_back(from_handle(graph, handle));
  return values;
}

py::tuple apply(Graph& graph, const std::string& op, const std::vector<int64_t>& inputs, const py::dict& attributes) {
  const std::vector<Value> outputs = graph.apply(op, from_handles(graph, inputs), to_attributes(attributes));
  py::tuple handles(outputs.size());
  for (size_t i = 0; i < outputs.size(); ++i) handles[i] = to_handle(outputs[i]);
  return handles;
}

std::vector<std::optional<int64_t>> gradients(Graph& graph, int64_t target, const std::vector<int64_t>& sources,
                                              std::optional<int64_t> seed) {
  const auto found = graph.gradients(from_handle(graph, target), from_handles(graph, sources),
                                     seed ? from_handle(graph, *seed) : Value{});
  std::vector<std::optional<int64_t>> handles;
  for (const Value& value : found) handles.push_back(value ? std::optional(to_handle(value)) : std::nullopt);
  return handles;
}

void bind_function(py::module_& module) {
  py::class_<Function, std::shared_ptr<Function>>(module, "Function", "A graph with its ends in order: a loop's body.")
      .def(py::init([](const Graph& graph, const std::vector<int64_t>& inputs, const std::vector<int64_t>& outputs) {
             return std::make_shared<Function>(graph, from_handles(graph, inputs), from_handles(graph, outputs));
           }),
           py::arg("graph"), py::arg("inputs"), py::arg("outputs"))
      .def("__repr__",
           [](const Function& function) {
             return concat("<function of ", function.inputs.size(), " inputs and ", function.outputs.size(),
                           " outputs>");
           })
      .def("__call__", [](const Function& function, const py::args& inputs) {
        Plan plan(function);
        return run_plan(plan, inputs);
      });
}

}  // namespace

void bind_graph(py::module_& module) {
  bind_function(module);
  py::class_<Graph>(module, "Graph", "A pure dataflow graph; values are integers handed out by its methods.")
      .def(py::init<>())
      .def(
          "input",
          [](Graph& graph, const Shape& shape, const std::string& dtype) {
            return to_handle(graph.input({dtype_from_name(dtype), shape}));
          },
          py::arg("shape"), py::arg("dtype"))
      .def(
          "constant",
          [](Graph& graph, const py::array& value) {
            const py::array data = contiguous(value);
            return to_handle(graph.constant(type_of_array(data), data.data()));
          },
          py::arg("value"))
      .def(
          "read",
          [](Graph& graph, const std::shared_ptr<Variable>& variable) { return to_handle(graph.read(variable)); },
          py::arg("variable"))
      .def(
          "write",
          [](Graph& graph, const std::shared_ptr<Variable>& variable, int64_t value) {
            graph.write(variable, from_handle(graph, value));
          },
          py::arg("variable"), py::arg("value"))
      .def("apply", &apply, py::arg("op"), py::arg("inputs"), py::arg("attributes") = py::dict())
      .def(
          "shape",
          [](const Graph& graph, int64_t value) { return shape_tuple(graph.type(from_handle(graph, value)).shape); },
          py::arg("value"))
      .def(
          "dtype",
          [](const Graph& graph, int64_t value) { return dtype_name(graph.type(from_handle(graph, value)).dtype); },
          py::arg("value"))
      .def("gradients", &gradients, py::arg("target"), py::arg("sources"), py::arg("seed") = py::none())
      .def(
          "compile",
          [](const Graph& graph, const std::vector<int64_t>& outputs) {
            return std::make_shared<Plan>(graph, from_handles(graph, outputs));
          },
          py::arg("outputs"));
}

}  // namespace lamina::bind
