#pragma once

#include <vector>

#include "ops/checks.h"

// Windows that slide along the spatial axes of a tensor (batch, spatial..., channels): what convolution and pooling
// have in common.
namespace lamina {

// One spatial axis. Output o sees the inputs o * stride - before + t * dilation, t = 0..size-1; what lies outside
// 0..input-1 is padding.
struct WindowAxis {
  int64_t input, output;
  int64_t size, stride, dilation;
  int64_t before, after;  // padding

  int64_t extent() const { return (size - 1) * dilation + 1; }
  int64_t begin(int64_t o) const { return o * stride - before; }
  // The taps of output o that lie on the input.
  Range taps(int64_t o) const {
    return clipped(divide_up(-begin(o), dilation), divide_up(input - begin(o), dilation), size);
  }
  // The outputs whose tap t lies on the input, or on some inputs.
  Range outputs(int64_t t) const { return outputs(t, {0, input}); }
  Range outputs(int64_t t, Range inputs) const {
    const int64_t shift = before - t * dilation;
    return clipped(divide_up(inputs.begin + shift, stride), divide_up(inputs.end + shift, stride), output);
  }

 private:
  static int64_t divide_up(int64_t a, int64_t b) { return a <= 0 ? -(-a / b) : (a + b - 1) / b; }
  static Range clipped(int64_t first, int64_t last, int64_t n) {
    const int64_t begin = std::clamp<int64_t>(first, 0, n);
    return {begin, std::clamp<int64_t>(last, begin, n)};
  }
};

using Window = std::vector<WindowAxis>;

// The window of `size` taps over inputs of sizes `input`, with the attributes strides, dilations (1 where missing) and
// padding: before and after the first axis, before and after the second, ... (0 where missing; negative after an axis:
// so many inputs at its end are not there).
Window window_of(const NodeInfo& info, const Shape& input, const Shape& size);

Shape output_shape(const Window& window);
// The sizes between batch and channels.
Shape spatial_shape(const NodeInfo& info, size_t i);

}  // namespace lamina
