#include "ops/convolution/forward.h"

namespace lamina {

namespace {

// The second cache keeps a piece of the kernel and the inputs of a block of lines.
constexpr int64_t kPieceBytes = 256 * 1024;
constexpr int64_t kBandBytes = 256 * 1024;
// Kernels larger than this whose rows tiles read in part are copied first.
constexpr int64_t kPackBytes = 64 * 1024;

}  // namespace

template <typename T>
ConvForward<T>::ConvForward(const ConvSizes& sizes, const GemmKernels<T>& kernels)
    : sizes_(sizes),
      kernels_(&kernels),
      tiles_(kernels, sizes.width().output, sizes.groups, sizes.group_filters()),
      band_(sizes, kBandBytes) {
  pack_ =
      sizes.filters > tiles_.width() && sizes.patch() * sizes.filters * static_cast<int64_t>(sizeof(T)) > kPackBytes;
  cut_patches();
}

template <typename T>
void ConvForward<T>::cut_patches() {
  const WindowAxis &d = sizes_.depth(), &h = sizes_.height(), &w = sizes_.width();
  std::vector<Level> levels = merged({{sizes_.group_channels(), 1},
                                      {w.size, w.dilation * sizes_.channels},
                                      {h.size, h.dilation * band_.row()},
                                      {d.size, band_.tap()}});
  run_ = levels[0];
  levels.resize(4, {1, 0});
  runs_ = levels[1];
  const int64_t run_bytes = run_.size * tiles_.width() * static_cast<int64_t>(sizeof(T));
  const int64_t most = std::clamp<int64_t>(kPieceBytes / std::max<int64_t>(run_bytes, 1), 1, runs_.size);
  int64_t begin = 0;
  for (int64_t outer = 0; outer < levels[3].size; ++outer) {
    for (int64_t inner = 0; inner < levels[2].size; ++inner) {
      for (int64_t run = 0; run < runs_.size; run += most) {
        const int64_t count = std::min(most, runs_.size - run);
        const int64_t offset = outer * levels[3].stride + inner * levels[2].stride + run * runs_.stride;
        pieces_.push_back({offset, begin, count});
        begin += count * run_.size;
      }
    }
  }
}

template <typename T>
void ConvForward<T>::pack(const T* w, T* packed, Range panels) const {
  const int64_t width = tiles_.width(), patch = sizes_.patch();
  for (int64_t p = panels.begin; p < panels.end; ++p) {
    const Panel& panel = tiles_.panels()[p];
    const T* from = w + panel.group * sizes_.group_filters() + panel.column;
    kernels_->pack(from, sizes_.filters, patch, panel.count, packed + p * patch * width, width);
  }
}

template <typename T>
void ConvForward<T>::run(const T* x, const T* w, T* y, const Epilogue<T>& epilogue, Range positions, Range panels,
                         T* scratch) const {
  const int64_t columns = sizes_.width().output, lines = sizes_.height().output, depths = sizes_.depth().output;
  visit_blocks(positions, depths, lines, columns, band_.lines(), [&](const ConvBlock& block, int64_t position) {
    run_block(x, w, y + (position - positions.begin) * sizes_.filters, epilogue, block, panels, scratch);
  });
}

template <typename T>
void ConvForward<T>::run_block(const T* x, const T* w, T* y, const Epilogue<T>& epilogue, const ConvBlock& block,
                               Range panels, T* scratch) const {
  const WindowAxis& width = sizes_.width();
  const int64_t columns = block.end - block.begin, filters = sizes_.filters;
  const T* band = band_.place(x, block.sample, block.depth, block.line, block.lines, scratch);
  band += block.begin * width.stride * sizes_.channels;

  GemmTask<T> task = {};
  task.k = run_.size;
  task.a_step = run_.stride;
  task.a_run = runs_.stride;
  task.a_row = width.stride * sizes_.channels;
  task.b_step = pack_ ? tiles_.width() : filters;
  task.c_row = filters;
  for (const Piece& piece : pieces_) {
    task.runs = piece.runs;
    for (int64_t p = panels.begin; p < panels.end; ++p) {
      const Panel& panel = tiles_.panels()[p];
      const int64_t filter = panel.group * sizes_.group_filters() + panel.column;
      task.b = pack_ ? w + (p * sizes_.patch() + piece.begin) * tiles_.width() : w + piece.begin * filters + filter;
      const T* from = band + panel.group * sizes_.group_channels() + piece.offset;
      for (int64_t line = 0; line < block.lines; ++line) {
        task.a = from + line * sizes_.height().stride * band_.row();
        task.c = y + line * columns * filters + filter;
        if (&piece == &pieces_.front()) {
          task.start = epilogue.bias != nullptr ? epilogue.bias + filter : nullptr;
          task.start_row = 0;
        } else {
          task.start = task.c;
          task.start_row = filters;
        }
        tiles_.run(task, columns, panel.count);
        if (&piece == &pieces_.back()) epilogue.finish(task.c, columns, panel.count, filters);
      }
    }
  }
}

template class ConvForward<float>;
template class ConvForward<double>;

}  // namespace lamina
