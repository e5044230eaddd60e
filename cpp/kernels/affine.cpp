#include "kernels/affine.h"

#include "kernels/vec.h"

namespace lamina::LAMINA_ISA {
namespace {

LAMINA_INLINE int64_t modulo(int64_t a, int64_t n) {
  const int64_t rest = a % n;
  return rest < 0 ? rest + n : rest;
}

// The place that stands for one beyond the edges; -1: none does.
LAMINA_INLINE int64_t inside(int64_t place, int64_t size, FillMode fill) {
  if (place >= 0 && place < size) return place;
  switch (fill) {
    case FillMode::kConstant:
      return -1;
    case FillMode::kNearest:
      return place < 0 ? 0 : size - 1;
    case FillMode::kWrap:
      return modulo(place, size);
    case FillMode::kMirror: {
      if (size == 1) return 0;
      const int64_t along = modulo(place, 2 * size - 2);
      return along < size ? along : 2 * size - 2 - along;
    }
    case FillMode::kReflect:
      break;
  }
  const int64_t along = modulo(place, 2 * size);
  return along < size ? along : 2 * size - 1 - along;
}

// The one or two places along an axis that a coordinate lies at or between.
template <typename T>
struct Between {
  int64_t count, place[2];
  T weight[2];

  LAMINA_INLINE Between(T coordinate, int64_t size, const AffineImages& images) {
    constexpr T kFar = T(1 << 30);  // what is not a number is far away, too
    const T near = coordinate > -kFar ? (coordinate < kFar ? coordinate : kFar) : -kFar;
    if (images.nearest) {  // halves away from zero
      count = 1;
      place[0] = inside(static_cast<int64_t>(near < 0 ? near - T(0.5) : near + T(0.5)), size, images.fill);
      weight[0] = 1;
      return;
    }
    count = 2;
    const int64_t whole = static_cast<int64_t>(near), low = whole - (near < static_cast<T>(whole));
    weight[1] = near - static_cast<T>(low);
    weight[0] = 1 - weight[1];
    place[0] = inside(low, size, images.fill);
    place[1] = inside(low + 1, size, images.fill);
  }
};

// Where one pixel of the output comes from.
template <typename T>
struct Source {
  Between<T> rows, columns;
  int64_t width;

  LAMINA_INLINE Source(const AffineImages& images, const T* t, T x, T y)
      : rows(t[3] * x + t[4] * y + t[5], images.height, images),
        columns(t[0] * x + t[1] * y + t[2], images.width, images),
        width(images.width) {}
  // The pixel of the input, -1 where there is none.
  LAMINA_INLINE int64_t pixel(int64_t i, int64_t j) const {
    return rows.place[i] >= 0 && columns.place[j] >= 0 ? rows.place[i] * width + columns.place[j] : -1;
  }
  // f(pixel of the input or -1, weight)
  template <typename F>
  LAMINA_INLINE void each(F f) const {
    for (int64_t i = 0; i < rows.count; ++i) {
      for (int64_t j = 0; j < columns.count; ++j) f(pixel(i, j), rows.weight[i] * columns.weight[j]);
    }
  }
};

template <typename T>
void forward(const AffineImages& images, const T* transforms, T fill_value, const T* x, T* y, int64_t begin,
             int64_t end) {
  const int64_t n = images.channels, size = images.height * images.width * n, length = images.width * n;
  __builtin_memset(y + begin * length, 0, sizeof(T) * static_cast<uint64_t>((end - begin) * length));
  for (int64_t line = begin; line < end; ++line) {
    const int64_t image = line / images.height, row = line % images.height;
    const T* from = x + image * size;
    for (int64_t column = 0; column < images.width; ++column) {
      T* to = y + line * length + column * n;
      const Source<T> source(images, transforms + 8 * image, static_cast<T>(column), static_cast<T>(row));
      source.each([=](int64_t pixel, T weight) {
        for (int64_t c = 0; c < n; ++c) to[c] += weight * (pixel < 0 ? fill_value : from[pixel * n + c]);
      });
    }
  }
}

template <typename T>
void backward(const AffineImages& images, const T* transforms, const T* dy, T* dx, int64_t begin, int64_t end) {
  const int64_t n = images.channels, size = images.height * images.width * n;
  __builtin_memset(dx + begin * size, 0, sizeof(T) * static_cast<uint64_t>((end - begin) * size));
  for (int64_t image = begin; image < end; ++image) {
    T* to = dx + image * size;
    const T* from = dy + image * size;
    for (int64_t row = 0; row < images.height; ++row) {
      for (int64_t column = 0; column < images.width; ++column, from += n) {
        const Source<T> source(images, transforms + 8 * image, static_cast<T>(column), static_cast<T>(row));
        source.each([=](int64_t pixel, T weight) {
          for (int64_t c = 0; pixel >= 0 && c < n; ++c) to[pixel * n + c] += weight * from[c];
        });
      }
    }
  }
}

template <typename T>
void by_transforms(const AffineImages& images, const T* transforms, T fill_value, const T* x, const T* dy, T* slopes,
                   int64_t begin, int64_t end) {
  const int64_t n = images.channels, size = images.height * images.width * n;
  for (int64_t image = begin; image < end; ++image) {
    double sums[8] = {};
    const T *from = x + image * size, *slope = dy + image * size;
    for (int64_t row = 0; row < images.height && !images.nearest; ++row) {
      for (int64_t column = 0; column < images.width; ++column, slope += n) {
        const Source<T> source(images, transforms + 8 * image, static_cast<T>(column), static_cast<T>(row));
        double right = 0, down = 0;  // the gradient by the place that the pixel comes from
        for (int64_t c = 0; c < n; ++c) {
          const auto value = [&](int64_t i, int64_t j) {
            const int64_t pixel = source.pixel(i, j);
            return pixel < 0 ? fill_value : from[pixel * n + c];
          };
          const T top = value(0, 1) - value(0, 0), bottom = value(1, 1) - value(1, 0);
          const T left = value(1, 0) - value(0, 0), other = value(1, 1) - value(0, 1);
          right += slope[c] * (source.rows.weight[0] * top + source.rows.weight[1] * bottom);
          down += slope[c] * (source.columns.weight[0] * left + source.columns.weight[1] * other);
        }
        const double by[6] = {right * column, right * row, right, down * column, down * row, down};
        for (int i = 0; i < 6; ++i) sums[i] += by[i];
      }
    }
    for (int i = 0; i < 8; ++i) slopes[8 * image + i] = static_cast<T>(sums[i]);
  }
}

template <typename T>
constexpr AffineKernels<T> kTable = {forward<T>, backward<T>, by_transforms<T>};

}  // namespace

const PerFloat<AffineKernels> affine_kernels = {kTable<float>, kTable<double>};

}  // namespace lamina::LAMINA_ISA
