#pragma once

#include <pybind11/pybind11.h>

namespace lamina {
class Error;
}

namespace lamina::bind {

void set_python_error(const Error& error);

// One function per area, each in a file of its name.
void bind_variable(pybind11::module_& module);
void bind_graph(pybind11::module_& module);
void bind_plan(pybind11::module_& module);
void bind_loop(pybind11::module_& module);
void bind_recall(pybind11::module_& module);
void bind_runtime(pybind11::module_& module);

}  // namespace lamina::bind
