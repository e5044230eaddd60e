#include "kernels/pool.h"

#include "kernels/combine.h"

namespace lamina::LAMINA_ISA {
namespace {

struct Span {
  int64_t begin, end;
  LAMINA_INLINE int64_t size() const { return end - begin; }
};

// The place of an output's first tap, before the beginning perhaps.
LAMINA_INLINE int64_t first_seen(const PoolAxis& axis, int64_t output) {
  return output * axis.stride - axis.before;
}

// The taps of an output's window that exist.
LAMINA_INLINE Span taps_of(const PoolAxis& axis, int64_t output) {
  const int64_t first = first_seen(axis, output), left = axis.size - first;
  return {first < 0 ? -first : 0, left < axis.window ? left : axis.window};
}

// The outputs that see an input.
LAMINA_INLINE Span outputs_seeing(const PoolAxis& axis, int64_t input) {
  const int64_t place = input + axis.before, beyond = place - axis.window;  // whose first tap lies past `beyond`
  const int64_t end = place / axis.stride + 1;
  return {beyond < 0 ? 0 : beyond / axis.stride + 1, end < axis.outputs ? end : axis.outputs};
}

// Numbers of taps, in lanes as wide as T's.
template <typename T>
using Taps = Mask<Vec<T>>;
template <typename T>
LAMINA_INLINE Taps<T> every_lane(int64_t tap) {
  return Taps<T>{} + static_cast<Lane<Taps<T>>>(tap);
}

// The first n taps, 0 < n <= kLanes. GCC 12 converts bytes one by one where it is not told how (and warns about the
// plain form of what tells it).
template <typename T, typename Tap>
LAMINA_INLINE Taps<T> load_taps(const Tap* p, int64_t n) {
#if defined(__AVX512F__)
  if constexpr (sizeof(Tap) == 1) {
    const __m128i bytes = _mm_maskz_loadu_epi8(static_cast<__mmask16>(first_lanes(n)), p);
    if constexpr (sizeof(T) == 4) return (Taps<T>)_mm512_maskz_cvtepu8_epi32(0xffff, bytes);
    if constexpr (sizeof(T) == 8) return (Taps<T>)_mm512_maskz_cvtepu8_epi64(0xff, bytes);
  }
#endif
  typename SomeOf<Tap, kLanes<T>>::Type taps{};
  if (n == kLanes<T>) {
    __builtin_memcpy(&taps, p, sizeof taps);
#if defined(__AVX2__) && !defined(__AVX512F__)
    if constexpr (sizeof(Tap) == 1) {
      __m128i bytes{};
      __builtin_memcpy(&bytes, &taps, sizeof taps);
      if constexpr (sizeof(T) == 4) return (Taps<T>)_mm256_cvtepu8_epi32(bytes);
      if constexpr (sizeof(T) == 8) return (Taps<T>)_mm256_cvtepu8_epi64(bytes);
    }
#endif
  } else {
    for (int64_t i = 0; i < n; ++i) taps[i] = p[i];
  }
  return __builtin_convertvector(taps, Taps<T>);
}

template <typename T, typename Tap>
LAMINA_INLINE void store_taps(Tap* p, Taps<T> numbers, int64_t n) {
#if defined(__AVX512F__)
  if constexpr (sizeof(Tap) == 1) {
    __m128i bytes;
    if constexpr (sizeof(T) == 4) bytes = _mm512_maskz_cvtepi32_epi8(0xffff, (__m512i)numbers);
    if constexpr (sizeof(T) == 8) bytes = _mm512_maskz_cvtepi64_epi8(0xff, (__m512i)numbers);
    if (n == kLanes<T>) {
      __builtin_memcpy(p, &bytes, kLanes<T>);
    } else {
      _mm_mask_storeu_epi8(p, static_cast<__mmask16>(first_lanes(n)), bytes);
    }
    return;
  }
#endif
  if (n == kLanes<T>) {
    const auto taps = __builtin_convertvector(numbers, typename SomeOf<Tap, kLanes<T>>::Type);
    __builtin_memcpy(p, &taps, sizeof taps);
  } else {
    for (int64_t i = 0; i < n; ++i) p[i] = static_cast<Tap>(numbers[i]);
  }
}

// A whole vector of channels.
template <typename T>
struct AllLanes {
  static constexpr int64_t n = kLanes<T>;
  LAMINA_INLINE Vec<T> load(const T* p) const { return LAMINA_ISA::load(p); }
  LAMINA_INLINE void store(T* p, Vec<T> v) const { LAMINA_ISA::store(p, v); }
};

// The last channels, fewer than a vector.
template <typename T>
struct FirstLanes {
  int64_t n;
  LAMINA_INLINE Vec<T> load(const T* p) const { return load_partial(p, n); }
  LAMINA_INLINE void store(T* p, Vec<T> v) const { store_partial(p, v, n); }
};

template <typename T, typename F>
LAMINA_INLINE void each_vector(int64_t channels, F f) {
  int64_t c = 0;
  for (; c + kLanes<T> <= channels; c += kLanes<T>) f(c, AllLanes<T>{});
  if (c < channels) f(c, FirstLanes<T>{channels - c});
}

// How a window gives an element its part: as the only one that sees it, or as one of several.
struct Set {
  template <typename Lanes, typename T, typename V>
  LAMINA_INLINE void operator()(Lanes lanes, T* p, V v) const {
    lanes.store(p, v);
  }
};
struct Add {
  template <typename Lanes, typename T, typename V>
  LAMINA_INLINE void operator()(Lanes lanes, T* p, V v) const {
    lanes.store(p, lanes.load(p) + v);
  }
};

// A line of a tensor: its number taken apart, given the sizes of the first two axes.
struct Line {
  int64_t sample, i, j;
  LAMINA_INLINE Line(int64_t number, int64_t rows, int64_t columns)
      : sample(number / columns / rows), i(number / columns % rows), j(number % columns) {}
};

// The taps of a window that exist: how many, and the first one's number.
struct Existing {
  int64_t count, first;
};

// The windows of output lines begin..end-1: f(offset in y, lanes, taps that exist, each) for every vector of channels,
// where each(g) calls g(tap, offset in x) for those taps.
template <typename T, typename F>
LAMINA_INLINE void each_window(const Pool& pool, int64_t begin, int64_t end, F f) {
  const PoolAxis &x = pool.axes[0], &y = pool.axes[1], &z = pool.axes[2];
  const int64_t step_z = pool.channels, step_y = z.size * step_z, step_x = y.size * step_y;
  for (int64_t number = begin; number < end; ++number) {
    const Line line(number, x.outputs, y.outputs);
    const Span over_x = taps_of(x, line.i), over_y = taps_of(y, line.j);
    const int64_t corner =
        line.sample * x.size * step_x + first_seen(x, line.i) * step_x + first_seen(y, line.j) * step_y;
    for (int64_t k = 0; k < z.outputs; ++k) {
      const Span over_z = taps_of(z, k);
      const int64_t first = corner + first_seen(z, k) * step_z, to = (number * z.outputs + k) * pool.channels;
      each_vector<T>(pool.channels, [&](int64_t c, auto lanes) {
        const Existing taps = {over_x.size() * over_y.size() * over_z.size(),
                               (over_x.begin * y.window + over_y.begin) * z.window + over_z.begin};
        f(to + c, lanes, taps, [&](auto g) {
          for (int64_t a = over_x.begin; a < over_x.end; ++a) {
            for (int64_t b = over_y.begin; b < over_y.end; ++b) {
              const int64_t row = first + a * step_x + b * step_y + c, tap = (a * y.window + b) * z.window;
              for (int64_t t = over_z.begin; t < over_z.end; ++t) g(tap + t, row + t * step_z);
            }
          }
        });
      });
    }
  }
}

// The windows over the line `number`: f(offset in dy, lanes, taps in the window, give, each) for every vector of
// channels, where each(g) calls g(tap, offset in dx) for those taps that lie in the line.
template <typename T, typename Give, typename F>
LAMINA_INLINE void each_window_over_line(const Pool& pool, int64_t number, const Line& line, Give give, F f) {
  const PoolAxis &x = pool.axes[0], &y = pool.axes[1], &z = pool.axes[2];
  const Span in_x = outputs_seeing(x, line.i), in_y = outputs_seeing(y, line.j);
  for (int64_t a = in_x.begin; a < in_x.end; ++a) {
    for (int64_t b = in_y.begin; b < in_y.end; ++b) {
      const int64_t tap = ((line.i - first_seen(x, a)) * y.window + line.j - first_seen(y, b)) * z.window;
      const int64_t taps = taps_of(x, a).size() * taps_of(y, b).size();
      const int64_t from = ((line.sample * x.outputs + a) * y.outputs + b) * z.outputs * pool.channels;
      for (int64_t k = 0; k < z.outputs; ++k) {
        const Span over_z = taps_of(z, k);
        const int64_t first = (number * z.size + first_seen(z, k)) * pool.channels;
        each_vector<T>(pool.channels, [&](int64_t c, auto lanes) {
          f(from + k * pool.channels + c, lanes, taps * over_z.size(), give, [&](auto g) {
            for (int64_t t = over_z.begin; t < over_z.end; ++t) g(tap + t, first + t * pool.channels + c);
          });
        });
      }
    }
  }
}

// The same for input lines begin..end-1. `give` sets elements that one window sees, and adds to those, zeroed before,
// that several or none do.
template <typename T, typename F>
LAMINA_INLINE void each_window_over(const Pool& pool, T* dx, int64_t begin, int64_t end, F f) {
  const PoolAxis &x = pool.axes[0], &y = pool.axes[1], &z = pool.axes[2];
  const int64_t length = z.size * pool.channels;
  const bool tiled = z.window == z.stride && z.before == 0 && z.outputs * z.window == z.size;
  for (int64_t number = begin; number < end; ++number) {
    const Line line(number, x.size, y.size);
    if (tiled && outputs_seeing(x, line.i).size() == 1 && outputs_seeing(y, line.j).size() == 1) {
      each_window_over_line<T>(pool, number, line, Set{}, f);
    } else {
      __builtin_memset(dx + number * length, 0, sizeof(T) * static_cast<uint64_t>(length));
      each_window_over_line<T>(pool, number, line, Add{}, f);
    }
  }
}

// --- max -------------------------------------------------------------------------------------------------------------

template <typename T, typename Tap>
void max_forward(const Pool& pool, const T* x, T* y, Tap* where, int64_t begin, int64_t end) {
  if (where == nullptr) {
    each_window<T>(pool, begin, end, [=](int64_t to, auto lanes, Existing, auto each) {
      Vec<T> best = broadcast(lowest<T>());
      each([&](int64_t, int64_t from) { best = Maximum::combine(best, lanes.load(x + from)); });
      lanes.store(y + to, best);
    });
    return;
  }
  each_window<T>(pool, begin, end, [=](int64_t to, auto lanes, Existing existing, auto each) {
    Vec<T> best = broadcast(lowest<T>());
    Taps<T> taps = every_lane<T>(existing.first);
    each([&](int64_t tap, int64_t from) {
      const Vec<T> v = lanes.load(x + from);
      const Taps<T> keep = (v <= best) | (best != best);  // once NaN, always NaN
      taps = keep ? taps : every_lane<T>(tap);
      best = keep ? best : v;
    });
    lanes.store(y + to, best);
    store_taps<T>(where + to, taps, lanes.n);
  });
}

template <typename T, typename Tap>
void max_backward(const Pool& pool, const T* dy, const Tap* where, T* dx, int64_t begin, int64_t end) {
  each_window_over<T>(pool, dx, begin, end, [=](int64_t from, auto lanes, int64_t, auto give, auto each) {
    const Vec<T> slope = lanes.load(dy + from);
    const Taps<T> chosen = load_taps<T>(where + from, lanes.n);
    each([&](int64_t tap, int64_t to) { give(lanes, dx + to, chosen == every_lane<T>(tap) ? slope : Vec<T>{}); });
  });
}

template <typename T, typename Tap>
void max_take(const Pool& pool, const T* x, const Tap* where, T* y, int64_t begin, int64_t end) {
  each_window<T>(pool, begin, end, [=](int64_t to, auto lanes, Existing, auto each) {
    const Taps<T> chosen = load_taps<T>(where + to, lanes.n);
    Vec<T> found{};
    each([&](int64_t tap, int64_t from) { found = chosen == every_lane<T>(tap) ? lanes.load(x + from) : found; });
    lanes.store(y + to, found);
  });
}

// --- average ---------------------------------------------------------------------------------------------------------

template <typename T>
void average(const Pool& pool, const T* x, T* y, int64_t begin, int64_t end) {
  each_window<T>(pool, begin, end, [=](int64_t to, auto lanes, Existing taps, auto each) {
    Vec<T> sum{};
    each([&](int64_t, int64_t from) { sum += lanes.load(x + from); });
    lanes.store(y + to, sum / broadcast(static_cast<T>(taps.count)));
  });
}

template <typename T>
void average_backward(const Pool& pool, const T* dy, T* dx, int64_t begin, int64_t end) {
  each_window_over<T>(pool, dx, begin, end, [=](int64_t from, auto lanes, int64_t taps, auto give, auto each) {
    const Vec<T> slope = lanes.load(dy + from) / broadcast(static_cast<T>(taps));
    each([&](int64_t, int64_t to) { give(lanes, dx + to, slope); });
  });
}

template <typename T, typename Tap>
constexpr MaxPoolKernels<T, Tap> kMax = {max_forward<T, Tap>, max_backward<T, Tap>, max_take<T, Tap>};

template <typename T>
constexpr PoolKernels<T> kTable = {kMax<T, uint8_t>, kMax<T, int32_t>, average<T>, average_backward<T>};

}  // namespace

const PerFloat<PoolKernels> pool_kernels = {kTable<float>, kTable<double>};

}  // namespace lamina::LAMINA_ISA
