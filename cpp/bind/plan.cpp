#include "graph/plan.h"

#include <array>

#include "bind/register.h"
#include "bind/attributes.h"
#include "bind/run.h"
#include "core/error.h"
#include "graph/eager.h"

namespace lamina::bind {

namespace {

bool fits(const py::array& array, const TensorType& type) {
  return array.ndim() == type.rank() && std::equal(type.shape.begin(), type.shape.end(), array.shape()) &&
         dtype_of_array(array) == type.dtype;
}

py::list apply(const std::string& op, const py::sequence& inputs, const py::dict& attributes) {
  std::vector<TensorType> types;
  for (const py::handle item : inputs) types.push_back(type_of_array(item.cast<py::array>()));
  return run_plan(*eager_plan(op, types, to_attributes(attributes)), inputs);
}

std::vector<std::string> describe_steps(const Plan& plan) {
  std::vector<std::string> lines;
  for (const Step& step : plan.steps()) {
    lines.push_back(concat(step.barrier ? "| " : "  ", step.op, " (about ", step.kernel.nanoseconds, " ns, up to ",
                           step.workers, step.workers == 1 ? " worker)" : " workers)"));
  }
  return lines;
}

}  // namespace

py::list run_plan(Plan& plan, const py::sequence& inputs) {
  const auto& types = plan.input_types();
  require(inputs.size() == types.size(), "run: expected ", types.size(), " inputs, received ", inputs.size());
  constexpr size_t kFew = 16;  // no allocation for the pointers of an ordinary call
  std::array<const void*, kFew> few_inputs;
  std::array<void*, kFew> few_outputs;
  std::vector<const void*> many_inputs(types.size() > kFew ? types.size() : 0);
  std::vector<void*> many_outputs(plan.output_types().size() > kFew ? plan.output_types().size() : 0);
  const void** in = many_inputs.empty() ? few_inputs.data() : many_inputs.data();
  void** out = many_outputs.empty() ? few_outputs.data() : many_outputs.data();

  std::vector<py::array> copies;  // of inputs that are not contiguous
  for (size_t i = 0; i < types.size(); ++i) {
    const auto array = py::reinterpret_borrow<py::object>(inputs[i]).cast<py::array>();
    if (!fits(array, types[i])) {
      fail("run: expected input ", i, " to be ", to_string(types[i]), ", received ", to_string(type_of_array(array)));
    }
    if (array.flags() & py::array::c_style) {
      in[i] = array.data();
    } else {
      copies.push_back(contiguous(array));
      in[i] = copies.back().data();
    }
  }
  py::list results(plan.output_types().size());
  for (size_t i = 0; i < results.size(); ++i) {
    py::array result = empty_array(plan.output_types()[i]);
    out[i] = result.mutable_data();
    results[i] = std::move(result);
  }
  {
    const py::gil_scoped_release release;
    plan.run(in, out);
  }
  return results;
}

void bind_plan(py::module_& module) {
  py::class_<Plan, std::shared_ptr<Plan>>(module, "Plan", "A compiled graph: a list of steps over planned memory.")
      .def("run", &run_plan, py::arg("inputs"))
      .def_property_readonly("steps", &describe_steps)
      .def_property_readonly("arena_bytes", &Plan::arena_bytes)
      .def_property_readonly("workers", &Plan::workers);
  module.def("apply", &apply, py::arg("op"), py::arg("inputs"), py::arg("attributes") = py::dict(),
             "Compute one op on arrays at once.");
}

}  // namespace lamina::bind
