#include "bind/register.h"
#include "core/error.h"

void lamina::bind::set_python_error(const Error& error) {
  switch (error.kind()) {
    case ErrorKind::kValue:
      return PyErr_SetString(PyExc_ValueError, error.what());
    case ErrorKind::kType:
      return PyErr_SetString(PyExc_TypeError, error.what());
    case ErrorKind::kInterrupt:
      // Python's handler has made a note of the signal; what it raises, if anything, is the user's choice.
      if (PyErr_CheckSignals() == 0) PyErr_SetNone(PyExc_KeyboardInterrupt);
  }
}

namespace {

void translate(std::exception_ptr pointer) {
  try {
    if (pointer) std::rethrow_exception(pointer);
  } catch (const lamina::Error& error) {
    lamina::bind::set_python_error(error);
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
