#include "ops/convolution/steps.h"

#include "kernels/dispatch.h"
#include "ops/convolution/depthwise.h"
#include "ops/convolution/forward.h"
#include "ops/convolution/input_grad.h"
#include "ops/convolution/kernel_grad.h"
#include "ops/convolution/pooled.h"

namespace lamina {

namespace {

// How many of `workers` share the panels; the others share the positions. What a worker reads of the kernel counts as
// some more positions, what it reads of the inputs as part of a panel.
int panel_workers(int64_t positions, int64_t panels, int workers) {
  constexpr double kKernelCost = 8, kInputCost = 0.1;
  int best = 1;
  double least = 0;
  for (int across = 1; across <= std::min<int64_t>(workers, panels); ++across) {
    if (workers % across != 0) continue;
    const auto rows = static_cast<double>(divide_up(positions, workers / across));
    const double cost = (rows + kKernelCost) * (static_cast<double>(divide_up(panels, across)) + kInputCost);
    if (across == 1 || cost < least) {
      least = cost;
      best = across;
    }
  }
  return best;
}

struct Shares {
  Range positions, panels;
  Shares(int64_t all_positions, int64_t all_panels, Worker worker) {
    const int across = panel_workers(all_positions, all_panels, worker.count);
    positions = Worker{worker.index / across, worker.count / across}.share(all_positions);
    panels = Worker{worker.index % across, across}.share(all_panels);
  }
};

template <typename T>
StepKernel prepare_forward(const NodeInfo& info, const ConvSizes& sizes) {
  const ConvForward<T> conv(sizes, kernels().gemm.of(T{}));
  const Epilogue<T> epilogue = epilogue_of<T>(info);
  const bool packs = conv.packed_size() > 0;
  StepKernel kernel;
  kernel.nanoseconds = conv_nanoseconds<T>(sizes) + epilogue_ns(info);
  kernel.phases = packs ? 2 : 1;
  kernel.scratch_bytes = (conv.packed_size() + conv.scratch_size() * info.workers) * static_cast<int64_t>(sizeof(T));
  kernel.in_pieces = true;
  kernel.run = [=](const StepData& data, Worker worker, int phase) {
    T* packed = data.scratch<T>();
    if (packs && phase == 0) return conv.pack(data.in<T>(1), packed, worker.share(conv.panels()));
    const Epilogue<T> after = epilogue.at(data);
    const Shares mine(conv.positions(), conv.panels(), worker);
    conv.run(data.in<T>(0), packs ? packed : data.in<T>(1), data.out<T>() + mine.positions.begin * sizes.filters, after,
             mine.positions, mine.panels, packed + conv.packed_size() + data.seat() * conv.scratch_size());
  };
  return kernel;
}

template <typename T>
StepKernel prepare_max_pool(const NodeInfo& info, const ConvSizes& sizes) {
  const ConvForward<T> conv(sizes, kernels().gemm.of(T{}));
  const ConvMaxPool<T> pool(conv, info.outputs[0].shape, info.attr().integers("pool"), kernels().pool.of(T{}));
  const Epilogue<T> epilogue = epilogue_of<T>(info);
  const bool packs = conv.packed_size() > 0, wants_where = info.is_read(1);
  StepKernel kernel;
  kernel.nanoseconds = conv_nanoseconds<T>(sizes) + epilogue_ns(info) + io_ns(info);
  kernel.phases = packs ? 2 : 1;
  kernel.scratch_bytes = (conv.packed_size() + pool.scratch_size() * info.workers) * static_cast<int64_t>(sizeof(T));
  kernel.in_pieces = true;
  kernel.run = [=](const StepData& data, Worker worker, int phase) {
    T* packed = data.scratch<T>();
    if (packs && phase == 0) return conv.pack(data.in<T>(1), packed, worker.share(conv.panels()));
    pool.run(data.in<T>(0), packs ? packed : data.in<T>(1), data.out<T>(), wants_where ? data.out<uint8_t>(1) : nullptr,
             epilogue.at(data), worker.share(pool.lines()),
             packed + conv.packed_size() + data.seat() * pool.scratch_size());
  };
  return kernel;
}

template <typename T>
StepKernel prepare_input_grad(const NodeInfo& info, const ConvSizes& sizes) {
  const ConvInputGrad<T> conv(sizes, kernels().gemm.of(T{}));
  const Epilogue<T> epilogue = epilogue_of<T>(info);
  StepKernel kernel;
  kernel.nanoseconds = conv_nanoseconds<T>(sizes) + epilogue_ns(info);
  kernel.phases = 2;
  kernel.scratch_bytes = conv.packed_size() * static_cast<int64_t>(sizeof(T));
  kernel.in_pieces = true;
  kernel.run = [=](const StepData& data, Worker worker, int phase) {
    T* packed = data.scratch<T>();
    if (phase == 0) return conv.pack(data.in<T>(1), packed, worker.share(conv.kernels()));
    const Epilogue<T> after = epilogue.at(data);
    const Shares mine(conv.positions(), conv.panels(), worker);
    conv.run(data.in<T>(0), packed, data.out<T>(), after, mine.positions, mine.panels);
  };
  return kernel;
}

// The same for each class of kernel gradients.
template <typename T, typename Conv>
StepKernel prepare_kernel_grad(const Conv& conv, double nanoseconds, int workers) {
  const auto add = kernels().binary.of(T{}).function[binary::add];
  const int64_t chunks = conv.chunks(), partial_size = chunks > 1 ? chunks * conv.size() : 0;
  StepKernel kernel;
  kernel.nanoseconds = nanoseconds;
  kernel.phases = chunks > 1 ? 2 : 1;
  kernel.scratch_bytes = (partial_size + conv.scratch_size() * workers) * static_cast<int64_t>(sizeof(T));
  kernel.run = [=](const StepData& data, Worker worker, int phase) {
    T* partial = data.scratch<T>();  // (chunks, kernel)
    if (phase == 0) {
      conv.run(data.in<T>(0), data.in<T>(1), chunks > 1 ? partial : data.out<T>(), worker.share(conv.units()),
               partial + partial_size + data.seat() * conv.scratch_size());
      return;
    }
    const Range mine = worker.share(conv.size(), 16);
    T* sum = data.out<T>() + mine.begin;
    std::copy_n(partial + mine.begin, mine.size(), sum);
    for (int64_t chunk = 1; chunk < chunks; ++chunk) {
      add({sum, 0, 1}, {partial + chunk * conv.size() + mine.begin, 0, 1}, sum, 1, mine.size());
    }
  };
  return kernel;
}

// y from x, or dx from dy.
template <typename T>
StepKernel prepare_depthwise(const NodeInfo& info, const ConvSizes& sizes, DepthwiseView::Of of) {
  const DepthwiseForward<T> conv(sizes, of, kernels().depthwise.of(T{}));
  const Epilogue<T> epilogue = epilogue_of<T>(info);
  StepKernel kernel;
  kernel.nanoseconds = depthwise_nanoseconds<T>(sizes) + epilogue_ns(info);
  kernel.scratch_bytes = conv.scratch_size() * info.workers * static_cast<int64_t>(sizeof(T));
  kernel.in_pieces = true;
  kernel.run = [=](const StepData& data, Worker worker, int) {
    const Epilogue<T> after = epilogue.at(data);
    conv.run(data.in<T>(0), data.in<T>(1), data.out<T>(), after, worker.share(conv.lines()),
             data.scratch<T>() + data.seat() * conv.scratch_size());
  };
  return kernel;
}

}  // namespace

StepKernel conv_step(const NodeInfo& info, const ConvSizes& sizes) {
  return visit_float(info.inputs[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    if (is_depthwise(sizes)) return prepare_depthwise<T>(info, sizes, DepthwiseView::Of::kOutputs);
    return prepare_forward<T>(info, sizes);
  });
}

StepKernel conv_max_pool_step(const NodeInfo& info, const ConvSizes& sizes) {
  return visit_float(info.inputs[0].dtype, [&](auto zero) { return prepare_max_pool<decltype(zero)>(info, sizes); });
}

StepKernel conv_input_grad_step(const NodeInfo& info, const ConvSizes& sizes) {
  return visit_float(info.inputs[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    if (is_depthwise(sizes)) return prepare_depthwise<T>(info, sizes, DepthwiseView::Of::kInputs);
    return prepare_input_grad<T>(info, sizes);
  });
}

StepKernel conv_kernel_grad_step(const NodeInfo& info, const ConvSizes& sizes) {
  return visit_float(info.inputs[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    if (is_depthwise(sizes)) {
      const DepthwiseKernelGrad<T> conv(sizes, kernels().depthwise.of(T{}));
      return prepare_kernel_grad<T>(conv, depthwise_nanoseconds<T>(sizes), info.workers);
    }
    const ConvKernelGrad<T> conv(sizes, kernels().gemm.of(T{}));
    return prepare_kernel_grad<T>(conv, conv_nanoseconds<T>(sizes), info.workers);
  });
}

}  // namespace lamina
