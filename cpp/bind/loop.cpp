#include "graph/loop.h"

#include <limits>

#include "bind/array.h"
#include "bind/interrupt.h"
#include "bind/register.h"
#include "core/error.h"

namespace lamina::bind {

namespace {

// A Loop together with the arrays whose memory it walks over.
class ArrayLoop {
 public:
  ArrayLoop(const std::vector<py::array>& arrays, int64_t batch, const std::shared_ptr<Plan>& plan,
            const std::shared_ptr<Plan>& tail, const std::vector<py::array>& outputs)
      : arrays_(arrays),
        outputs_(outputs),
        rows_(check(arrays, batch, plan, tail, outputs)),
        loop_(row_arrays(arrays), row_arrays(outputs), rows_, batch, plan, tail) {}

  void begin(const std::optional<py::array_t<int64_t, py::array::c_style>>& order, std::optional<uint64_t> seed) {
    require(!(order && seed), "begin: expected an order or a seed, received both");
    if (seed) {
      loop_.begin_shuffled(*seed);
      return;
    }
    std::vector<int64_t> rows;
    if (order) {
      rows.assign(order->data(), order->data() + order->size());
      require(static_cast<int64_t>(rows.size()) == rows_, "begin: expected an order of ", rows_, " rows, received ",
              rows.size());
      for (const int64_t row : rows) require(row >= 0 && row < rows_, "begin: no row ", row, " among ", rows_);
    }
    loop_.begin(std::move(rows));
  }

  int64_t run(int64_t batches, double seconds) {
    const InterruptWatch watch;
    const py::gil_scoped_release release;
    return loop_.run(batches, seconds);
  }

  py::array run_epochs(int64_t epochs, std::optional<uint64_t> seed, Plan& finish, double seconds) {
    require(finish.input_types().empty(), "run_epochs: expected a finish plan without inputs");
    for (const TensorType& type : finish.output_types()) {
      require(type == TensorType{DType::kFloat64, {}},
              "run_epochs: expected float64 scalars from the finish plan, received ", to_string(type));
    }
    std::vector<double> logs;
    int64_t done = 0;
    {
      const InterruptWatch watch;
      const py::gil_scoped_release release;
      done = loop_.run_epochs(epochs, seed, finish, seconds, logs);
    }
    const int64_t columns = static_cast<int64_t>(finish.output_types().size());
    py::array_t<double> result({done, columns});
    std::copy(logs.begin(), logs.end(), result.mutable_data());
    return result;
  }

 private:
  static std::vector<RowArray> row_arrays(const std::vector<py::array>& arrays) {
    std::vector<RowArray> rows;
    for (const py::array& array : arrays) {
      int64_t bytes = array.itemsize();
      for (py::ssize_t axis = 1; axis < array.ndim(); ++axis) bytes *= array.shape(axis);
      rows.push_back({static_cast<const char*>(array.data()), bytes});
    }
    return rows;
  }

  // Everything that could go wrong later goes wrong here; returns the number of rows.
  static int64_t check(const std::vector<py::array>& arrays, int64_t batch, const std::shared_ptr<Plan>& plan,
                       const std::shared_ptr<Plan>& tail, const std::vector<py::array>& outputs) {
    require(!arrays.empty() && batch > 0 && plan != nullptr, "Loop: expected arrays, a positive batch and a plan");
    require(arrays[0].ndim() > 0, "Loop: expected arrays with rows, received a scalar");
    const int64_t rows = arrays[0].shape(0);
    require(rows > 0, "Loop: expected at least one row");
    require(rows >= batch || tail != nullptr, "Loop: ", rows, " rows are fewer than a batch of ", batch,
            " and there is no plan for a short batch");
    require(rows % batch == 0 || tail != nullptr, "Loop: no plan for the last ", rows % batch, " rows");
    check_plan(*plan, batch, arrays, outputs, rows);
    if (tail && rows % batch != 0) check_plan(*tail, rows % batch, arrays, outputs, rows);
    for (const py::array& array : outputs) require(array.writeable(), "Loop: expected writeable outputs");
    return rows;
  }

  static void check_plan(const Plan& plan, int64_t batch, const std::vector<py::array>& arrays,
                         const std::vector<py::array>& outputs, int64_t rows) {
    check_arrays("input", plan.input_types(), arrays, batch, rows);
    if (!outputs.empty()) check_arrays("output", plan.output_types(), outputs, batch, rows);
  }

  static void check_arrays(const char* role, const std::vector<TensorType>& types, const std::vector<py::array>& arrays,
                           int64_t batch, int64_t rows) {
    require(types.size() == arrays.size(), "Loop: expected ", types.size(), " ", role, " arrays, received ",
            arrays.size());
    for (size_t i = 0; i < arrays.size(); ++i) {
      const TensorType received = type_of_array(arrays[i]);
      TensorType expected = types[i];
      if (expected.shape.empty() || expected.shape[0] != batch) {
        fail("Loop: ", role, " ", i, " of the plan is ", to_string(expected), ", not a batch of ", batch, " rows");
      }
      expected.shape[0] = rows;
      if (received != expected) {
        fail("Loop: expected ", role, " ", i, " to be ", to_string(expected), ", received ", to_string(received));
      }
      require(is_plain(arrays[i]), "Loop: expected ", role, " ", i, " to be C-contiguous and aligned");
    }
  }

  std::vector<py::array> arrays_, outputs_;
  int64_t rows_;
  Loop loop_;
};

}  // namespace

void bind_loop(py::module_& module) {
  constexpr int64_t kAll = std::numeric_limits<int64_t>::max();
  constexpr double kForever = 1e9;
  py::class_<ArrayLoop>(module, "Loop", "Runs plans over batches of rows of arrays.")
      .def(py::init<const std::vector<py::array>&, int64_t, const std::shared_ptr<Plan>&, const std::shared_ptr<Plan>&,
                    const std::vector<py::array>&>(),
           py::arg("arrays"), py::arg("batch"), py::arg("plan"), py::arg("tail") = py::none(),
           py::arg("outputs") = std::vector<py::array>{})
      .def("begin", &ArrayLoop::begin, py::arg("order") = py::none(), py::arg("seed") = py::none())
      .def("run", &ArrayLoop::run, py::arg("batches") = kAll, py::arg("seconds") = kForever)
      .def("run_epochs", &ArrayLoop::run_epochs, py::arg("epochs"), py::arg("seed"), py::arg("finish"),
           py::arg("seconds") = kForever);
}

}  // namespace lamina::bind
