#pragma once

#include "kernels/vec.h"

#if defined(__SSE2__) && !defined(__AVX2__)
#include <emmintrin.h>
#endif

// What vec.h's operators lack: choosing, moving and storing lanes.
namespace lamina::LAMINA_ISA {

template <typename T>
constexpr bool kIsFloat = T(0.5) != 0;
template <typename T>
constexpr bool kIsSigned = T(-1) < T(0);

// What comparing two vectors gives: 0 or -1 in signed integers of the same size.
template <typename V>
using Mask = decltype(V{} < V{});

template <typename V>
LAMINA_INLINE V select(Mask<V> mask, V a, V b) {
  return mask ? a : b;
}

// One instruction for two vectors of float (ps) or double (pd). (Masked by all lanes: GCC 12 warns about the plain
// form.)
#if defined(__AVX512F__)
#define LAMINA_PS(op, x, y) (V) _mm512_maskz_##op##_ps(0xffff, (__m512)x, (__m512)y)
#define LAMINA_PD(op, x, y) (V) _mm512_maskz_##op##_pd(0xff, (__m512d)x, (__m512d)y)
#elif defined(__AVX2__)
#define LAMINA_PS(op, x, y) (V) _mm256_##op##_ps((__m256)x, (__m256)y)
#define LAMINA_PD(op, x, y) (V) _mm256_##op##_pd((__m256d)x, (__m256d)y)
#elif defined(__SSE2__)
#define LAMINA_PS(op, x, y) (V) _mm_##op##_ps((__m128)x, (__m128)y)
#define LAMINA_PD(op, x, y) (V) _mm_##op##_pd((__m128d)x, (__m128d)y)
#endif

// x < y ? x : y, so y where one of them is NaN.
template <typename V, typename T = Lane<V>>
LAMINA_INLINE V lesser(V x, V y) {
#if defined(LAMINA_PS)
  if constexpr (kIsFloat<T>) return sizeof(T) == 4 ? LAMINA_PS(min, x, y) : LAMINA_PD(min, x, y);
#endif
  return x < y ? x : y;
}

// x > y ? x : y, so y where one of them is NaN.
template <typename V, typename T = Lane<V>>
LAMINA_INLINE V greater(V x, V y) {
#if defined(LAMINA_PS)
  if constexpr (kIsFloat<T>) return sizeof(T) == 4 ? LAMINA_PS(max, x, y) : LAMINA_PD(max, x, y);
#endif
  return x > y ? x : y;
}

// f of each lane by itself, for what has no vector form.
template <typename V, typename F>
LAMINA_INLINE V each_lane(V x, F f) {
  for (unsigned i = 0; i < sizeof(V) / sizeof(x[0]); ++i) x[i] = f(x[i]);
  return x;
}

template <typename V, typename F>
LAMINA_INLINE V each_lane(V x, V y, F f) {
  for (unsigned i = 0; i < sizeof(V) / sizeof(x[0]); ++i) x[i] = f(x[i], y[i]);
  return x;
}

// 0, 1, 2, ...
template <typename T>
LAMINA_INLINE Mask<Vec<T>> lane_numbers() {
  Mask<Vec<T>> numbers{};
  for (int i = 0; i < kLanes<T>; ++i) numbers[i] = i;
  return numbers;
}

// Lane i is lane i ^ step of v.
template <typename V>
LAMINA_INLINE V swap_lanes(V v, int step) {
#if defined(__clang__)
  V swapped = v;
  for (unsigned i = 0; i < sizeof(V) / sizeof(v[0]); ++i) swapped[i] = v[i ^ static_cast<unsigned>(step)];
  return swapped;
#else
  return __builtin_shuffle(v, lane_numbers<Lane<V>>() ^ static_cast<Lane<Mask<V>>>(step));
#endif
}

// f over all lanes, in pairs, given back in every lane.
template <typename V, typename F>
LAMINA_INLINE V across_lanes(V v, F f) {
  for (int step = sizeof(V) / sizeof(v[0]) / 2; step > 0; step /= 2) v = f(v, swap_lanes(v, step));
  return v;
}

// Stores the first n lanes, 0 < n <= kLanes.
template <typename T>
LAMINA_INLINE void store_first(T* p, Vec<T> v, int64_t n) {
  if (n == kLanes<T>) {
    store(p, v);
  } else {
    store_partial(p, v, n);
  }
}

template <int kCount>
struct BytesOf {
  typedef uint8_t Type __attribute__((vector_size(kCount)));
};

// Stores the first n lanes of a mask as bytes of 0 or 1.
template <typename M>
LAMINA_INLINE void store_bools(uint8_t* p, M mask, int64_t n) {
  constexpr int kCount = sizeof(M) / sizeof(mask[0]);
  using Bytes = typename BytesOf<kCount>::Type;
  const Bytes bytes = __builtin_convertvector(mask, Bytes) & 1;
  if (n == kCount) {
    __builtin_memcpy(p, &bytes, kCount);
  } else {
    for (int64_t i = 0; i < n; ++i) p[i] = bytes[i];
  }
}

}  // namespace lamina::LAMINA_ISA
