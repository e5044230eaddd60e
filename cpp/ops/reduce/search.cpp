#include <algorithm>

#include "graph/graph.h"
#include "ops/checks.h"
#include "ops/register.h"

// searchsorted(sequence, values; right): how many of an ascending sequence are less than each value, or not greater.
namespace lamina {
namespace {

std::vector<TensorType> infer_searchsorted(const NodeInfo& info) {
  require_inputs(info, 2);
  require_same_dtype(info, 0, 1);
  require(info.inputs[0].rank() == 1, "searchsorted: expected a vector to search in, received ",
          to_string(info.inputs[0]));
  info.attr().flag("right");
  return {{DType::kInt32, info.inputs[1].shape}};
}

StepKernel prepare_searchsorted(const NodeInfo& info) {
  const int64_t count = info.inputs[0].size(), size = info.inputs[1].size();
  const bool right = info.attr().flag("right");
  StepKernel kernel;
  kernel.nanoseconds = io_ns(info, 10.0);
  visit_dtype(info.inputs[0].dtype, [&](auto item) {
    using T = decltype(item);
    kernel.run = [count, size, right](const StepData& data, Worker worker, int) {
      const T* sequence = data.in<T>(0);
      const T* values = data.in<T>(1);
      int32_t* out = data.out<int32_t>();
      // NaN is larger than every number, as in sorting.
      const auto less = [](T a, T b) { return a < b || (b != b && a == a); };
      const Range range = worker.share(size, 16);
      for (int64_t i = range.begin; i < range.end; ++i) {
        const T* at = right ? std::upper_bound(sequence, sequence + count, values[i], less)
                            : std::lower_bound(sequence, sequence + count, values[i], less);
        out[i] = static_cast<int32_t>(at - sequence);
      }
    };
  });
  return kernel;
}

}  // namespace

void register_search_ops() {
  register_op({"searchsorted", infer_searchsorted, prepare_searchsorted});
}

}  // namespace lamina
