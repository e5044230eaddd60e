#include "bind/attributes.h"

#include <pybind11/stl.h>

#include "core/error.h"
#include "graph/function.h"

namespace lamina::bind {

namespace py = pybind11;

namespace {

Attribute to_attribute(const std::string& name, const py::handle& value) {
  if (py::isinstance<py::bool_>(value)) return value.cast<bool>();
  if (py::isinstance<py::str>(value)) return value.cast<std::string>();
  if (py::isinstance<py::float_>(value)) return value.cast<double>();
  if (PyIndex_Check(value.ptr())) return value.cast<int64_t>();
  if (py::isinstance<py::sequence>(value)) {
    const auto items = value.cast<py::sequence>();
    if (items.size() > 0 && py::isinstance<Function>(items[0])) {
      Functions functions;
      for (const py::handle item : items) functions.push_back(item.cast<std::shared_ptr<Function>>());
      return functions;
    }
    const bool whole =
        std::all_of(items.begin(), items.end(), [](py::handle item) { return PyIndex_Check(item.ptr()); });
    if (whole) return value.cast<std::vector<int64_t>>();
    return value.cast<std::vector<double>>();
  }
  if (PyNumber_Check(value.ptr())) return PyFloat_AsDouble(value.ptr());
  fail_type("attribute '", name, "': expected a bool, number, string or a sequence of numbers or functions, received ",
            std::string(py::str(py::type::handle_of(value))));
}

}  // namespace

Attributes to_attributes(const py::dict& items) {
  Attributes attributes;
  for (const auto& [key, value] : items) {
    const auto name = key.cast<std::string>();
    attributes.set(name, to_attribute(name, value));
  }
  return attributes;
}

}  // namespace lamina::bind
