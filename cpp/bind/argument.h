#pragma once

#include <cstddef>
#include <optional>
#include <variant>

#include "bind/array.h"

namespace lamina::bind {

// What one argument of a call was: what a later one must be to go by the same plan.
class Argument {
 public:
  // An array, which the plan reads as it is or, reversed, as the transpose that lies contiguous in its memory.
  static std::optional<Argument> of_array(const py::handle& array, const TensorType& input, bool reversed);
  // A Python number, which the plan reads as a scalar of the dtype.
  static std::optional<Argument> of_number(const py::handle& number, DType dtype);
  // A number, string, None, or a tuple or list of such, which the plan has built in.
  static std::optional<Argument> of_fixed(const py::handle& value);

  bool fits(const py::handle& given) const;
  bool is_input() const { return !std::holds_alternative<Fixed>(what_); }

  // The memory of a given input that fits; a number is put into `scalar`.
  struct alignas(8) Scalar {
    std::byte bytes[8];
  };
  const void* data(const py::handle& given, Scalar& scalar) const;

 private:
  struct Array {
    Shape shape;
    int dtype_number;
    bool reversed;
    bool fits(const py::handle& given) const;
  };
  struct Number {
    PyTypeObject* type;
    DType dtype;
    bool read(const py::handle& given, Scalar& scalar) const;
  };
  struct Fixed {
    py::object value;
  };

  std::variant<Array, Number, Fixed> what_;
};

bool is_array(const py::handle& object);   // exactly of NumPy's class
bool is_number(const py::handle& object);  // exactly a float or an int

}  // namespace lamina::bind
