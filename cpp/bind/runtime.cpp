#include <pybind11/stl.h>

#include <atomic>

#include "bind/recall.h"
#include "bind/register.h"
#include "core/team.h"
#include "core/threads.h"
#include "graph/blockwise.h"
#include "graph/op.h"
#include "graph/plan.h"
#include "kernels/dispatch.h"

namespace lamina::bind {

namespace py = pybind11;

namespace {

std::map<std::string, std::string> build_info() {
  return {{"version", LAMINA_VERSION},
#if defined(__clang__)
          {"compiler", "Clang " __clang_version__},
#else
          {"compiler", "GCC " __VERSION__},
#endif
          {"flags", LAMINA_BUILD_FLAGS}};
}

// All threads at once: what the machine gives, not what one core could alone.
double fma_peak(double seconds) {
  const py::gil_scoped_release release;
  std::atomic<double> total{0};
  run_team(thread_count(), [&](Worker worker, SpinBarrier& barrier) {
    barrier.wait(worker.count);
    total.fetch_add(kernels().gemm.of(float{}).fma_peak(seconds));
  });
  return total;
}

}  // namespace

void bind_runtime(py::module_& module) {
  module.def("op_names", &op_names);
  module.def("set_num_threads", &set_thread_count, py::arg("count"));
  module.def("get_num_threads", &thread_count);
  module.def("thread_reason", &thread_reason);
  module.def("set_parallel_grain", &set_parallel_grain, py::arg("nanoseconds"));
  module.def("set_block_rows", &set_block_rows, py::arg("rows"));
  module.def("isa", [] { return kernels().isa; });
  module.def("available_isas", &available_isas);
  module.def(
      "set_isa",
      [](const std::string& name) {
        set_isa(name);
        forget_recalled();
      },
      py::arg("name"));
  module.def("fma_peak", &fma_peak, py::arg("seconds"));
  module.def("build_info", &build_info);
}

}  // namespace lamina::bind
