#include "bind/array.h"

#include "core/error.h"

namespace lamina::bind {

namespace {
constexpr int kAligned = py::detail::npy_api::NPY_ARRAY_ALIGNED_;
}

DType dtype_of_array(const py::array& array) {
  const py::dtype dtype = array.dtype();
  const auto bytes = dtype.itemsize();
  if (const char order = dtype.byteorder(); order == '=' || order == '|' || order == '<') {
    switch (dtype.kind()) {
      case 'b':
        return DType::kBool;
      case 'u':
        if (bytes == 1) return DType::kUInt8;
        break;
      case 'i':
        if (bytes == 4) return DType::kInt32;
        if (bytes == 8) return DType::kInt64;
        break;
      case 'f':
        if (bytes == 4) return DType::kFloat32;
        if (bytes == 8) return DType::kFloat64;
        break;
      default:
        break;
    }
  }
  fail_type("expected an array of bool, uint8, int32, int64, float32 or float64, received dtype ",
            std::string(py::str(dtype)));
}

py::dtype numpy_dtype(DType dtype) {
  if (dtype == DType::kBool) return py::dtype::of<bool>();
  return visit_dtype(dtype, [](auto zero) { return py::dtype::of<decltype(zero)>(); });
}

TensorType type_of_array(const py::array& array) {
  return {dtype_of_array(array), Shape(array.shape(), array.shape() + array.ndim())};
}

py::tuple shape_tuple(const Shape& shape) {
  py::tuple result(shape.size());
  for (size_t i = 0; i < shape.size(); ++i) result[i] = shape[i];
  return result;
}

bool is_plain(const py::array& array) {
  constexpr int kPlain = py::array::c_style | kAligned;
  return (array.flags() & kPlain) == kPlain;
}

py::array contiguous(const py::array& array) {
  return is_plain(array) ? array : py::array::ensure(array, py::array::c_style | kAligned);
}

py::array empty_array(const TensorType& type) {
  static_assert(sizeof(Py_intptr_t) == sizeof(int64_t), "the core's sizes are NumPy's");
  const auto& numpy = py::detail::npy_api::get();  // py::array would copy the shape and work out strides
  auto array = py::reinterpret_steal<py::array>(numpy.PyArray_NewFromDescr_(
      numpy.PyArray_Type_, numpy_dtype(type.dtype).release().ptr(), static_cast<int>(type.rank()),
      reinterpret_cast<const Py_intptr_t*>(type.shape.data()), nullptr, nullptr, 0, nullptr));
  if (!array) throw py::error_already_set();
  return array;
}

}  // namespace lamina::bind
