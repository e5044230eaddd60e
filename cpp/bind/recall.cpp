#include "bind/recall.h"

#include <pybind11/stl.h>

#include <atomic>
#include <optional>

#include "bind/argument.h"
#include "bind/array.h"
#include "bind/few.h"
#include "bind/interrupt.h"
#include "bind/register.h"
#include "core/error.h"
#include "core/threads.h"
#include "graph/plan.h"
#include "kernels/dispatch.h"

// The short way from a call on arrays to its plan. Where a plan takes a microsecond, what a call costs beside it
// counts: this one object is called by CPython's vectorcall protocol, not through pybind11.
namespace lamina::bind {

namespace {

// True while this thread describes a graph: calls then add to it, whatever their arguments are.
thread_local bool t_tracing = false;

bool all_finite(const void* elements, DType dtype, int64_t count) {
  return !is_float(dtype) || visit_float(dtype, [&](auto zero) {
    using T = decltype(zero);
    kernels().reduce.of(T{}).residue(static_cast<const T*>(elements), 1, count, count, &zero);
    return zero == 0;
  });
}

// Of data that is to be trained on, or the like.
bool array_is_finite(const py::array& given) {
  constexpr int64_t kWorthATeam = 1 << 16;  // elements
  const py::array array = contiguous(given);
  const DType dtype = dtype_of_array(array);
  const int64_t size = array.size(), item = item_size(dtype);
  const char* elements = static_cast<const char*>(array.data());
  const py::gil_scoped_release release;
  std::atomic<bool> finite = true;
  run_team(size < kWorthATeam ? 1 : thread_count(), [&](Worker worker, SpinBarrier&) {
    const Range share = worker.share(size);
    if (!all_finite(elements + share.begin * item, dtype, share.size())) finite = false;
  });
  return finite;
}

// What is remembered holds while this stands.
uint64_t g_generation = 0;

struct Memory {
  std::vector<Argument> arguments;  // the positional ones, then those by keyword
  size_t positional;
  py::tuple names;  // of those by keyword
  std::shared_ptr<Plan> plan;

  bool fits(py::object* given, size_t count, size_t given_positional, PyObject* given_names) const {
    if (count != arguments.size() || positional != given_positional) return false;
    for (size_t i = 0; i < count - positional; ++i) {
      if (!names[i].equal(py::reinterpret_borrow<py::tuple>(given_names)[i])) return false;
    }
    for (size_t i = 0; i < count; ++i) {
      if (!arguments[i].fits(given[i])) return false;
    }
    return true;
  }
};

class Recall {
 public:
  // `wrapper`: a class that holds one array as its attribute `_array`; a call takes arrays and wrapped arrays without a
  // `_keras_mask`, and gives wrapped ones. None: arrays only. `tensors`: so many arguments, the first ones, are inputs
  // of plans even where they are numbers. `finite`: arrays with NaN or infinity are left to the caller.
  Recall(py::object wrapper, bool finite, size_t tensors)
      : wrapper_(std::move(wrapper)), finite_(finite), tensors_(tensors) {}

  // `arguments` are the plan's inputs in order, and what is built into it; `reversed`: which of its inputs it takes as
  // their transposes. What cannot be told apart is not remembered.
  void remember(const py::sequence& arguments, std::shared_ptr<Plan> plan, const std::vector<bool>& reversed,
                const py::dict& keywords) {
    const auto& types = plan->input_types();
    Memory memory{{}, arguments.size(), py::tuple(keywords.size()), std::move(plan)};
    size_t inputs = 0;
    const auto add = [&](const py::handle& item, bool tensor) {
      const py::object value = plain(item, tensor);
      std::optional<Argument> argument;
      if (!value) return false;
      if (tensor && (is_array(value) || is_number(value))) {
        require(inputs < types.size(), "remember: expected ", types.size(), " inputs, received more");
        const bool back = inputs < reversed.size() && reversed[inputs];
        argument = is_array(value) ? Argument::of_array(value, types[inputs], back)
                                   : Argument::of_number(value, types[inputs].dtype);
        ++inputs;
      } else if (!tensor || value.is_none()) {
        argument = Argument::of_fixed(value);
      }
      if (argument) memory.arguments.push_back(std::move(*argument));
      return argument.has_value();
    };
    for (const py::handle item : arguments) {
      if (!add(item, memory.arguments.size() < tensors_)) return;
    }
    for (const auto& [name, item] : keywords) {
      memory.names[memory.arguments.size() - memory.positional] = name;
      if (!add(item, false)) return;
    }
    require(inputs == types.size(), "remember: expected ", types.size(), " inputs, received ", inputs);
    drop_outdated();
    if (memories_.size() >= kMostMemories) memories_.pop_back();
    memories_.insert(memories_.begin(), std::move(memory));
  }

  void forget() { memories_.clear(); }

