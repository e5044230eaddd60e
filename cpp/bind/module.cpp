#include "bind/register.h"
#include "core/error.h"

namespace {

void translate(std::exception_ptr pointer) {
  try {
    if (pointer) std::rethrow_exception(pointer);
  } catch (const lamina::Error& error) {
    PyObject* type = error.kind() == lamina::ErrorKind::kType ? PyExc_TypeError : PyExc_ValueError;
    PyErr_SetString(type, error.what());
  }
}

}  // namespace

PYBIND11_MODULE(_core, module) {
  module.doc() = "The compiled core: graphs, plans, variables and the loop over batches.";
  pybind11::register_exception_translator(&translate);
  lamina::bind::bind_variable(module);
  lamina::bind::bind_plan(module);
  lamina::bind::bind_graph(module);
  lamina::bind::bind_loop(module);
  lamina::bind::bind_recall(module);
  lamina::bind::bind_runtime(module);
}
