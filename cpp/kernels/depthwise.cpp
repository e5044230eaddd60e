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

// Calls block(WholeVector or PartOfVector, channel, how many) for all channels, a vector at a time.
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

// kTaps neighbours along the width.
template <bool kPartial, int kTaps, typename T>
LAMINA_INLINE void sum_places(const DepthwiseTask<T>& task, const T* x, const T* dy, T* dw, int64_t n) {
  const int64_t x_step = task.width.x_step, w_step = task.width.w_step;
  Vec<T> sum[kTaps];
#pragma GCC unroll 16
  for (int t = 0; t < kTaps; ++t) sum[t] = read<kPartial>(dw + t * w_step, n);
  for (int64_t p = 0; p < task.places; ++p, x += task.x_step, dy += task.y_step) {
    const Vec<T> slope = read<kPartial>(dy, n);
#pragma GCC unroll 16
    for (int t = 0; t < kTaps; ++t) sum[t] = fma(read<kPartial>(x + t * x_step, n), slope, sum[t]);
  }
#pragma GCC unroll 16
  for (int t = 0; t < kTaps; ++t) write<kPartial>(dw + t * w_step, sum[t], n);
}

template <typename T>
void kernel_grad(const DepthwiseTask<T>& task, const T* dy, T* dw) {
  const DepthwiseTaps depth = task.depth, height = task.height, width = task.width;
  each_vector<T>(task.channels, [&](auto part, int64_t c, int64_t n) {
    constexpr bool kPartial = decltype(part)::kPartial;
    for (int64_t i = 0; i < depth.count; ++i) {
      for (int64_t j = 0; j < height.count; ++j) {
        const T* seen = task.x + c + i * depth.x_step + j * height.x_step;
        T* to = dw + c + i * depth.w_step + j * height.w_step;
        int64_t k = 0;
        for (; k + 3 <= width.count; k += 3, seen += 3 * width.x_step, to += 3 * width.w_step) {
          sum_places<kPartial, 3>(task, seen, dy + c, to, n);
        }
        for (; k < width.count; ++k, seen += width.x_step, to += width.w_step) {
          sum_places<kPartial, 1>(task, seen, dy + c, to, n);
        }
      }
    }
  });
}

}  // namespace

constexpr PerFloat<DepthwiseKernels> depthwise_kernels = {{forward<float>, kernel_grad<float>},
                                                          {forward<double>, kernel_grad<double>}};

}  // namespace lamina::LAMINA_ISA
