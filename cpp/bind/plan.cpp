#include "graph/plan.h"

#include "bind/attributes.h"
#include "bind/few.h"
#include "bind/interrupt.h"
#include "bind/register.h"
#include "bind/run.h"
#include "core/error.h"

namespace lamina::bind {

namespace {

bool fits(const py::array& array, const TensorType& type) {
  return array.ndim() == type.rank() && std::equal(type.shape.begin(), type.shape.end(), array.shape()) &&
         dtype_of_array(array) == type.dtype;
}

std::shared_ptr<Plan> plan_of(const std::string& op, const py::sequence& inputs, const py::dict& attributes) {
  Graph graph;
  std::vector<Value> values;
  for (const py::handle item : inputs) values.push_back(graph.input(type_of_array(item.cast<py::array>())));
  return std::make_shared<Plan>(graph, graph.apply(op, values, to_attributes(attributes)));
}

py::list apply_op(const std::string& op, const py::sequence& inputs, const py::dict& attributes) {
  return run_plan(*plan_of(op, inputs, attributes), inputs);
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

namespace {

// The pointers of one call, checked against the plan's types; keeps alive the copies of what was
// no contiguous array.
class Call {
 public:
  Call(const Plan& plan, const py::sequence& inputs)
      : results(plan.output_types().size()), inputs_(inputs.size()), outputs_(results.size()) {
    const auto& types = plan.input_types();
    require(inputs.size() == types.size(), "run: expected ", types.size(), " inputs, received ", inputs.size());
    for (size_t i = 0; i < types.size(); ++i) {
      const auto item = py::reinterpret_borrow<py::object>(inputs[i]);
      const auto array = item.cast<py::array>();
      if (!fits(array, types[i])) {
        fail("run: expected input ", i, " to be ", to_string(types[i]), ", received ", to_string(type_of_array(array)));
      }
      const bool as_it_is = is_plain(array) && array.is(item);  // and not a number's copy
      if (!as_it_is) copies_.push_back(contiguous(array));
      inputs_[i] = as_it_is ? array.data() : copies_.back().data();
    }
    for (size_t i = 0; i < results.size(); ++i) {
      py::array result = empty_array(plan.output_types()[i]);
      outputs_[i] = result.mutable_data();
      results[i] = std::move(result);
    }
  }

  const void** inputs() { return inputs_.data(); }
  void** outputs() { return outputs_.data(); }

  py::list results;

 private:
  Few<const void*, 16> inputs_;
  Few<void*, 16> outputs_;
  std::vector<py::array> copies_;
};

std::vector<std::pair<std::string, double>> profile(Plan& plan, const py::sequence& inputs, int repeats, int workers) {
  require(repeats > 0, "profile: expected a positive number of repeats, received ", repeats);
  require(workers > 0, "profile: expected a positive number of workers, received ", workers);
  Call call(plan, inputs);
  const std::vector<double> times = plan.profile(call.inputs(), call.outputs(), repeats, workers);
  std::vector<std::pair<std::string, double>> lines;
  for (size_t i = 0; i < times.size(); ++i) lines.emplace_back(plan.steps()[i].op, times[i]);
  return lines;
}

}  // namespace

py::list run_plan(Plan& plan, const py::sequence& inputs) {
  Call call(plan, inputs);
  {
    const InterruptWatch watch(plan.holds_plans());
    const py::gil_scoped_release release;
    plan.run(call.inputs(), call.outputs());
  }
  return call.results;
}

void bind_plan(py::module_& module) {
  py::class_<Plan, std::shared_ptr<Plan>>(module, "Plan", "A compiled graph: a list of steps over planned memory.")
      .def("run", &run_plan, py::arg("inputs"))
      .def("profile", &profile, py::arg("inputs"), py::arg("repeats") = 100, py::arg("workers") = 1)
      .def_property_readonly("steps", &describe_steps)
      .def_property_readonly("arena_bytes", &Plan::arena_bytes)
      .def_property_readonly("live_bytes", &Plan::live_bytes)
      .def_property_readonly("workers", &Plan::workers);
  module.def("plan_of", &plan_of, py::arg("op"), py::arg("inputs"), py::arg("attributes") = py::dict());
  module.def("apply", &apply_op, py::arg("op"), py::arg("inputs"), py::arg("attributes") = py::dict(),
             "Compute one op on arrays at once.");
}

}  // namespace lamina::bind
