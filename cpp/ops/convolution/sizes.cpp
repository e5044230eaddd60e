#include "ops/convolution/sizes.h"

namespace lamina {

namespace {

bool sees_one_input(const WindowAxis& axis) {
  return axis.size == 1 && axis.stride == 1 && axis.before == 0 && axis.after == 0;
}

}  // namespace

ConvSizes::ConvSizes(int64_t batch_size, const Window& window, int64_t input_channels, int64_t output_filters,
                     int64_t group_count)
    : batch(batch_size), channels(input_channels), filters(output_filters), groups(group_count) {
  axes.fill({1, 1, 1, 1, 1, 0, 0});
  std::copy(window.begin(), window.end(), axes.end() - static_cast<int64_t>(window.size()));
  if (!std::all_of(axes.begin(), axes.end(), sees_one_input)) return;
  for (const size_t axis : {kHeight, kDepth}) {  // one long axis serves as well, and leaves fewer ends of tiles
    axes[kWidth].input *= axes[axis].input;
    axes[kWidth].output *= axes[axis].output;
    axes[axis].input = axes[axis].output = 1;
  }
}

std::vector<Level> merged(const std::vector<Level>& levels) {
  std::vector<Level> result = {levels.front()};
  for (size_t i = 1; i < levels.size(); ++i) {
    Level& inner = result.back();
    if (levels[i].size == 1) continue;
    if (inner.size == 1) {
      inner = levels[i];
    } else if (levels[i].stride == inner.size * inner.stride) {
      inner.size *= levels[i].size;
    } else {
      result.push_back(levels[i]);
    }
  }
  return result;
}

}  // namespace lamina
