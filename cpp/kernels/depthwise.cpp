#include "kernels/depthwise.h"

#include "kernels/vec.h"

// Vectors run along the channels; sums stay in registers.
namespace lamina::LAMINA_ISA {
namespace {

// Vectors of `n` channels; all lanes where kPartial is false.
template <bool kPartial, typename T>
LAMINA_INLINE Vec<T> read(const T* p, int64_t n) {
  if constexpr (kPartial) {
    return load_partial(p, n);
  } else {
    return load(p);
  }
}
template <bool kPartial, typename T>
LAMINA_INLINE void write(T* p, Vec<T> v, int64_t n) {
  if constexpr (kPartial) {
    store_partial(p, v, n);
  } else {
    store(p, v);
  }
}

// What tells a block at compile time which of the two it has.
struct WholeVector {
  static constexpr bool kPartial = false;
};
struct PartOfVector {
  static constexpr bool kPartial = true;
};

// Calls block(WholeVector or PartOfVector, channel, how many) for all channels,
// a vector at a time.
template <typename T, typename Block>
LAMINA_INLINE void each_vector(int64_t channels, Block&& block) {
  int64_t c = 0;
  for (; c + kLanes<T> <= channels; c += kLanes<T>) block(WholeVector{}, c, kLanes<T>);
  if (c < channels) block(PartOfVector{}, c, channels - c);
}

// kPlaces places side by side.
template <bool kPartial, int kPlaces, typename T>
LAMINA_INLINE void sum_taps(const DepthwiseTask<T>& task, const T* x, const T* w, Vec<T> start, T* y, int64_t n) {
  const DepthwiseTaps depth = task.depth, height = task.height, width = task.width;
  Vec<T> sum[kPlaces];
#pragma GCC unroll 16
  for (int p = 0; p < kPlaces; ++p) sum[p] = start;
  for (int64_t i = 0; i < depth.count; ++i) {
    for (int64_t j = 0; j < height.count; ++j) {
      const T* seen = x + i * depth.x_step + j * height.x_step;
      const T* weights = w + i * depth.w_step + j * height.w_step;
      for (int64_t k = 0; k < width.count; ++k, seen += width.x_step, weights += width.w_step) {
        const Vec<T> weight = read<kPartial>(weights, n);
#pragma GCC unroll 16
        for (int p = 0; p < kPlaces; ++p) sum[p] = fma(read<kPartial>(seen + p * task.x_step, n), weight, sum[p]);
      }
    }
  }
#pragma GCC unroll 16
  for (int p = 0; p < kPlaces; ++p) write<kPartial>(y + p * task.y_step, sum[p], n);
}

template <typename T>
void forward(const DepthwiseTask<T>& task, const T* w, const T* start, T* y) {
  each_vector<T>(task.channels, [&](auto part, int64_t c, int64_t n) {
    constexpr bool kPartial = decltype(part)::kPartial;
    const Vec<T> first = start != nullptr ? read<kPartial>(start + c, n) : Vec<T>{};
    const T* x = task.x + c;
    T* to = y + c;
    int64_t p = 0;
    for (; p + 4 <= task.places; p += 4, x += 4 * task.x_step, to += 4 * task.y_step) {
      sum_taps<kPartial, 4>(task, x, w + c, first, to, n);
    }
    for (; p < task.places; ++p, x += task.x_step, to += task.y_step) {
      sum_taps<kPartial, 1>(task, x, w + c, first, to, n);
    }
  });
}

// Neighbours along height and width whose sums stay in registers together.
constexpr int kTogether = 3;

// The sums for kRows x kTaps neighbours along height and width; kPlaces places
// at once where their views overlap.
template <bool kPartial, int kRows, int kTaps, int kPlaces, typename T>
LAMINA_INLINE void sum_places(const DepthwiseTask<T>& task, const T* x, const T* dy, T* dw, int64_t n) {
  const int64_t x_row = task.height.x_step, x_tap = task.width.x_step;
  const int64_t w_row = task.height.w_step, w_tap = task.width.w_step;
  Vec<T> sum[kRows][kTaps];
#pragma GCC unroll 16
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 16
    for (int t = 0; t < kTaps; ++t) sum[r][t] = read<kPartial>(dw + r * w_row + t * w_tap, n);
  }
  int64_t p = 0;
  for (; p + kPlaces <= task.places; p += kPlaces, x += kPlaces * task.x_step, dy += kPlaces * task.y_step) {
    Vec<T> slope[kPlaces];
#pragma GCC unroll 16
    for (int q = 0; q < kPlaces; ++q) slope[q] = read<kPartial>(dy + q * task.y_step, n);
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 16
      for (int q = 0; q < kPlaces + kTaps - 1; ++q) {
        const Vec<T> v = read<kPartial>(x + r * x_row + q * x_tap, n);
#pragma GCC unroll 16
        for (int t = 0; t < kTaps; ++t) {
          if (q - t >= 0 && q - t < kPlaces) sum[r][t] = fma(v, slope[q - t], sum[r][t]);
        }
      }
    }
  }
  for (; p < task.places; ++p, x += task.x_step, dy += task.y_step) {
    const Vec<T> slope = read<kPartial>(dy, n);
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 16
      for (int t = 0; t < kTaps; ++t) sum[r][t] = fma(read<kPartial>(x + r * x_row + t * x_tap, n), slope, sum[r][t]);
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 16
    for (int t = 0; t < kTaps; ++t) write<kPartial>(dw + r * w_row + t * w_tap, sum[r][t], n);
  }
}

