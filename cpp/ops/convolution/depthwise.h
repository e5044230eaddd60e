#pragma once

#include <vector>

#include "kernels/depthwise.h"
#include "ops/convolution/sizes.h"
#include "ops/epilogue.h"

namespace lamina {

// Whether each filter sees one channel: there are no matrices to multiply then. Where several filters see the same one,
// each gets a copy of it, made while its line is in cache; so below there are as many channels as filters.
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

  // Calls visit(task, offset in w, offset in the line) for the places of a line, as many as see alike at once. Of the
  // lines that they see, number `first` is at x.
  template <typename T, typename Visit>
  void each_task(const T* x, int64_t first, int64_t line, Visit&& visit) const;

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

// The lines of x that output lines see, with `copies` of each channel.
template <typename T>
class CopiedLines {
 public:
  CopiedLines(const ConvSizes& sizes, int64_t copies, const DepthwiseKernels<T>& kernels);

  int64_t scratch_size() const;  // elements

  // Calls visit(copies, first, lines) for some of the output lines at a time: line `first` of x begins at `copies`.
  template <typename Visit>
  void each_part(const T* x, Range lines, T* scratch, Visit&& visit) const;

 private:
  const DepthwiseKernels<T>* kernels_;
  WindowAxis height_;
  int64_t copies_, line_size_, lines_;  // elements of a line of x, output lines at a time
};

// y = x * w, or with inputs as places dx of it, which is also the transposed convolution.
template <typename T>
class DepthwiseForward {
 public:
  DepthwiseForward(const ConvSizes& sizes, DepthwiseView::Of of, const DepthwiseKernels<T>& kernels);

  int64_t lines() const { return view_.lines(); }
  int64_t scratch_size() const { return summed_ > 1 ? view_.line_size() : copied_.scratch_size(); }  // elements
  void run(const T* x, const T* w, T* y, const Epilogue<T>& epilogue, Range lines, T* scratch) const;

 private:
  const DepthwiseView view_;
  const DepthwiseKernels<T>* kernels_;
  const CopiedLines<T> copied_;
  int64_t channels_, summed_;  // channels that are summed to one of the result's, which has so many
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
  int64_t scratch_size() const { return copied_.scratch_size(); }

  // Computes some of the `chunks` arrays at dw.
  void run(const T* x, const T* dy, T* dw, Range units, T* scratch) const;

 private:
  const DepthwiseView view_;
  const DepthwiseKernels<T>* kernels_;
  const CopiedLines<T> copied_;
  int64_t size_, chunks_;
};

extern template class CopiedLines<float>;
extern template class CopiedLines<double>;
extern template class DepthwiseForward<float>;
extern template class DepthwiseForward<double>;
extern template class DepthwiseKernelGrad<float>;
extern template class DepthwiseKernelGrad<double>;

}  // namespace lamina
