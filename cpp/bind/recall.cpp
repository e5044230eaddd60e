#include <pybind11/stl.h>

#include <algorithm>
#include <atomic>
#include <bit>

#include "bind/array.h"
#include "bind/interrupt.h"
#include "bind/register.h"
#include "core/error.h"
#include "core/team.h"
#include "core/threads.h"
#include "graph/plan.h"

// The short way from a call on arrays to its plan. Where a plan takes a microsecond, what a call costs beside it
// counts: this one object is called by CPython's vectorcall protocol, not through pybind11.
namespace lamina::bind {

namespace {

// True while this thread describes a graph: calls then add to it, whatever their arguments are.
thread_local bool t_tracing = false;

// How a plan reads an argument: as it is, or reversed, as the transpose that lies contiguous in its memory.
struct Argument {
  TensorType type;  // the plan's input
  int dtype_number;
  bool reversed;

  bool fits(const py::array& array) const {
    constexpr int kAligned = py::detail::npy_api::NPY_ARRAY_ALIGNED_;
    const int needed = reversed ? kAligned | py::array::f_style : kAligned | py::array::c_style;
    const auto& shape = type.shape;
    if ((array.flags() & needed) != needed || array.ndim() != static_cast<py::ssize_t>(shape.size())) return false;
    const py::dtype dtype = array.dtype();
    if (dtype.num() != dtype_number || dtype.byteorder() == '>') return false;
    const py::ssize_t* sizes = array.shape();
    return reversed ? std::equal(shape.rbegin(), shape.rend(), sizes) : std::equal(shape.begin(), shape.end(), sizes);
  }
};

template <typename T, typename Bits>
bool all_finite(const void* data, Range range, Bits exponent) {
  const T* values = static_cast<const T*>(data);
  Bits found = 0;  // without a branch in the loop, which then runs on vectors
  for (int64_t i = range.begin; i < range.end; ++i) {
    const Bits bits = std::bit_cast<Bits>(values[i]) & exponent;
    found |= static_cast<Bits>(bits == exponent);
  }
  return found == 0;
}

bool all_finite(const void* data, const TensorType& type) {
  if (!is_float(type.dtype)) return true;
  constexpr int64_t kWorthATeam = 1 << 16;  // bytes
  std::atomic<bool> finite = true;
  run_team(type.bytes() < kWorthATeam ? 1 : thread_count(), [&](Worker worker, SpinBarrier&) {
    const Range share = worker.share(type.size());
    const bool good = type.dtype == DType::kFloat32 ? all_finite<float, uint32_t>(data, share, 0x7F800000u)
                                                    : all_finite<double, uint64_t>(data, share, 0x7FF0000000000000u);
    if (!good) finite = false;
  });
  return finite;
}

py::array as_array(const py::object& object) {
  return py::reinterpret_borrow<py::array>(object);
}

struct Memory {
  std::shared_ptr<Plan> plan;
  std::vector<Argument> arguments;
};

class Recall {
 public:
  // `wrapper`: a class that holds one array as its attribute `_array`; a call takes arrays and wrapped arrays without a
  // `_keras_mask`, and returns a wrapped one. None: arrays only. `finite`: arrays with NaN or infinity are left to the
  // caller.
  explicit Recall(py::object wrapper, bool finite) : wrapper_(std::move(wrapper)), finite_(finite) {}

  // `reversed`: which arrays the plan takes as their transposes.
  void remember(const py::sequence& arrays, std::shared_ptr<Plan> plan, const std::vector<bool>& reversed) {
    const auto& types = plan->input_types();
    require(arrays.size() == types.size() && types.size() <= kMostArguments && plan->output_types().size() == 1,
            "remember: expected up to ", kMostArguments, " arrays, as many as the plan's inputs, and one output");
    require(reversed.empty() || reversed.size() == arrays.size(), "remember: expected a flag for each array");
    Memory memory{std::move(plan), {}};
    for (size_t i = 0; i < types.size(); ++i) {
      const auto array = py::reinterpret_borrow<py::object>(arrays[i]).cast<py::array>();
      memory.arguments.push_back({types[i], numpy_dtype(types[i].dtype).num(), !reversed.empty() && reversed[i]});
      if (!memory.arguments.back().fits(array)) return;
    }
    py::object plain[kMostArguments];
    for (size_t i = 0; i < types.size(); ++i) plain[i] = arrays[i];
    if (find(plain, types.size()) != nullptr) return;
    if (memories_.size() >= kMostMemories) memories_.pop_back();
    memories_.insert(memories_.begin(), std::move(memory));
  }

