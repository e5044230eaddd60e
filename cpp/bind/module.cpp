#include "bind/register.h"
#include "core/error.h"

namespace {

void translate(std::exception_ptr pointer) {
  try {
    if (pointer) std::rethrow_exception(pointer);
  } catch (const lamina::Error& error) {
    const auto type = [&] {
      switch (error.kind()) {
        case lamina::ErrorKind::kType:
          return PyExc_TypeError;
        case lamina::ErrorKind::kIndex:
          return PyExc_IndexError;
        case lamina::ErrorKind::kRuntime:
          return PyExc_RuntimeError;
        case lamina::ErrorKind::kValue:
          break;
      }
      return PyExc_ValueError;
    }();
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
  lamina::bind::bind_runtime(module);
}
