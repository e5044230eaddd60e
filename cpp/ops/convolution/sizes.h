#pragma once

#include <array>
#include <vector>

#include "ops/convolution/window.h"
#include "ops/divide.h"

namespace lamina {

// The sizes of a convolution: y (batch, output..., filters) from x (batch, input..., channels) and
// w (size..., channels / groups, filters), whose spatial axes are here always depth, height and width.
struct ConvSizes {
  static constexpr size_t kDepth = 0, kHeight = 1, kWidth = 2;

  ConvSizes(int64_t batch_size, const Window& window, int64_t input_channels, int64_t output_filters,
            int64_t group_count);

  int64_t batch;
  std::array<WindowAxis, 3> axes;
  int64_t channels, filters, groups;

  const WindowAxis& depth() const { return axes[kDepth]; }
  const WindowAxis& height() const { return axes[kHeight]; }
  const WindowAxis& width() const { return axes[kWidth]; }
  int64_t group_channels() const { return channels / groups; }
  int64_t group_filters() const { return filters / groups; }
  int64_t taps() const { return depth().size * height().size * width().size; }
  int64_t patch() const { return taps() * group_channels(); }  // what one output of one filter sees
  int64_t outputs() const { return depth().output * height().output * width().output; }  // of one sample and filter
  int64_t inputs() const { return depth().input * height().input * width().input; }
  double multiply_adds() const {
    return static_cast<double>(batch * outputs() * patch()) * static_cast<double>(filters);
  }
};

// Equal steps through memory; the elements of a patch are several such levels, one inside the other.
struct Level {
  int64_t size, stride;
};

// Levels from the innermost, without those of size one, and with those joined that go on where the inner one ends.
std::vector<Level> merged(const std::vector<Level>& levels);

}  // namespace lamina
