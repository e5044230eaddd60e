#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include "core/tensor_type.h"

namespace lamina::bind {

namespace py = pybind11;

// Between NumPy's arrays and the core's types: everything that knows both is here.
DType dtype_of_array(const py::array& array);  // TypeError where the core has no such type
py::dtype numpy_dtype(DType dtype);
TensorType type_of_array(const py::array& array);
py::tuple shape_tuple(const Shape& shape);

// Whether the core can read the array where it lies: C-contiguous, its elements aligned.
bool is_plain(const py::array& array);
// The array itself where it is plain, otherwise a plain copy.
py::array contiguous(const py::array& array);
py::array empty_array(const TensorType& type);

}  // namespace lamina::bind
