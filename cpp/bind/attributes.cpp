#include "bind/attributes.h"

#include <pybind11/stl.h>

#include "core/error.h"
#include "graph/function.h"

namespace lamina::bind {

namespace py = pybind11;

namespace {

int64_t to_integer(const std::string& name, const py::handle& value) {
  const auto whole = py::reinterpret_steal<py::int_>(PyNumber_Index(value.ptr()));
  if (!whole) throw py::error_already_set();
  int overflow = 0;
  const int64_t integer = PyLong_AsLongLongAndOverflow(whole.ptr(), &overflow);
  require(overflow == 0, "attribute '", name, "': expected integers of at most 64 bits, received ",
          std::string(py::str(whole)));
  return integer;
}

double to_number(const py::handle& value) {
  const double number = PyFloat_AsDouble(value.ptr());
  if (number == -1 && PyErr_Occurred()) throw py::error_already_set();
  return number;
}

Attribute to_attribute(const std::string& name, const py::handle& value) {
  if (py::isinstance<py::bool_>(value)) return value.cast<bool>();
  if (py::isinstance<py::str>(value)) return value.cast<std::string>();
  if (py::isinstance<py::float_>(value)) return value.cast<double>();
  if (PyIndex_Check(value.ptr())) return to_integer(name, value);
  if (py::isinstance<py::sequence>(value)) {
    const auto items = value.cast<py::sequence>();
    if (items.size() > 0 && py::isinstance<Function>(items[0])) {
      Functions functions;
      for (const py::handle item : items) functions.push_back(item.cast<std::shared_ptr<Function>>());
      return functions;
    }
    const bool whole =
        std::all_of(items.begin(), items.end(), [](py::handle item) { return PyIndex_Check(item.ptr()); });
    if (whole) {
      std::vector<int64_t> integers;
      for (const py::handle item : items) integers.push_back(to_integer(name, item));
      return integers;
    }
    std::vector<double> numbers;
    for (const py::handle item : items) numbers.push_back(to_number(item));
    return numbers;
  }
  if (PyNumber_Check(value.ptr())) return to_number(value);
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
