#include "ops/convolution/kernel_grad.h"

namespace lamina {

namespace {

// The second cache keeps the inputs and the output gradients of a block of lines.
constexpr int64_t kBandBytes = 128 * 1024;
// So many units of work occupy the workers of any machine this is meant for.
constexpr int64_t kEnoughUnits = 48;
// Chunks let few workers read the samples that they themselves have just written, where that outweighs the chunks'
// sums.
constexpr int64_t kLocalChunks = 4, kReadPerSum = 4;

Level inner_run(const ConvSizes& sizes) {
  return merged({{sizes.group_channels(), 1}, {sizes.width().size, sizes.width().dilation * sizes.channels}}).front();
}

// Bounded by what a line of inputs or of output gradients takes.
int64_t band_bytes(const ConvSizes& sizes) {
  const int64_t input = sizes.height().stride * sizes.width().input * sizes.channels;
  const int64_t output = sizes.width().output * sizes.filters;
  return output > input ? kBandBytes * std::max<int64_t>(input, 1) / output : kBandBytes;
}

}  // namespace

template <typename T>
ConvKernelGrad<T>::ConvKernelGrad(const ConvSizes& sizes, const GemmKernels<T>& kernels)
    : sizes_(sizes),
      kernels_(&kernels),
      tiles_(kernels, inner_run(sizes).size, sizes.groups, sizes.group_filters()),
      band_(sizes, band_bytes(sizes)) {
  cut_rows();
  const int64_t seen = sizes.batch * (sizes.inputs() * sizes.channels + sizes.outputs() * sizes.filters);
  const int64_t local = seen / kReadPerSum > size() * kLocalChunks ? kLocalChunks : 1;
  chunks_ = std::max(local, divide_up(kEnoughUnits, units_per_chunk()));
  chunks_ = std::clamp<int64_t>(chunks_, 1, std::max<int64_t>(sizes.batch, 1));
  if (sizes.filters > tiles_.width()) packed_size_ = band_.lines() * sizes.width().output * tiles_.width();
}

template <typename T>
void ConvKernelGrad<T>::cut_rows() {
  const WindowAxis &d = sizes_.depth(), &h = sizes_.height(), &w = sizes_.width();
  std::vector<Level> levels = merged({{sizes_.group_channels(), 1},
                                      {w.size, w.dilation * sizes_.channels},
                                      {h.size, h.dilation * band_.row()},
                                      {d.size, band_.tap()}});
  levels.resize(4, {1, 0});
  const Level run = levels[0];
  row_stride_ = run.stride;
  const int64_t tiles = divide_up(run.size, tiles_.max_rows());
  int64_t row = 0;
  for (int64_t i = 0; i < levels[1].size * levels[2].size * levels[3].size; ++i) {
    const int64_t inner = i % levels[1].size, middle = i / levels[1].size % levels[2].size;
    const int64_t outer = i / levels[1].size / levels[2].size;
    const int64_t offset = inner * levels[1].stride + middle * levels[2].stride + outer * levels[3].stride;
    for (int64_t t = 0; t < tiles; ++t) {
      const int64_t begin = run.size * t / tiles, end = run.size * (t + 1) / tiles;
      rows_.push_back({row + begin, end - begin, offset + begin * run.stride});
    }
    row += run.size;
  }
}

template <typename T>
void ConvKernelGrad<T>::run(const T* x, const T* dy, T* dw, Range units, T* scratch) const {
  const WindowAxis &d = sizes_.depth(), &h = sizes_.height();
  const int64_t per_chunk = units_per_chunk(), line_size = sizes_.width().output * sizes_.filters;
  T* packed = scratch + band_.scratch_size();
  while (units.begin < units.end) {
    const int64_t chunk = units.begin / per_chunk;
    const Range mine = {units.begin - chunk * per_chunk, std::min(units.end - chunk * per_chunk, per_chunk)};
    T* sum = dw + chunk * size();
    clear(sum, mine);
    for (int64_t n = sizes_.batch * chunk / chunks_; n < sizes_.batch * (chunk + 1) / chunks_; ++n) {
      for (int64_t z = 0; z < d.output; ++z) {
        for (int64_t line = 0; line < h.output; line += band_.lines()) {
          const int64_t lines = std::min(band_.lines(), h.output - line);
          const T* band = band_.place(x, n, z, line, lines, scratch);
          add_lines(band, dy + ((n * d.output + z) * h.output + line) * line_size, lines, sum, mine, packed);
        }
      }
    }
    units.begin += mine.size();
  }
}

template <typename T>
void ConvKernelGrad<T>::clear(T* dw, Range units) const {
  const int64_t tiles = static_cast<int64_t>(rows_.size());
  for (int64_t unit = units.begin; unit < units.end; ++unit) {
    const Panel& panel = tiles_.panels()[unit / tiles];
    const Rows& rows = rows_[unit % tiles];
    T* tile = dw + rows.row * sizes_.filters + panel.group * sizes_.group_filters() + panel.column;
    for (int64_t i = 0; i < rows.count; ++i) std::fill_n(tile + i * sizes_.filters, panel.count, T(0));
  }
}

template <typename T>
void ConvKernelGrad<T>::add_lines(const T* band, const T* dy, int64_t lines, T* dw, Range units, T* packed) const {
  const int64_t tiles = static_cast<int64_t>(rows_.size()), filters = sizes_.filters;
  GemmTask<T> task = {};
  task.k = sizes_.width().output;
  task.a_step = sizes_.width().stride * sizes_.channels;
  task.a_row = row_stride_;
  task.runs = lines;
  task.a_run = sizes_.height().stride * band_.row();
  task.b_step = packed_size_ > 0 ? tiles_.width() : filters;
  task.c_row = task.start_row = filters;
  for (int64_t unit = units.begin; unit < units.end; ++unit) {
    const Panel& panel = tiles_.panels()[unit / tiles];
    const int64_t filter = panel.group * sizes_.group_filters() + panel.column;
    if (packed_size_ == 0) {
      task.b = dy + filter;
    } else {
      if (unit == units.begin || unit % tiles == 0) {
        kernels_->pack(dy + filter, filters, lines * task.k, panel.count, packed, tiles_.width());
      }
      task.b = packed;
    }
    const Rows& rows = rows_[unit % tiles];
    task.a = band + panel.group * sizes_.group_channels() + rows.offset;
    task.c = dw + rows.row * filters + filter;
    task.start = task.c;
    tiles_.run(task, rows.count, panel.count);
  }
}

template class ConvKernelGrad<float>;
template class ConvKernelGrad<double>;

}  // namespace lamina