  void forget() { memories_.clear(); }

  // A new reference; None where nothing is remembered of such arguments.
  PyObject* call(PyObject* const* arguments, size_t count) {
    py::object arrays[kMostArguments];
    if (t_tracing || count > kMostArguments || !unwrap(arguments, count, arrays)) Py_RETURN_NONE;
    const Memory* memory = find(arrays, count);
    if (memory == nullptr) Py_RETURN_NONE;
    const std::shared_ptr<Plan> plan = memory->plan;  // other threads may change memories_ while the GIL is released
    const void* inputs[kMostArguments];
    for (size_t i = 0; i < count; ++i) inputs[i] = as_array(arrays[i]).data();
    py::array result = empty_array(plan->output_types()[0]);
    void* output = result.mutable_data();
    bool refused = false;
    {
      const InterruptWatch watch(plan->holds_plans());
      const py::gil_scoped_release release;
      for (size_t i = 0; finite_ && i < count; ++i) refused |= !all_finite(inputs[i], plan->input_types()[i]);
      if (!refused) plan->run(inputs, &output);
    }
    if (refused) Py_RETURN_NONE;
    if (wrapper_.is_none()) return result.release().ptr();
    return PyObject_CallOneArg(wrapper_.ptr(), result.ptr());
  }

 private:
  static constexpr size_t kMostArguments = 4, kMostMemories = 32;

  bool unwrap(PyObject* const* arguments, size_t count, py::object* arrays) const {
    static PyObject* const array_type = py::object(py::module_::import("numpy").attr("ndarray")).release().ptr();
    static PyObject* const attribute = PyUnicode_InternFromString("_array");
    static PyObject* const mask = PyUnicode_InternFromString("_keras_mask");
    for (size_t i = 0; i < count; ++i) {
      PyObject* type = reinterpret_cast<PyObject*>(Py_TYPE(arguments[i]));
      auto array = py::reinterpret_borrow<py::object>(arguments[i]);
      if (type == wrapper_.ptr()) {
        if (!py::reinterpret_steal<py::object>(PyObject_GetAttr(arguments[i], mask)).is_none()) return false;
        array = py::reinterpret_steal<py::object>(PyObject_GetAttr(arguments[i], attribute));
      }
      if (reinterpret_cast<PyObject*>(Py_TYPE(array.ptr())) != array_type) return false;
      arrays[i] = std::move(array);
    }
    return true;
  }

  const Memory* find(const py::object* arrays, size_t count) {
    for (size_t m = 0; m < memories_.size(); ++m) {
      const auto& expected = memories_[m].arguments;
      bool fits = expected.size() == count;
      for (size_t i = 0; fits && i < count; ++i) fits = expected[i].fits(as_array(arrays[i]));
      if (!fits) continue;
      if (m == 0) return &memories_[0];
      std::swap(memories_[m - 1], memories_[m]);  // what is called often comes to the front
      return &memories_[m - 1];
    }
    return nullptr;
  }

  py::object wrapper_;
  bool finite_;
  std::vector<Memory> memories_;
};

PyObject* call_recall(PyObject* self, PyObject* const* arguments, Py_ssize_t count) {
  try {
    return static_cast<std::shared_ptr<Recall>*>(PyCapsule_GetPointer(self, nullptr))
        ->get()
        ->call(arguments, static_cast<size_t>(count));
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

void bind_recall(py::module_& module) {
  py::class_<Recall, std::shared_ptr<Recall>>(module, "Recall", "The plans of earlier calls, found by their arguments.")
      .def(py::init<py::object, bool>(), py::arg("wrapper") = py::none(), py::arg("finite") = false)
      .def("remember", &Recall::remember, py::arg("arrays"), py::arg("plan"), py::arg("reversed") = std::vector<bool>{})
      .def("forget", &Recall::forget)
      .def_property_readonly("call", [](const std::shared_ptr<Recall>& recall) {
        static PyMethodDef method = {
            "recall", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(&call_recall)), METH_FASTCALL,
            "Run the plan remembered for such arguments; None if there is none."};
        const py::capsule self(new std::shared_ptr<Recall>(recall),
                               [](void* pointer) { delete static_cast<std::shared_ptr<Recall>*>(pointer); });
        return py::reinterpret_steal<py::object>(PyCFunction_New(&method, self.ptr()));
      });
  module.def("set_tracing", [](bool tracing) { t_tracing = tracing; }, py::arg("tracing"));
}

}  // namespace lamina::bind
