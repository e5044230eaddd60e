#include "ops/convolution/input_grad.h"

#include <numeric>

namespace lamina {

namespace {

// Lines of dx that stay in the second cache while the taps along the width add to them.
constexpr int64_t kBlockBytes = 128 * 1024;

}  // namespace

template <typename T>
ConvInputGrad<T>::ConvInputGrad(const ConvSizes& sizes, const GemmKernels<T>& kernels)
    : sizes_(sizes), kernels_(&kernels), tiles_(kernels, sizes.width().output, sizes.groups, sizes.group_channels()) {
  order_taps();
}

// A line sees tap t from output (line + before - t * dilation) / stride where that is whole: the taps of a line are
// `step` apart, and those that have their remainder in common are made neighbours.
template <typename T>
void ConvInputGrad<T>::order_taps() {
  const WindowAxis& h = sizes_.height();
  const int64_t step = h.stride / std::gcd(h.stride, h.dilation);
  output_step_ = h.dilation * step / h.stride;
  for (int64_t remainder = 0; remainder < step; ++remainder) {
    for (int64_t t = remainder; t < h.size; t += step) tap_order_.push_back(t);
  }
  for (int64_t line = 0; line < h.input; ++line) {
    LineTaps taps = {0, 0, 0};
    for (int64_t i = 0; i < h.size; ++i) {
      const int64_t at = line + h.before - tap_order_[i] * h.dilation;
      if (at < 0 || at % h.stride != 0 || at / h.stride >= h.output) continue;
      if (taps.count++ == 0) taps = {i, 1, at / h.stride};
    }
    line_taps_.push_back(taps);
  }
}

// Kernels lie in the order (panel, width, depth, height) of their taps.
template <typename T>
void ConvInputGrad<T>::pack(const T* w, T* packed, Range kernels) const {
  const int64_t height = sizes_.height().size, depth = sizes_.depth().size, width = sizes_.width().size;
  const int64_t filters = sizes_.group_filters();
  for (int64_t i = kernels.begin; i < kernels.end; ++i) {
    const Panel& panel = tiles_.panels()[i / sizes_.taps()];
    const int64_t z = i / height % depth, y = tap_order_[i % height], x = i / height / depth % width;
    const int64_t row = ((z * height + y) * width + x) * sizes_.group_channels() + panel.column;
    kernels_->pack_transposed(w + row * sizes_.filters + panel.group * filters, sizes_.filters, filters, panel.count,
                              packed + i * filters * tiles_.width(), tiles_.width());
  }
}

template <typename T>
void ConvInputGrad<T>::run(const T* dy, const T* packed, T* dx, const Epilogue<T>& epilogue, Range positions,
                           Range panels) const {
  const int64_t columns = sizes_.width().input, lines = sizes_.height().input, depths = sizes_.depth().input;
  const int64_t line_bytes = columns * sizes_.channels * static_cast<int64_t>(sizeof(T));
  const int64_t most = std::max<int64_t>(kBlockBytes / std::max<int64_t>(line_bytes, 1), 1);
  visit_blocks(positions, depths, lines, columns, most, [&](const ConvBlock& block, int64_t position) {
    run_block(dy, packed, dx + position * sizes_.channels, epilogue, block, panels);
  });
}

template <typename T>
void ConvInputGrad<T>::run_block(const T* dy, const T* packed, T* dx, const Epilogue<T>& epilogue,
                                 const ConvBlock& block, Range panels) const {
  const int64_t rows = block.lines * (block.end - block.begin), channels = sizes_.channels;
  const int64_t kernel_size = sizes_.group_filters() * tiles_.width(), taps = sizes_.taps();
  const int64_t slice = taps / sizes_.width().size;  // taps that have their place along the width in common
  for (int64_t p = panels.begin; p < panels.end; ++p) {
    const Panel& panel = tiles_.panels()[p];
    const int64_t channel = panel.group * sizes_.group_channels() + panel.column;
    T* c = dx + channel;
    for (int64_t row = 0; row < rows; ++row) {
      if (epilogue.bias == nullptr) {
        std::fill_n(c + row * channels, panel.count, T(0));
      } else {
        std::copy_n(epilogue.bias + channel, panel.count, c + row * channels);
      }
    }
    const T* from = dy + panel.group * sizes_.group_filters();
    for (int64_t tap = 0; tap < sizes_.width().size; ++tap) {
      add_tap(from, packed + (p * taps + tap * slice) * kernel_size, c, block, panel, tap);
    }
    epilogue.finish(c, rows, panel.count, channels);
  }
}

template <typename T>
void ConvInputGrad<T>::add_tap(const T* dy, const T* packed, T* dx, const ConvBlock& block, const Panel& panel,
                               int64_t tap) const {
  const WindowAxis &d = sizes_.depth(), &h = sizes_.height(), &w = sizes_.width();
  const int64_t columns = block.end - block.begin, line = w.output * sizes_.filters;
  const Range outputs = w.outputs(tap, {block.begin, block.end});
  if (outputs.size() == 0) return;
  GemmTask<T> task = {};
  task.k = sizes_.group_filters();
  task.a_step = 1;
  task.a_row = sizes_.filters;
  task.a_run = -output_step_ * line;
  task.b_step = tiles_.width();
  task.c_row = task.start_row = w.stride * sizes_.channels;
  const int64_t first =
      w.begin(outputs.begin) + tap * w.dilation - block.begin;  // column that the first output adds to
  for (int64_t z = 0; z < d.size; ++z) {
    const int64_t at = block.depth + d.before - z * d.dilation;
    if (at < 0 || at % d.stride != 0 || at / d.stride >= d.output) continue;
    const int64_t slice = (block.sample * d.output + at / d.stride) * h.output;
    for (int64_t i = 0; i < block.lines; ++i) {
      const LineTaps& taps = line_taps_[block.line + i];
      if (taps.count == 0) continue;
      task.runs = taps.count;
      task.a = dy + (slice + taps.output) * line + outputs.begin * sizes_.filters;
      task.b = packed + (z * h.size + taps.first) * task.k * tiles_.width();
      task.c = dx + (i * columns + first) * sizes_.channels;
      task.start = task.c;
      tiles_.run(task, outputs.size(), panel.count);
    }
  }
}

template class ConvInputGrad<float>;
template class ConvInputGrad<double>;

}  // namespace lamina
