#include "bind/argument.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <utility>

namespace lamina::bind {

namespace {

bool is_simple(const py::handle& value) {
  PyObject* object = value.ptr();
  return object == Py_None || PyBool_Check(object) || PyLong_CheckExact(object) || PyFloat_CheckExact(object) ||
         PyUnicode_CheckExact(object);
}

bool is_sequence(const py::handle& value) {
  return PyTuple_CheckExact(value.ptr()) || PyList_CheckExact(value.ptr());
}

bool is_fixed(const py::handle& value) {
  if (!is_sequence(value)) return is_simple(value);
  const auto items = py::reinterpret_borrow<py::sequence>(value);
  return std::all_of(items.begin(), items.end(), [](const py::handle& item) { return is_fixed(item); });
}

// A copy that nobody can change; a list stays told from a tuple.
py::object frozen(const py::handle& value) {
  if (!is_sequence(value)) return py::reinterpret_borrow<py::object>(value);
  const auto items = py::reinterpret_borrow<py::sequence>(value);
  py::list copies;
  for (const py::handle item : items) copies.append(frozen(item));
  return PyList_CheckExact(value.ptr()) ? py::object(copies) : py::object(py::tuple(copies));
}

// Whether two fixed values mean the same to a graph: of one type, floats to the bit (0.0 is not -0.0, NaN is NaN).
bool same(PyObject* a, PyObject* b) {
  if (a == b) return true;
  if (Py_TYPE(a) != Py_TYPE(b)) return false;
  if (PyFloat_CheckExact(a)) {
    return std::bit_cast<uint64_t>(PyFloat_AS_DOUBLE(a)) == std::bit_cast<uint64_t>(PyFloat_AS_DOUBLE(b));
  }
  if (is_sequence(a)) {
    const Py_ssize_t size = PySequence_Fast_GET_SIZE(a);
    if (size != PySequence_Fast_GET_SIZE(b)) return false;
    for (Py_ssize_t i = 0; i < size; ++i) {
      if (!same(PySequence_Fast_GET_ITEM(a, i), PySequence_Fast_GET_ITEM(b, i))) return false;
    }
    return true;
  }
  return (PyLong_CheckExact(a) || PyUnicode_CheckExact(a)) && PyObject_RichCompareBool(a, b, Py_EQ) == 1;
}

}  // namespace

bool is_array(const py::handle& object) {
  static PyObject* const type = py::object(py::module_::import("numpy").attr("ndarray")).release().ptr();
  return reinterpret_cast<PyObject*>(Py_TYPE(object.ptr())) == type;
}

bool is_number(const py::handle& object) {
  return PyFloat_CheckExact(object.ptr()) || PyLong_CheckExact(object.ptr());
}

std::optional<Argument> Argument::of_array(const py::handle& array, const TensorType& input, bool reversed) {
  Argument argument;
  Shape shape = input.shape;
  if (reversed) std::reverse(shape.begin(), shape.end());
  argument.what_ = Array{std::move(shape), numpy_dtype(input.dtype).num(), reversed};
  return argument.fits(array) ? std::optional(argument) : std::nullopt;
}

std::optional<Argument> Argument::of_number(const py::handle& number, DType dtype) {
  Argument argument;
  argument.what_ = Number{Py_TYPE(number.ptr()), dtype};
  return argument.fits(number) ? std::optional(argument) : std::nullopt;
}

std::optional<Argument> Argument::of_fixed(const py::handle& value) {
  if (!is_fixed(value)) return std::nullopt;
  Argument argument;
  argument.what_ = Fixed{frozen(value)};
  return argument;
}

bool Argument::fits(const py::handle& given) const {
  if (const auto* array = std::get_if<Array>(&what_)) return is_array(given) && array->fits(given);
  if (const auto* fixed = std::get_if<Fixed>(&what_)) return same(fixed->value.ptr(), given.ptr());
  Scalar scalar;
  return std::get<Number>(what_).read(given, scalar);
}

const void* Argument::data(const py::handle& given, Scalar& scalar) const {
  if (std::holds_alternative<Array>(what_)) return py::reinterpret_borrow<py::array>(given).data();
  std::get<Number>(what_).read(given, scalar);
  return &scalar;
}

bool Argument::Array::fits(const py::handle& given) const {
  const auto array = py::reinterpret_borrow<py::array>(given);
  constexpr int kAligned = py::detail::npy_api::NPY_ARRAY_ALIGNED_;
  const int needed = reversed ? kAligned | py::array::f_style : kAligned | py::array::c_style;
  if ((array.flags() & needed) != needed || array.ndim() != static_cast<py::ssize_t>(shape.size())) return false;
  const py::dtype dtype = array.dtype();
  return dtype.num() == dtype_number && dtype.byteorder() != '>' &&
         std::equal(shape.begin(), shape.end(), array.shape());
}

bool Argument::Number::read(const py::handle& given, Scalar& scalar) const {
  if (Py_TYPE(given.ptr()) != type) return false;
  return visit_dtype(dtype, [&]<typename T>(T value) {
    if constexpr (std::is_floating_point_v<T>) {
      const double number = PyFloat_AsDouble(given.ptr());
      if (number == -1 && PyErr_Occurred() != nullptr) return PyErr_Clear(), false;
      value = static_cast<T>(number);
    } else if constexpr (!std::is_same_v<T, bool>) {
      int overflow = 0;
      const long long whole = PyLong_CheckExact(given.ptr()) ? PyLong_AsLongLongAndOverflow(given.ptr(), &overflow) : 0;
      if (!PyLong_CheckExact(given.ptr()) || overflow != 0 || !std::in_range<T>(whole)) return false;
      value = static_cast<T>(whole);
    } else {
      return false;
    }
    std::memcpy(&scalar, &value, sizeof value);
    return true;
  });
}

}  // namespace lamina::bind
