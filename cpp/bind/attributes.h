#pragma once

#include <pybind11/pybind11.h>

#include "graph/attributes.h"

namespace lamina::bind {

// bool, int, float, str and sequences of int or float become attributes; anything else is a TypeError.
Attributes to_attributes(const pybind11::dict& items);

}  // namespace lamina::bind
