#pragma once

#include <algorithm>

#include "ops/convolution/sizes.h"

namespace lamina {

// The part of x that some output lines see: x itself where nothing is padded, else a copy with the padding around it.
template <typename T>
class ConvBand {
 public:
  // Takes at most `most_bytes` for a band of several lines.
  ConvBand(const ConvSizes& sizes, int64_t most_bytes) : sizes_(sizes) {
    const WindowAxis &width = sizes.width(), &height = sizes.height();
    for (const WindowAxis& axis : sizes.axes) padded_ |= axis.before > 0 || axis.after > 0;
    columns_ = padded_ ? (width.output - 1) * width.stride + width.extent() : width.input;
    row_ = columns_ * sizes.channels;
    const int64_t more_bytes = height.stride * row_ * static_cast<int64_t>(sizeof(T));
    lines_ = std::clamp<int64_t>(most_bytes / std::max<int64_t>(more_bytes, 1), 1, std::max<int64_t>(height.output, 1));
    lines_ = divide_up(height.output, divide_up(height.output, lines_));  // pieces of equal height
    tap_ = padded_ ? rows(lines_) * row_ : sizes.depth().dilation * height.input * row_;
  }

  int64_t lines() const { return lines_; }  // output lines at once
  int64_t row() const { return row_; }      // from one row of the band to the next
  int64_t tap() const { return tap_; }      // from what one tap along the depth sees to what the next one sees
  int64_t scratch_size() const { return padded_ ? sizes_.depth().size * tap_ : 0; }  // elements

  // Where the first tap of the output (sample, depth, line, 0) reads; rows for `lines` lines from there on.
  const T* place(const T* x, int64_t sample, int64_t depth, int64_t line, int64_t lines, T* scratch) const {
    const WindowAxis &d = sizes_.depth(), &h = sizes_.height();
    const int64_t slice = h.input * sizes_.width().input * sizes_.channels;
    x += sample * d.input * slice;
    if (!padded_) return x + d.begin(depth) * slice + h.begin(line) * row_;
    for (int64_t t = 0; t < d.size; ++t) {
      const int64_t z = d.begin(depth) + t * d.dilation;
      copy_rows(z >= 0 && z < d.input ? x + z * slice : nullptr, h.begin(line), rows(lines), scratch + t * tap_);
    }
    return scratch;
  }

 private:
  int64_t rows(int64_t lines) const { return (lines - 1) * sizes_.height().stride + sizes_.height().extent(); }

  // Rows from `first` on of a slice (height, width, channels); null: a slice of padding.
  void copy_rows(const T* slice, int64_t first, int64_t count, T* to) const {
    const WindowAxis& w = sizes_.width();
    const int64_t channels = sizes_.channels;
    const int64_t before = std::min(w.before, columns_);
    const int64_t copied = std::clamp<int64_t>(columns_ - before, 0, w.input);
    for (int64_t y = first; y < first + count; ++y, to += row_) {
      if (slice == nullptr || y < 0 || y >= sizes_.height().input) {
        std::fill_n(to, row_, T(0));
        continue;
      }
      const T* from = slice + y * w.input * channels;
      T* end = std::fill_n(to, before * channels, T(0));
      end = std::copy_n(from, copied * channels, end);
      std::fill(end, to + row_, T(0));
    }
  }

  const ConvSizes sizes_;
  bool padded_ = false;
  int64_t columns_, row_, lines_, tap_;
};

}  // namespace lamina
