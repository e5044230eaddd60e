#include "ops/convolution/pooled.h"

namespace lamina {

namespace {

// What is pooled stays in the first cache, next to what the convolution needs.
constexpr int64_t kBlockBytes = 16 * 1024;

}  // namespace

template <typename T>
ConvMaxPool<T>::ConvMaxPool(const ConvForward<T>& conv, const Shape& pooled, const Shape& window,
                            const PoolKernels<T>& kernels)
    : conv_(conv), kernel_(kernels.max_bytes.forward) {
  const int64_t filters = pooled.back(), columns = pooled[pooled.size() - 2];
  const int64_t width = window.back(), height = window.size() > 1 ? window.front() : 1;
  pool_ = {{{1, 1, 1, 1, 0}, {height, 1, height, height, 0}, {columns * width, columns, width, width, 0}}, filters};
  lines_ = columns * filters > 0 ? element_count(pooled) / (columns * filters) : 0;
  line_size_ = height * columns * width * filters;
  const int64_t line_bytes = line_size_ * static_cast<int64_t>(sizeof(T));
  block_lines_ = std::clamp<int64_t>(kBlockBytes / std::max<int64_t>(line_bytes, 1), 1, std::max<int64_t>(lines_, 1));
}

template <typename T>
void ConvMaxPool<T>::run(const T* x, const T* w, T* y, uint8_t* where, const Epilogue<T>& epilogue, Range lines,
                         T* scratch) const {
  const int64_t pooled_size = pool_.axes[2].outputs * pool_.channels, positions = line_size_ / pool_.channels;
  Pool pool = pool_;
  while (lines.begin < lines.end) {
    const int64_t count = std::min(block_lines_, lines.size());
    const Range block = {lines.begin * positions, (lines.begin + count) * positions};
    conv_.run(x, w, scratch, epilogue, block, {0, conv_.panels()}, scratch + block_lines_ * line_size_);
    pool.axes[1].outputs = count;
    pool.axes[1].size = count * pool.axes[1].window;
    const int64_t first = lines.begin * pooled_size;
    kernel_(pool, scratch, y + first, where == nullptr ? nullptr : where + first, 0, count);
    lines.begin += count;
  }
}

template class ConvMaxPool<float>;
template class ConvMaxPool<double>;

}  // namespace lamina
