#pragma once

#include <cstdint>

#if defined(__AVX2__)
#include <immintrin.h>
#elif defined(__ARM_NEON) && defined(__aarch64__)
#include <arm_neon.h>
#endif

#define LAMINA_INLINE [[gnu::always_inline]] inline
// Before a loop whose iterations do not touch each other's memory, though the compiler cannot know.
#if defined(__clang__)
#define LAMINA_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#else
#define LAMINA_INDEPENDENT _Pragma("GCC ivdep")
#endif

// Vectors as wide as the instruction set's registers, on GCC's and Clang's vector extensions: + - * / < ?: and so on
// are the language's, a comparison gives a vector of integers (0 or -1) as wide as its operands. All loads and stores
// may be unaligned.
namespace lamina::LAMINA_ISA {

#if defined(__AVX512F__)
constexpr int kVectorBytes = 64;
constexpr int kVectorRegisters = 32;
#elif defined(__AVX2__)
constexpr int kVectorBytes = 32;
constexpr int kVectorRegisters = 16;
#else
constexpr int kVectorBytes = 16;
#if defined(__aarch64__)
constexpr int kVectorRegisters = 32;
#else
constexpr int kVectorRegisters = 16;
#endif
#endif

template <typename T>
struct VecOf {
  typedef T Type __attribute__((vector_size(kVectorBytes)));
};
template <typename T>
using Vec = typename VecOf<T>::Type;

template <typename T>
constexpr int kLanes = kVectorBytes / sizeof(T);

// The type of one element of a vector.
template <typename V>
struct LaneOf {
  typedef __typeof__(V{}[0]) Type;  // in a struct: GCC cannot mangle typeof in a signature
};
template <typename V>
using Lane = typename LaneOf<V>::Type;

template <typename T>
LAMINA_INLINE Vec<T> broadcast(T x) {
  return x - Vec<T>{};  // not x + 0: that would turn -0 into 0
}

template <typename T>
LAMINA_INLINE Vec<T> load(const T* p) {
  Vec<T> v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}

template <typename T>
LAMINA_INLINE void store(T* p, Vec<T> v) {
  __builtin_memcpy(p, &v, sizeof v);
}

#if defined(__AVX512F__)
LAMINA_INLINE uint64_t first_lanes(int64_t n) {
  return _bzhi_u64(~uint64_t{0}, static_cast<uint32_t>(n));
}
#elif defined(__AVX2__)
// -1 in the first n lanes.
template <typename I>
LAMINA_INLINE __m256i first_lanes(int64_t n) {
  Vec<I> lane{};
  for (int i = 0; i < kLanes<I>; ++i) lane[i] = i;
  return (__m256i)(lane < I(n));
}
#endif

// Reads the first n lanes, 0 <= n < kLanes, and touches no memory beyond them; the other lanes are 0.
template <typename T>
LAMINA_INLINE Vec<T> load_partial(const T* p, int64_t n) {
#if defined(__AVX512F__)
  const uint64_t mask = first_lanes(n);
  if constexpr (sizeof(T) == 1) return (Vec<T>)_mm512_maskz_loadu_epi8(mask, p);
  if constexpr (sizeof(T) == 4) return (Vec<T>)_mm512_maskz_loadu_epi32(static_cast<__mmask16>(mask), p);
  if constexpr (sizeof(T) == 8) return (Vec<T>)_mm512_maskz_loadu_epi64(static_cast<__mmask8>(mask), p);
#else
#if defined(__AVX2__)
  if constexpr (sizeof(T) == 4) {
    return (Vec<T>)_mm256_maskload_epi32(reinterpret_cast<const int*>(p), first_lanes<int32_t>(n));
  } else if constexpr (sizeof(T) == 8) {
    return (Vec<T>)_mm256_maskload_epi64(reinterpret_cast<const long long*>(p), first_lanes<int64_t>(n));
  }
#endif
  Vec<T> v{};
  for (int64_t i = 0; i < n; ++i) v[i] = p[i];
  return v;
#endif
}

// Writes the first n lanes, 0 <= n < kLanes, and touches no memory beyond them.
template <typename T>
LAMINA_INLINE void store_partial(T* p, Vec<T> v, int64_t n) {
#if defined(__AVX512F__)
  const uint64_t mask = first_lanes(n);
  if constexpr (sizeof(T) == 1) _mm512_mask_storeu_epi8(p, mask, (__m512i)v);
  if constexpr (sizeof(T) == 4) _mm512_mask_storeu_epi32(p, static_cast<__mmask16>(mask), (__m512i)v);
  if constexpr (sizeof(T) == 8) _mm512_mask_storeu_epi64(p, static_cast<__mmask8>(mask), (__m512i)v);
#else
#if defined(__AVX2__)
  if constexpr (sizeof(T) == 4) {
    return _mm256_maskstore_epi32(reinterpret_cast<int*>(p), first_lanes<int32_t>(n), (__m256i)v);
  } else if constexpr (sizeof(T) == 8) {
    return _mm256_maskstore_epi64(reinterpret_cast<long long*>(p), first_lanes<int64_t>(n), (__m256i)v);
  }
#endif
  for (int64_t i = 0; i < n; ++i) p[i] = v[i];
#endif
}

// a * b + c for floating-point vectors, rounded once where the instruction set can.
template <typename V>
LAMINA_INLINE V fma(V a, V b, V c) {
#if defined(__AVX512F__)
  if constexpr (sizeof(Lane<V>) == 4)
    return (V)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
  else
    return (V)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c);
#elif defined(__FMA__)
  if constexpr (sizeof(Lane<V>) == 4)
    return (V)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
  else
    return (V)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c);
#elif defined(__ARM_NEON) && defined(__aarch64__)
  if constexpr (sizeof(Lane<V>) == 4)
    return (V)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
  else
    return (V)vfmaq_f64((float64x2_t)c, (float64x2_t)a, (float64x2_t)b);
#else
  return a * b + c;
#endif
}

// The sum of all lanes, upper half onto lower half until one is left: the same order whatever the compiler.
template <typename V, typename T = Lane<V>>
LAMINA_INLINE T sum_lanes(V v) {
  if constexpr (sizeof(V) == 2 * sizeof(T)) {
    return v[0] + v[1];
  } else {
    typedef T Half __attribute__((vector_size(sizeof(V) / 2)));
    Half half[2];
    __builtin_memcpy(&half, &v, sizeof v);
    return sum_lanes(half[0] + half[1]);
  }
}

}  // namespace lamina::LAMINA_ISA
