#pragma once

#include "core/tensor_type.h"

namespace lamina {

// A shape seen from one axis: `outer` blocks of `size` rows of `inner` items.
struct AxisView {
  AxisView(const Shape& shape, int64_t axis) : size(shape[axis]) {
    for (int64_t i = 0; i < axis; ++i) outer *= shape[i];
    for (size_t i = axis + 1; i < shape.size(); ++i) inner *= shape[i];
  }
  int64_t outer = 1, size, inner = 1;
};

}  // namespace lamina
