#pragma once

#include <vector>

#include "kernels/depthwise.h"
#include "ops/convolution/sizes.h"
#include "ops/epilogue.h"

namespace lamina {

// Whether each filter sees a channel of its own, and no other does: there are no matrices to multiply then.
bool is_depthwise(const ConvSizes& sizes);

// Estimated time on one core.
template <typename T>
double depthwise_nanoseconds(const ConvSizes& sizes);

// The taps through which a place on one axis sees the other tensor: `first` sees place `at`, and each `step`-th tap
// after it one that lies `at_step` further.
struct AxisTaps {
  int64_t count, first, step, at, at_step;
};

// How the places of one tensor see those of the other: outputs their inputs, or inputs the outputs they reach.
class DepthwiseView {
 public:
  enum class Of { kOutputs, kInputs };
  DepthwiseView(const ConvSizes& sizes, Of of);

  int64_t lines() const { return lines_; }                      // (sample, depth, height) of the places
  int64_t line_size() const { return places_[2] * channels_; }  // elements

  // Calls visit(task, offset in w, offset in the line) for the places of a line, as many as see alike at once.
  template <typename T, typename Visit>
  void each_task(const T* x, int64_t line, Visit&& visit) const;

 private:
  struct Run {
    int64_t begin, count;  // places, place_step_ apart
    AxisTaps taps;
  };
  void cut_line(const std::vector<AxisTaps>& taps);

  int64_t channels_, lines_;
  std::array<int64_t, 3> places_, seen_, taps_;  // how many there are along each axis
  std::vector<AxisTaps> depth_, height_;         // of each place
  std::vector<Run> runs_;                        // along the width
  int64_t place_step_, seen_step_;
};

// y = x * w, or with inputs as places dx of it, which is also the transposed convolution.
template <typename T>
class DepthwiseForward {
 public:
  DepthwiseForward(const ConvSizes& sizes, DepthwiseView::Of of, const DepthwiseKernels<T>& kernels)
      : view_(sizes, of), kernels_(&kernels) {}

  int64_t lines() const { return view_.lines(); }
  void run(const T* x, const T* w, T* y, const Epilogue<T>& epilogue, Range lines) const;

 private:
  const DepthwiseView view_;
  const DepthwiseKernels<T>* kernels_;
};

// dw of y = x * w. The lines are cut into chunks in a way that follows from the sizes alone, and the chunks' sums are
// added last: the bits do not depend on the workers.
template <typename T>
class DepthwiseKernelGrad {
 public:
  DepthwiseKernelGrad(const ConvSizes& sizes, const DepthwiseKernels<T>& kernels);

  int64_t chunks() const { return chunks_; }
  int64_t units() const { return chunks_; }
  int64_t size() const { return size_; }  // elements of dw
  int64_t scratch_size() const { return 0; }

  // Computes some of the `chunks` arrays at dw.
  void run(const T* x, const T* dy, T* dw, Range units, T* scratch) const;

 private:
  const DepthwiseView view_;
  const DepthwiseKernels<T>* kernels_;
  int64_t size_, chunks_;
};

extern template class DepthwiseForward<float>;
extern template class DepthwiseForward<double>;
extern template class DepthwiseKernelGrad<float>;
extern template class DepthwiseKernelGrad<double>;

}  // namespace lamina