  // A new reference; None where nothing is remembered of such arguments.
  PyObject* call(PyObject* const* arguments, size_t positional, PyObject* names) {
    if (t_tracing) Py_RETURN_NONE;
    const size_t count = positional + (names == nullptr ? 0 : static_cast<size_t>(PyTuple_GET_SIZE(names)));
    Few<py::object, kFew> given(count);
    for (size_t i = 0; i < count; ++i) {
      given[i] = plain(arguments[i], i < tensors_ && i < positional);
      if (!given[i]) Py_RETURN_NONE;
    }
    const Memory* memory = find(given.data(), count, positional, names);
    if (memory == nullptr) Py_RETURN_NONE;
    const std::shared_ptr<Plan> plan = memory->plan;  // other threads may change memories_ while the GIL is released
    Few<Argument::Scalar, kFew> scalars(count);
    Few<const void*, kFew> inputs(count);
    size_t input = 0;
    for (size_t i = 0; i < count; ++i) {
      const Argument& argument = memory->arguments[i];
      if (argument.is_input()) inputs[input++] = argument.data(given[i], scalars[i]);
    }
    const size_t results = plan->output_types().size();
    py::object output;
    py::tuple all(results == 1 ? 0 : results);
    Few<void*, kFew> memory_of(results);
    for (size_t i = 0; i < results; ++i) {
      py::array array = empty_array(plan->output_types()[i]);
      memory_of[i] = array.mutable_data();
      output = wrapped(std::move(array));
      if (results != 1) all[i] = output;
    }
    bool done = true;
    {
      const InterruptWatch watch(plan->holds_plans());
      const py::gil_scoped_release release;
      if (finite_) {
        done = plan->run_if(all_finite, inputs.data(), memory_of.data());
      } else {
        plan->run(inputs.data(), memory_of.data());
      }
    }
    if (!done) Py_RETURN_NONE;
    return results == 1 ? output.release().ptr() : all.release().ptr();
  }

 private:
  static constexpr size_t kFew = 4, kMostMemories = 32;

  // The array of a wrapped one, NumPy's scalar as a float or an array if it is a tensor, anything else as it is; null
  // where there is a mask.
  py::object plain(const py::handle& object, bool tensor) const {
    static PyObject* const scalar = py::object(py::module_::import("numpy").attr("generic")).release().ptr();
    if (reinterpret_cast<PyObject*>(Py_TYPE(object.ptr())) == wrapper_.ptr()) {
      if (!py::reinterpret_steal<py::object>(PyObject_GetAttr(object.ptr(), mask_.ptr())).is_none()) return {};
      return py::reinterpret_steal<py::object>(PyObject_GetAttr(object.ptr(), array_.ptr()));
    }
    if (tensor && !is_array(object) && PyObject_TypeCheck(object.ptr(), reinterpret_cast<PyTypeObject*>(scalar))) {
      if (PyFloat_Check(object.ptr())) return py::float_(PyFloat_AS_DOUBLE(object.ptr()));
      return py::array::ensure(object);
    }
    return py::reinterpret_borrow<py::object>(object);
  }

  // What the class would make of the array, at a third of the cost of calling it.
  py::object wrapped(py::object array) const {
    if (wrapper_.is_none()) return array;
    auto* type = reinterpret_cast<PyTypeObject*>(wrapper_.ptr());
    auto object = py::reinterpret_steal<py::object>(type->tp_alloc(type, 0));
    if (!object || PyObject_SetAttr(object.ptr(), array_.ptr(), array.ptr()) != 0 ||
        PyObject_SetAttr(object.ptr(), mask_.ptr(), Py_None) != 0) {
      throw py::error_already_set();
    }
    return object;
  }

  void drop_outdated() {
    if (generation_ == g_generation) return;
    memories_.clear();
    generation_ = g_generation;
  }

  const Memory* find(py::object* given, size_t count, size_t positional, PyObject* names) {
    drop_outdated();
    for (size_t m = 0; m < memories_.size(); ++m) {
      if (!memories_[m].fits(given, count, positional, names)) continue;
      if (m == 0) return &memories_[0];
      std::swap(memories_[m - 1], memories_[m]);  // what is called often comes to the front
      return &memories_[m - 1];
    }
    return nullptr;
  }

  py::object wrapper_;
  py::str array_ = py::reinterpret_steal<py::str>(PyUnicode_InternFromString("_array"));
  py::str mask_ = py::reinterpret_steal<py::str>(PyUnicode_InternFromString("_keras_mask"));
  bool finite_;
  size_t tensors_;
  uint64_t generation_ = g_generation;
  std::vector<Memory> memories_;
};

PyObject* call_recall(PyObject* self, PyObject* const* arguments, Py_ssize_t count, PyObject* names) {
  try {
    return static_cast<std::shared_ptr<Recall>*>(PyCapsule_GetPointer(self, nullptr))
        ->get()
        ->call(arguments, static_cast<size_t>(count), names);
  } catch (const py::error_already_set& error) {
    py::error_already_set(error).restore();
  } catch (const Error& error) {
    set_python_error(error);
  } catch (const std::exception& error) {
    PyErr_SetString(PyExc_RuntimeError, error.what());
  }
  return nullptr;
}

}  // namespace

void forget_recalled() {
  ++g_generation;
}

void bind_recall(py::module_& module) {
  py::class_<Recall, std::shared_ptr<Recall>>(module, "Recall", "The plans of earlier calls, found by their arguments.")
      .def(py::init<py::object, bool, size_t>(), py::arg("wrapper") = py::none(), py::arg("finite") = false,
           py::arg("tensors") = SIZE_MAX)
      .def("remember", &Recall::remember, py::arg("arguments"), py::arg("plan"),
           py::arg("reversed") = std::vector<bool>{}, py::arg("keywords") = py::dict())
      .def("forget", &Recall::forget)
      .def_property_readonly("call", [](const std::shared_ptr<Recall>& recall) {
        static PyMethodDef method = {
            "recall", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(&call_recall)),
            METH_FASTCALL | METH_KEYWORDS, "Run the plan remembered for such arguments; None if there is none."};
        const py::capsule self(new std::shared_ptr<Recall>(recall),
                               [](void* pointer) { delete static_cast<std::shared_ptr<Recall>*>(pointer); });
        return py::reinterpret_steal<py::object>(PyCFunction_New(&method, self.ptr()));
      });
  module.def("all_finite", &array_is_finite, py::arg("array"));
  module.def("forget_recalled", &forget_recalled);
  module.def("set_tracing", [](bool tracing) { t_tracing = tracing; }, py::arg("tracing"));
}

}  // namespace lamina::bind
