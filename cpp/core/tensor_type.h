#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace lamina {

// Ordered so that the larger of two is what they promote to.
enum class DType : uint8_t { kBool, kUInt8, kInt32, kInt64, kFloat32, kFloat64 };

constexpr int64_t item_size(DType dtype) {
  switch (dtype) {
    case DType::kBool:
    case DType::kUInt8:
      return 1;
    case DType::kInt32:
    case DType::kFloat32:
      return 4;
    case DType::kInt64:
    case DType::kFloat64:
      return 8;
  }
  return 0;
}

constexpr bool is_float(DType dtype) {
  return dtype >= DType::kFloat32;
}
const char* dtype_name(DType dtype);
DType dtype_from_name(const std::string& name);

template <typename T>
constexpr DType dtype_of();
template <>
constexpr DType dtype_of<bool>() {
  return DType::kBool;
}
template <>
constexpr DType dtype_of<uint8_t>() {
  return DType::kUInt8;
}
template <>
constexpr DType dtype_of<int32_t>() {
  return DType::kInt32;
}
template <>
constexpr DType dtype_of<int64_t>() {
  return DType::kInt64;
}
template <>
constexpr DType dtype_of<float>() {
  return DType::kFloat32;
}
template <>
constexpr DType dtype_of<double>() {
  return DType::kFloat64;
}

using Shape = std::vector<int64_t>;

int64_t element_count(const Shape& shape);
std::string to_string(const Shape& shape);  // "(32, 12)", "(3,)", "()"
Shape row_major_strides(const Shape& shape);
// NumPy's rule; throws naming both shapes where they do not fit.
Shape broadcast_shapes(const Shape& a, const Shape& b, const char* op);
// -1 counts from the end; throws where the axis does not exist.
int64_t normalize_axis(int64_t axis, int64_t rank, const char* op);

struct TensorType {
  DType dtype = DType::kFloat32;
  Shape shape;

  int64_t size() const { return element_count(shape); }
  int64_t bytes() const { return size() * item_size(dtype); }
  int64_t rank() const { return static_cast<int64_t>(shape.size()); }
  bool operator==(const TensorType&) const = default;
};

// Throws where a size is negative, or where no memory could hold so many elements.
void require_possible(const TensorType& type, const char* what);
std::string to_string(const TensorType& type);  // "float32 (32, 12)"

// Calls f(T{}) with the C++ type that holds `dtype`; the list of types is written here once.
template <typename F>
auto visit_dtype(DType dtype, F&& f) {
  switch (dtype) {
    case DType::kBool:
      return f(bool{});
    case DType::kUInt8:
      return f(uint8_t{});
    case DType::kInt32:
      return f(int32_t{});
    case DType::kInt64:
      return f(int64_t{});
    case DType::kFloat64:
      return f(double{});
    case DType::kFloat32:
      break;
  }
  return f(float{});
}

// The same for the two floating-point types only; infer has already refused the others.
template <typename F>
auto visit_float(DType dtype, F&& f) {
  return dtype == DType::kFloat64 ? f(double{}) : f(float{});
}

}  // namespace lamina
