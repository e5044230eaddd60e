#pragma once

#include <cstdint>

#include "kernels/per_float.h"

namespace lamina {

// What lies beyond the edges of a row a b c d: a constant, a (d), ...a b c d | a b c d..., ...d c b | a b c d | c b a,
// ...c b a | a b c d | d c b...
enum class FillMode { kConstant, kNearest, kWrap, kMirror, kReflect };

// Images (height, width, channels), each read at other places: the transform (a0, a1, a2, b0, b1, b2, -, -) takes the
// pixel (x, y) of the output from a0 x + a1 y + a2, b0 x + b1 y + b2 of the input, between four pixels or from the one
// nearest to that place.
struct AffineImages {
  int64_t height, width, channels;
  FillMode fill;
  bool nearest;
};

template <typename T>
struct AffineKernels {
  // Rows begin..end-1 of the output, counted over all images.
  void (*forward)(const AffineImages& images, const T* transforms, T fill_value, const T* x, T* y, int64_t begin,
                  int64_t end);
  // Images begin..end-1: dx = the sum of what each dy was taken from, times its weight.
  void (*backward)(const AffineImages& images, const T* transforms, const T* dy, T* dx, int64_t begin, int64_t end);
  // Images begin..end-1: slopes (8 for each image) = the gradient of sum(dy y) by the transforms.
  void (*by_transforms)(const AffineImages& images, const T* transforms, T fill_value, const T* x, const T* dy,
                        T* slopes, int64_t begin, int64_t end);
};

#ifdef LAMINA_ISA
namespace LAMINA_ISA {
extern const PerFloat<AffineKernels> affine_kernels;
}
#endif

}  // namespace lamina
