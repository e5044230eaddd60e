#pragma once

#include <cstdint>

#include "kernels/per_float.h"

namespace lamina {

// One stream of Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011): block b of four
// words is the cipher of (b, counter) under `key`, both as two 32-bit words, low word first; word i is word i % 4 of
// block i / 4.
struct RandomStream {
  uint64_t key, counter;
};

// Kernels fill elements begin..begin+n-1 of a stream's output; `begin` must be a multiple of kRandomGrain.
constexpr int64_t kRandomGrain = 256;

// u(i), uniform in [0, 1): float32 takes the top 24 bits of word i, float64 the top 27 and 26 bits of words 2i and
// 2i+1.
template <typename T>
struct FloatRandomKernels {
  // minval + u(i) * span, but never above `top`
  void (*uniform)(RandomStream stream, int64_t begin, int64_t n, T minval, T span, T top, T* out);
  // Box and Muller (1958): with r = sqrt(-2 log(u(2j) + ulp)) and a = 2 pi u(2j+1), elements 2j and 2j+1 are
  // mean + stddev * r cos(a) and mean + stddev * r sin(a); ulp is the step of u, so that the logarithm is finite.
  void (*normal)(RandomStream stream, int64_t begin, int64_t n, T mean, T stddev, T* out);
  // out[i] = the top 24 bits of word i >= threshold ? x[i] * scale : 0; out may be x. x, out: elements begin...
  void (*dropout)(RandomStream stream, int64_t begin, int64_t n, uint32_t threshold, T scale, const T* x, T* out);
  // u(i) < p[i] ? 1 : 0; out may be p. p, out: elements begin...
  void (*bernoulli)(RandomStream stream, int64_t begin, int64_t n, const T* p, T* out);
};

struct RandomKernels : PerFloat<FloatRandomKernels> {
  // minval + (word i * span >> 32)
  void (*integers)(RandomStream stream, int64_t begin, int64_t n, int32_t minval, uint32_t span, int32_t* out);
};

#ifdef LAMINA_ISA
namespace LAMINA_ISA {
extern const RandomKernels random_kernels;
}
#endif

}  // namespace lamina
