#include "ops/matmul/stationary.h"

#include <algorithm>

#include "kernels/dispatch.h"

namespace lamina {

template <typename T>
StepKernel prepare_stationary(const NodeInfo& info, const Product<T>& product, const Epilogue<T>& epilogue) {
  const int64_t m = product.m(), n = product.n(), blocks = product.depth_blocks();
  const int most = static_cast<int>(std::min<int64_t>(info.workers, blocks));
  const int64_t partial_size = m * n;  // the sum of one block

  StepKernel kernel;
  kernel.nanoseconds = product.nanoseconds();
  kernel.phases = 2;
  kernel.most_workers = most;
  kernel.scratch_bytes = static_cast<int64_t>(sizeof(T)) * (blocks * partial_size + most * product.scratch_size());
  // Blocks are added in order, whoever has computed them: the first worker adds his to C at once, as one worker alone
  // would with all, and the others put theirs aside.
  kernel.run = [=, add = kernels().binary.of(T{}).function[binary::add]](const StepData& data, Worker worker,
                                                                         int phase) {
    T* c = data.out<T>();
    T* partial = data.scratch<T>();
    if (phase == 0) {
      Epilogue<T> after = epilogue.at(data);
      if (worker.count > 1) after.activation = nullptr;
      T* scratch = partial + blocks * partial_size + data.seat() * product.scratch_size();
      const Range mine = worker.share(blocks);
      if (worker.index == 0) {
        product.run_depth(data.in<T>(0), data.in<T>(1), c, n, after, {0, m}, {0, n}, mine, scratch, worker.soon);
        return;
      }
      for (int64_t b = mine.begin; b < mine.end; ++b) {
        product.run_depth(data.in<T>(0), data.in<T>(1), partial + b * partial_size, n, after, {0, m}, {0, n},
                          {b, b + 1}, scratch, worker.soon);
      }
      return;
    }
    if (worker.count == 1) return;
    const Range rows = worker.share(m);
    T* to = c + rows.begin * n;
    const int64_t count = rows.size() * n;
    for (int64_t b = Worker{0, worker.count}.share(blocks).end; b < blocks; ++b) {
      add({to, 0, 1}, {partial + b * partial_size + rows.begin * n, 0, 1}, to, 1, count);
    }
    if (epilogue.activation != nullptr) epilogue.activation(to, to, count, epilogue.parameters.data());
  };
  return kernel;
}

template StepKernel prepare_stationary(const NodeInfo&, const Product<float>&, const Epilogue<float>&);
template StepKernel prepare_stationary(const NodeInfo&, const Product<double>&, const Epilogue<double>&);

}  // namespace lamina