// kRows neighbours along the height, all taps along the width.
template <bool kPartial, int kRows, typename T>
LAMINA_INLINE void sum_rows(const DepthwiseTask<T>& task, const T* x, const T* dy, T* dw, int64_t n) {
  const DepthwiseTaps width = task.width;
  int64_t left = width.count;
  for (; left >= kTogether; left -= kTogether) {
    if (width.x_step == task.x_step) {
      sum_places<kPartial, kRows, kTogether, 4>(task, x, dy, dw, n);
    } else {
      sum_places<kPartial, kRows, kTogether, 1>(task, x, dy, dw, n);
    }
    x += kTogether * width.x_step;
    dw += kTogether * width.w_step;
  }
  for (; left > 0; --left, x += width.x_step, dw += width.w_step) {
    sum_places<kPartial, kRows, 1, 1>(task, x, dy, dw, n);
  }
}

template <typename T>
void kernel_grad(const DepthwiseTask<T>& task, const T* dy, T* dw) {
  const DepthwiseTaps depth = task.depth, height = task.height;
  each_vector<T>(task.channels, [&](auto part, int64_t c, int64_t n) {
    constexpr bool kPartial = decltype(part)::kPartial;
    for (int64_t i = 0; i < depth.count; ++i) {
      const T* seen = task.x + c + i * depth.x_step;
      T* to = dw + c + i * depth.w_step;
      int64_t left = height.count;
      for (; left >= kTogether; left -= kTogether) {
        sum_rows<kPartial, kTogether>(task, seen, dy + c, to, n);
        seen += kTogether * height.x_step;
        to += kTogether * height.w_step;
      }
      for (; left > 0; --left, seen += height.x_step, to += height.w_step) {
        sum_rows<kPartial, 1>(task, seen, dy + c, to, n);
      }
    }
  });
}

// Common numbers of copies are known at compile time; kCopies 0: any other.
template <int64_t kCopies, typename T>
LAMINA_INLINE void repeat_each(const T* x, int64_t n, int64_t copies, T* y) {
  if (kCopies > 0) copies = kCopies;
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t j = 0; j < copies; ++j) y[i * copies + j] = x[i];
  }
}
template <int64_t kCopies, typename T>
LAMINA_INLINE void sum_each(const T* x, int64_t n, int64_t copies, T* y) {
  if (kCopies > 0) copies = kCopies;
  for (int64_t i = 0; i < n; ++i) {
    T sum = x[i * copies];
    for (int64_t j = 1; j < copies; ++j) sum += x[i * copies + j];
    y[i] = sum;
  }
}

template <typename T>
void repeat(const T* x, int64_t n, int64_t copies, T* y) {
  if (copies == 2) return repeat_each<2>(x, n, copies, y);
  if (copies == 4) return repeat_each<4>(x, n, copies, y);
  repeat_each<0>(x, n, copies, y);
}

template <typename T>
void sum_copies(const T* x, int64_t n, int64_t copies, const T* start, int64_t columns, T* y) {
  if (copies == 2) {
    sum_each<2>(x, n, copies, y);
  } else if (copies == 4) {
    sum_each<4>(x, n, copies, y);
  } else {
    sum_each<0>(x, n, copies, y);
  }
  if (start == nullptr) return;
  for (int64_t i = 0; i < n; i += columns) {
    for (int64_t c = 0; c < columns; ++c) y[i + c] += start[c];
  }
}

}  // namespace

constexpr PerFloat<DepthwiseKernels> depthwise_kernels = {
    {forward<float>, kernel_grad<float>, repeat<float>, sum_copies<float>},
    {forward<double>, kernel_grad<double>, repeat<double>, sum_copies<double>}};

}  // namespace lamina::LAMINA_ISA
