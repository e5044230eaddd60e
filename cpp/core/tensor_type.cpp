#include "core/tensor_type.h"

#include <algorithm>
#include <array>

#include "core/error.h"

namespace lamina {
namespace {

constexpr std::array<const char*, 6> kNames = {"bool", "uint8", "int32", "int64", "float32", "float64"};

}  // namespace

const char* dtype_name(DType dtype) {
  return kNames[static_cast<size_t>(dtype)];
}

DType dtype_from_name(const std::string& name) {
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) {
    std::string known;
    for (const char* each : kNames) known += concat(known.empty() ? "" : ", ", each);
    fail("unknown dtype '", name, "'; known are ", known);
  }
  return static_cast<DType>(found - kNames.begin());
}

int64_t element_count(const Shape& shape) {
  int64_t count = 1;
  for (const int64_t n : shape) count *= n;
  return count;
}

std::string to_string(const Shape& shape) {
  std::string text = "(";
  for (size_t i = 0; i < shape.size(); ++i) text += concat(i ? ", " : "", shape[i]);
  return text + (shape.size() == 1 ? ",)" : ")");
}

Shape row_major_strides(const Shape& shape) {
  Shape strides(shape.size());
  int64_t stride = 1;
  for (size_t i = shape.size(); i-- > 0;) {
    strides[i] = stride;
    stride *= shape[i];
  }
  return strides;
}

Shape broadcast_shapes(const Shape& a, const Shape& b, const char* op) {
  const size_t rank = std::max(a.size(), b.size());
  Shape result(rank);
  for (size_t i = 1; i <= rank; ++i) {  // counted from the last axis
    const int64_t m = i <= a.size() ? a[a.size() - i] : 1;
    const int64_t n = i <= b.size() ? b[b.size() - i] : 1;
    require(m == n || m == 1 || n == 1, op, ": shapes ", to_string(a), " and ", to_string(b),
            " cannot be broadcast together: axis -", i, " is ", m, " in one and ", n, " in the other");
    result[rank - i] = m == 1 ? n : m;
  }
  return result;
}

int64_t normalize_axis(int64_t axis, int64_t rank, const char* op) {
  require(axis >= -rank && axis < rank, op, ": axis ", axis, " does not exist in a tensor of rank ", rank);
  return axis < 0 ? axis + rank : axis;
}

void require_possible(const TensorType& type, const char* what) {
  constexpr int64_t kMostBytes = int64_t{1} << 48;  // sums of such numbers stay numbers
  int64_t bytes = item_size(type.dtype);
  for (const int64_t n : type.shape) {
    require(n >= 0, what, ": no tensor has shape ", to_string(type.shape));
    const bool overflows = __builtin_mul_overflow(bytes, std::max<int64_t>(n, 1), &bytes);
    require(!overflows && bytes <= kMostBytes, what, ": a tensor of shape ", to_string(type.shape),
            " is larger than any memory");
  }
}

std::string to_string(const TensorType& type) {
  return concat(dtype_name(type.dtype), " ", to_string(type.shape));
}

}  // namespace lamina
