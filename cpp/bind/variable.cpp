#include "core/variable.h"

#include <cstring>

#include "bind/array.h"
#include "bind/register.h"
#include "core/error.h"
#include "core/seed_sequence.h"

namespace lamina::bind {

namespace {

void fill(Variable& variable, const py::array& value) {
  const py::array data = contiguous(value);
  if (variable.type.bytes() > 0) {
    std::memcpy(variable.buffer.data(), data.data(), static_cast<size_t>(variable.type.bytes()));
  }
}

std::shared_ptr<Variable> make(const py::array& value, const std::string& name) {
  auto variable = std::make_shared<Variable>(type_of_array(value), name);
  fill(*variable, value);
  return variable;
}

void assign(Variable& variable, const py::array& value) {
  const TensorType received{variable.type.dtype, Shape(value.shape(), value.shape() + value.ndim())};
  require(received.shape == variable.type.shape, "assign to variable '", variable.name, "': expected shape ",
          to_string(variable.type.shape), ", received ", to_string(received.shape));
  const py::dtype wanted = numpy_dtype(variable.type.dtype);
  fill(variable, value.dtype().is(wanted) ? value : py::array(value.attr("astype")(wanted)));
}

py::array to_numpy(const Variable& variable) {
  py::array copy = empty_array(variable.type);
  if (variable.type.bytes() > 0) {
    std::memcpy(copy.mutable_data(), variable.buffer.data(), static_cast<size_t>(variable.type.bytes()));
  }
  return copy;
}

// An integer in [0, 2^63) from a random state, int64 (key, counter), which counts on.
int64_t draw_seed(Variable& state) {
  require(state.type == TensorType{DType::kInt64, {2}}, "draw_seed: expected a random state, int64 (2,), received ",
          to_string(state.type));
  uint64_t* words = static_cast<uint64_t*>(state.buffer.data());
  std::vector<uint32_t> entropy;
  for (const uint64_t word : {words[0], words[1]}) {
    entropy.push_back(static_cast<uint32_t>(word));
    if (word >> 32 != 0) entropy.push_back(static_cast<uint32_t>(word >> 32));
  }
  ++words[1];
  return static_cast<int64_t>(seed_from(entropy) >> 1);
}

}  // namespace

void bind_variable(py::module_& module) {
  py::class_<Variable, std::shared_ptr<Variable>>(module, "Variable",
                                                  "State that outlives plans: memory with a shape and dtype.")
      .def(py::init(&make), py::arg("value"), py::arg("name") = "")
      .def_property_readonly("shape", [](const Variable& variable) { return shape_tuple(variable.type.shape); })
      .def_property_readonly("dtype", [](const Variable& variable) { return dtype_name(variable.type.dtype); })
      .def_property_readonly("name", [](const Variable& variable) { return variable.name; })
      .def("numpy", &to_numpy, "Return a copy of the value.")
      .def("assign", &assign, py::arg("value"), "Replace the value by one of the same shape, cast to the dtype.");
  module.def("draw_seed", &draw_seed, py::arg("state"));
}

}  // namespace lamina::bind
