#include "kernels/random.h"

#include "kernels/special.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace lamina::LAMINA_ISA {
namespace {

using Words = Vec<uint32_t>;

constexpr int kChunkBlocks = 64;
constexpr int kChunkWords = 4 * kChunkBlocks;

// The 64-bit products of the even lanes with m.
LAMINA_INLINE Vec<uint64_t> multiply_even(Words x, uint32_t m) {
#if defined(__AVX512F__)
  return (Vec<uint64_t>)_mm512_maskz_mul_epu32(0xff, (__m512i)x, _mm512_set1_epi64(m));  // maskz: GCC 12 warns of the plain one
#elif defined(__AVX2__)
  return (Vec<uint64_t>)_mm256_mul_epu32((__m256i)x, _mm256_set1_epi64x(m));
#elif defined(__SSE2__)
  return (Vec<uint64_t>)_mm_mul_epu32((__m128i)x, _mm_set1_epi64x(m));
#else
  return ((Vec<uint64_t>)x & 0xffffffffu) * m;
#endif
}

struct Product {
  Words high, low;
};

LAMINA_INLINE Product multiply(Words x, uint32_t m) {
  const Vec<uint64_t> even = multiply_even(x, m), odd = multiply_even((Words)((Vec<uint64_t>)x >> 32), m);
  constexpr uint64_t kHigh = 0xffffffff00000000u;
  return {(Words)((even >> 32) | (odd & kHigh)), (Words)((even & ~kHigh) | (odd << 32))};
}

// kChunkWords words of the stream, from block `first` on, a multiple of kChunkBlocks.
LAMINA_INLINE void philox(RandomStream stream, uint64_t first, uint32_t* words) {
  alignas(64) uint32_t columns[4][kChunkBlocks];
  Words lane;
  for (int i = 0; i < kLanes<uint32_t>; ++i) lane[i] = static_cast<uint32_t>(i);
  for (int b = 0; b < kChunkBlocks; b += kLanes<uint32_t>) {
    Words c0 = lane + static_cast<uint32_t>(first + static_cast<uint64_t>(b));
    Words c1 = broadcast(static_cast<uint32_t>(first >> 32));
    Words c2 = broadcast(static_cast<uint32_t>(stream.counter));
    Words c3 = broadcast(static_cast<uint32_t>(stream.counter >> 32));
    uint32_t k0 = static_cast<uint32_t>(stream.key), k1 = static_cast<uint32_t>(stream.key >> 32);
    for (int round = 0; round < 10; ++round) {
      const Product p0 = multiply(c0, 0xD2511F53u), p1 = multiply(c2, 0xCD9E8D57u);
      c0 = p1.high ^ c1 ^ k0;
      c1 = p1.low;
      c2 = p0.high ^ c3 ^ k1;
      c3 = p0.low;
      k0 += 0x9E3779B9u;
      k1 += 0xBB67AE85u;
    }
    store(columns[0] + b, c0);
    store(columns[1] + b, c1);
    store(columns[2] + b, c2);
    store(columns[3] + b, c3);
  }
  for (int b = 0; b < kChunkBlocks; ++b) {
    for (int w = 0; w < 4; ++w) words[4 * b + w] = columns[w][b];
  }
}

// Calls f(words, offset, count) for chunks of elements, `words` holding the words from the chunk's first element on;
// kWords is how many words an element takes.
template <int kWords, typename F>
LAMINA_INLINE void for_chunks(RandomStream stream, int64_t begin, int64_t n, F f) {
  constexpr int64_t kElements = kChunkWords / kWords;
  alignas(64) uint32_t words[kChunkWords];
  for (int64_t i = 0; i < n; i += kElements) {
    philox(stream, static_cast<uint64_t>(begin + i) * kWords / 4, words);
    f(words, i, n - i < kElements ? n - i : kElements);
  }
}

template <typename T>
constexpr int kWordsOf = sizeof(T) / sizeof(uint32_t);
template <typename T>
constexpr T kUlp = sizeof(T) == 4 ? T(0x1p-24) : T(0x1p-53);

// u(i) of a chunk.
LAMINA_INLINE float unit(const uint32_t* words, int64_t i, float) {
  return static_cast<float>(static_cast<int32_t>(words[i] >> 8)) * kUlp<float>;
}
LAMINA_INLINE double unit(const uint32_t* words, int64_t i, double) {
  const auto high = static_cast<int32_t>(words[2 * i] >> 5), low = static_cast<int32_t>(words[2 * i + 1] >> 6);
  return (static_cast<double>(high) * 0x1p26 + static_cast<double>(low)) * kUlp<double>;
}

template <typename T>
void uniform(RandomStream stream, int64_t begin, int64_t n, T minval, T span, T top, T* out) {
  for_chunks<kWordsOf<T>>(stream, begin, n, [=](const uint32_t* words, int64_t offset, int64_t count) {
    T* to = out + offset;
    for (int64_t i = 0; i < count; ++i) {
      const T value = minval + unit(words, i, T{}) * span;
      to[i] = value < top ? value : top;
    }
  });
}

template <typename T>
void normal(RandomStream stream, int64_t begin, int64_t n, T mean, T stddev, T* out) {
  constexpr int kPairs = kChunkWords / kWordsOf<T> / 2;
  for_chunks<kWordsOf<T>>(stream, begin, n, [=](const uint32_t* words, int64_t offset, int64_t count) {
    alignas(64) T u[kPairs], v[kPairs];
    for (int j = 0; j < kPairs; ++j) {
      u[j] = unit(words, 2 * j, T{}) + kUlp<T>;
      v[j] = unit(words, 2 * j + 1, T{});
    }
    for (int j = 0; j < kPairs; j += kLanes<T>) {
      const Vec<T> radius = sqrt(log(load(u + j)) * T(-2)) * stddev;
      const Vec<T> angle = load(v + j) * T(6.283185307179586);
      store(u + j, radius * cos(angle) + mean);
      store(v + j, radius * sin(angle) + mean);
    }
    for (int64_t i = 0; i < count; ++i) out[offset + i] = i % 2 == 0 ? u[i / 2] : v[i / 2];
  });
}

template <typename T>
void dropout(RandomStream stream, int64_t begin, int64_t n, uint32_t threshold, T scale, const T* x, T* out) {
  const auto least = static_cast<int32_t>(threshold);
  for_chunks<1>(stream, begin, n, [=](const uint32_t* words, int64_t offset, int64_t count) {
    const T* from = x + offset;
    T* to = out + offset;
#pragma GCC ivdep
    for (int64_t i = 0; i < count; ++i) {
      const T kept = from[i] * scale;
      to[i] = static_cast<int32_t>(words[i] >> 8) >= least ? kept : T(0);
    }
  });
}

void integers(RandomStream stream, int64_t begin, int64_t n, int32_t minval, uint32_t span, int32_t* out) {
  for_chunks<1>(stream, begin, n, [=](const uint32_t* words, int64_t offset, int64_t count) {
    for (int64_t i = 0; i < count; ++i) {
      const auto above = static_cast<uint32_t>(static_cast<uint64_t>(words[i]) * span >> 32);
      out[offset + i] = static_cast<int32_t>(static_cast<uint32_t>(minval) + above);
    }
  });
}

template <typename T>
constexpr FloatRandomKernels<T> kTable = {uniform<T>, normal<T>, dropout<T>};

}  // namespace

const RandomKernels random_kernels = {{kTable<float>, kTable<double>}, integers};

}  // namespace lamina::LAMINA_ISA
