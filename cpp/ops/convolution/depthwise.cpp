#include "ops/convolution/depthwise.h"

#include <numeric>

namespace lamina {

namespace {

// Parts of the lines whose kernel gradients are added last: enough for the workers of any machine this is meant for.
constexpr int64_t kMostChunks = 32;
// Copies of channels are made for so many bytes at a time, which the second cache keeps.
constexpr int64_t kCopiedBytes = 128 * 1024;

AxisTaps taps_of_output(const WindowAxis& axis, int64_t output) {
  const Range taps = axis.taps(output);
  return {taps.size(), taps.begin, 1, axis.begin(output) + taps.begin * axis.dilation, axis.dilation};
}

// An input is seen through tap t by output (input + before - t * dilation) / stride where that is whole.
AxisTaps taps_of_input(const WindowAxis& axis, int64_t input) {
  const int64_t step = axis.stride / std::gcd(axis.stride, axis.dilation);
  AxisTaps taps = {0, 0, step, 0, -step * axis.dilation / axis.stride};
  for (int64_t t = 0; t < axis.size; ++t) {
    const int64_t at = input + axis.before - t * axis.dilation;
    if (at < 0 || at % axis.stride != 0 || at / axis.stride >= axis.output) continue;
    if (taps.count++ > 0) continue;
    taps.first = t;
    taps.at = at / axis.stride;
  }
  return taps;
}

}  // namespace

bool is_depthwise(const ConvSizes& sizes) {
  const bool flat = sizes.depth().size == 1 && sizes.depth().input == 1 && sizes.depth().output == 1;
  return sizes.groups > 1 && sizes.groups == sizes.channels && (sizes.groups == sizes.filters || flat);
}

template <typename T>
double depthwise_nanoseconds(const ConvSizes& sizes) {
  constexpr double kStart = 100, kVector = 0.5;
  constexpr int64_t kLanes = 64 / sizeof(T);
  const int64_t vectors = sizes.batch * sizes.outputs() * divide_up(sizes.filters, kLanes);
  return kStart + kVector * static_cast<double>(vectors * sizes.taps());
}

DepthwiseView::DepthwiseView(const ConvSizes& sizes, Of of) : channels_(sizes.filters) {
  std::vector<AxisTaps> taps[3];
  for (size_t i = 0; i < 3; ++i) {
    const WindowAxis& axis = sizes.axes[i];
    const bool outputs = of == Of::kOutputs;
    places_[i] = outputs ? axis.output : axis.input;
    seen_[i] = outputs ? axis.input : axis.output;
    taps_[i] = axis.size;
    for (int64_t p = 0; p < places_[i]; ++p) {
      taps[i].push_back(outputs ? taps_of_output(axis, p) : taps_of_input(axis, p));
    }
  }
  depth_ = taps[ConvSizes::kDepth];
  height_ = taps[ConvSizes::kHeight];
  lines_ = sizes.batch * places_[0] * places_[1];
  place_step_ = of == Of::kOutputs ? 1 : sizes.width().stride;
  seen_step_ = of == Of::kOutputs ? sizes.width().stride : 1;
  cut_line(taps[ConvSizes::kWidth]);
}

void DepthwiseView::cut_line(const std::vector<AxisTaps>& taps) {
  const int64_t places = static_cast<int64_t>(taps.size());
  for (int64_t first = 0; first < std::min(place_step_, places); ++first) {
    for (int64_t p = first; p < places; p += place_step_) {
      const bool alike =
          p > first && taps[p].count == taps[p - place_step_].count && taps[p].first == taps[p - place_step_].first;
      if (!alike) runs_.push_back({p, 0, taps[p]});
      ++runs_.back().count;
    }
  }
}

template <typename T, typename Visit>
void DepthwiseView::each_task(const T* x, int64_t first, int64_t line, Visit&& visit) const {
  const int64_t slice = line / places_[1];
  const AxisTaps &depth = depth_[slice % places_[0]], &height = height_[line % places_[1]];
  const int64_t row = seen_[2] * channels_, w_row = taps_[2] * channels_;
  x += ((slice / places_[0] * seen_[0] + depth.at) * seen_[1] + height.at - first) * row;
  const int64_t w = (depth.first * taps_[1] + height.first) * w_row;
  DepthwiseTask<T> task = {};
  task.channels = channels_;
  task.depth = {depth.count, depth.at_step * seen_[1] * row, depth.step * taps_[1] * w_row};
  task.height = {height.count, height.at_step * row, height.step * w_row};
  task.x_step = seen_step_ * channels_;
  task.y_step = place_step_ * channels_;
  for (const Run& run : runs_) {
    task.places = run.count;
    task.width = {run.taps.count, run.taps.at_step * channels_, run.taps.step * channels_};
    task.x = x + run.taps.at * channels_;
    visit(task, w + run.taps.first * channels_, run.begin * channels_);
  }
}

template <typename T>
CopiedLines<T>::CopiedLines(const ConvSizes& sizes, int64_t copies, const DepthwiseKernels<T>& kernels)
    : kernels_(&kernels), height_(sizes.height()), copies_(copies), line_size_(sizes.width().input * sizes.channels) {
  const int64_t bytes = height_.stride * line_size_ * copies * static_cast<int64_t>(sizeof(T));
  lines_ = std::max<int64_t>(kCopiedBytes / std::max<int64_t>(bytes, 1), 1);
}

template <typename T>
int64_t CopiedLines<T>::scratch_size() const {
  if (copies_ == 1) return 0;
  return std::min((lines_ - 1) * height_.stride + height_.extent(), height_.input) * line_size_ * copies_;
}

template <typename T>
template <typename Visit>
void CopiedLines<T>::each_part(const T* x, Range lines, T* scratch, Visit&& visit) const {
  if (copies_ == 1) return visit(x, 0, lines);
  for (int64_t line = lines.begin; line < lines.end;) {
    const int64_t sample = line / height_.output, at = line % height_.output;
    const int64_t count = std::min({lines_, height_.output - at, lines.end - line});
    const int64_t first = std::clamp<int64_t>(height_.begin(at), 0, height_.input);
    const int64_t last = std::clamp<int64_t>(height_.begin(at + count - 1) + height_.extent(), first, height_.input);
    const int64_t seen = sample * height_.input + first;
    kernels_->repeat(x + seen * line_size_, (last - first) * line_size_, copies_, scratch);
    visit(scratch, seen, Range{line, line + count});
    line += count;
  }
}

template <typename T>
DepthwiseForward<T>::DepthwiseForward(const ConvSizes& sizes, DepthwiseView::Of of, const DepthwiseKernels<T>& kernels)
    : view_(sizes, of),
      kernels_(&kernels),
      copied_(sizes, of == DepthwiseView::Of::kOutputs ? sizes.group_filters() : 1, kernels),
      channels_(of == DepthwiseView::Of::kOutputs ? sizes.filters : sizes.channels),
      summed_(sizes.filters / channels_) {}

template <typename T>
void DepthwiseForward<T>::run(const T* x, const T* w, T* y, const Epilogue<T>& epilogue, Range lines,
                              T* scratch) const {
  const int64_t size = view_.line_size() / summed_;
  const T* start = summed_ > 1 ? nullptr : epilogue.bias;
  copied_.each_part(x, lines, scratch, [&](const T* seen, int64_t first, Range part) {
    for (int64_t line = part.begin; line < part.end; ++line) {
      T* to = y + line * size;
      T* sums = summed_ > 1 ? scratch : to;
      view_.each_task(seen, first, line, [&](const DepthwiseTask<T>& task, int64_t first_tap, int64_t first_place) {
        kernels_->forward(task, w + first_tap, start, sums + first_place);
      });
      if (summed_ > 1) kernels_->sum_copies(sums, size, summed_, epilogue.bias, channels_, to);
      epilogue.finish(to, 1, size, size);
    }
  });
}

template <typename T>
DepthwiseKernelGrad<T>::DepthwiseKernelGrad(const ConvSizes& sizes, const DepthwiseKernels<T>& kernels)
    : view_(sizes, DepthwiseView::Of::kOutputs),
      kernels_(&kernels),
      copied_(sizes, sizes.group_filters(), kernels),
      size_(sizes.taps() * sizes.filters),
      chunks_(std::clamp<int64_t>(view_.lines(), 1, kMostChunks)) {}

template <typename T>
void DepthwiseKernelGrad<T>::run(const T* x, const T* dy, T* dw, Range units, T* scratch) const {
  for (int64_t chunk = units.begin; chunk < units.end; ++chunk) {
    T* sum = dw + chunk * size_;
    std::fill_n(sum, size_, T(0));
    const Range lines = {view_.lines() * chunk / chunks_, view_.lines() * (chunk + 1) / chunks_};
    copied_.each_part(x, lines, scratch, [&](const T* seen, int64_t first, Range part) {
      for (int64_t line = part.begin; line < part.end; ++line) {
        const T* slopes = dy + line * view_.line_size();
        view_.each_task(seen, first, line, [&](const DepthwiseTask<T>& task, int64_t first_tap, int64_t first_place) {
          kernels_->kernel_grad(task, slopes + first_place, sum + first_tap);
        });
      }
    });
  }
}

template class CopiedLines<float>;
template class CopiedLines<double>;
template class DepthwiseForward<float>;
template class DepthwiseForward<double>;
template class DepthwiseKernelGrad<float>;
template class DepthwiseKernelGrad<double>;
template double depthwise_nanoseconds<float>(const ConvSizes& sizes);
template double depthwise_nanoseconds<double>(const ConvSizes& sizes);

}  // namespace lamina
