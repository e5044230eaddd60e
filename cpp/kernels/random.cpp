#include "kernels/random.h"

#include "kernels/special.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace lamina::LAMINA_ISA {
namespace {

constexpr int kChunkBlocks = 64;
constexpr int kChunkWords = 4 * kChunkBlocks;

// One 32-bit word of each of several blocks, in the low halves of 64-bit lanes; the high halves hold anything.
using Words = Vec<uint64_t>;
constexpr int kBlocks = kLanes<uint64_t>;

// The 64-bit products of the low halves with m.
LAMINA_INLINE Words multiply(Words x, uint32_t m) {
#if defined(__AVX512F__)
  return (Words)_mm512_maskz_mul_epu32(0xff, (__m512i)x, _mm512_set1_epi64(m));  // maskz: GCC 12 warns of the plain one
#elif defined(__AVX2__)
  return (Words)_mm256_mul_epu32((__m256i)x, _mm256_set1_epi64x(m));
#elif defined(__SSE2__)
  return (Words)_mm_mul_epu32((__m128i)x, _mm_set1_epi64x(m));
#else
  return (x & 0xffffffffu) * m;
#endif
}

// Words a of each block followed by words b.
LAMINA_INLINE Words join(Words a, Words b) {
  return (a & 0xffffffffu) | (b << 32);
}

// Lanes 0, 2, ... of a and b in turn if `odd` is 0, lanes 1, 3, ... if it is 1.
LAMINA_INLINE Words interleave(Words a, Words b, int odd) {
  Words mixed{};
#if defined(__clang__)
  for (int i = 0; i < kBlocks; ++i) mixed[i] = (i % 2 == 0 ? a : b)[i / 2 * 2 + odd];
#else
  Words from{};
  for (int i = 0; i < kBlocks; ++i) from[i] = static_cast<uint64_t>(i / 2 * 2 + odd + i % 2 * kBlocks);
  mixed = __builtin_shuffle(a, b, from);
#endif
  return mixed;
}

// kChunkWords words of the stream, from block `first` on, a multiple of kChunkBlocks. Some vectors go through the
// rounds side by side: they share the keys and hide each other's latency.
LAMINA_INLINE void philox(RandomStream stream, uint64_t first, uint32_t* words) {
  constexpr int kSideBySide = kVectorRegisters / 8;
  Words block{};  // arranged so that `interleave` puts the blocks in order
  for (int i = 0; i < kBlocks; ++i) block[i] = static_cast<uint64_t>(i / 2 + i % 2 * (kBlocks / 2));
  for (int b = 0; b < kChunkBlocks; b += kSideBySide * kBlocks) {
    Words c0[kSideBySide], c1[kSideBySide], c2[kSideBySide], c3[kSideBySide];
    for (int v = 0; v < kSideBySide; ++v) {
      c0[v] = block + (first + static_cast<uint64_t>(b + v * kBlocks));
      c1[v] = broadcast(first >> 32);
      c2[v] = broadcast(stream.counter);
      c3[v] = broadcast(stream.counter >> 32);
    }
    uint32_t k0 = static_cast<uint32_t>(stream.key), k1 = static_cast<uint32_t>(stream.key >> 32);
    for (int round = 0; round < 10; ++round) {
      for (int v = 0; v < kSideBySide; ++v) {
        const Words p0 = multiply(c0[v], 0xD2511F53u), p1 = multiply(c2[v], 0xCD9E8D57u);
        c0[v] = (p1 >> 32) ^ c1[v] ^ k0;
        c1[v] = p1;
        c2[v] = (p0 >> 32) ^ c3[v] ^ k1;
        c3[v] = p0;
      }
      k0 += 0x9E3779B9u;
      k1 += 0xBB67AE85u;
    }
    for (int v = 0; v < kSideBySide; ++v) {
      const Words front = join(c0[v], c1[v]), back = join(c2[v], c3[v]);
      const Words halves[2] = {interleave(front, back, 0), interleave(front, back, 1)};
      __builtin_memcpy(words + 4 * (b + v * kBlocks), halves, sizeof halves);
    }
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
    LAMINA_INDEPENDENT
    for (int64_t i = 0; i < count; ++i) {
      const T kept = from[i] * scale;
      to[i] = static_cast<int32_t>(words[i] >> 8) >= least ? kept : T(0);
    }
  });
}

template <typename T>
void bernoulli(RandomStream stream, int64_t begin, int64_t n, const T* p, T* out) {
  for_chunks<kWordsOf<T>>(stream, begin, n, [=](const uint32_t* words, int64_t offset, int64_t count) {
    const T* from = p + offset;
    T* to = out + offset;
    LAMINA_INDEPENDENT
    for (int64_t i = 0; i < count; ++i) to[i] = unit(words, i, T{}) < from[i] ? T(1) : T(0);
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
constexpr FloatRandomKernels<T> kTable = {uniform<T>, normal<T>, dropout<T>, bernoulli<T>};

}  // namespace

const RandomKernels random_kernels = {{kTable<float>, kTable<double>}, integers};

}  // namespace lamina::LAMINA_ISA
