#include "ops/shape/view.h"

#include "ops/checks.h"
#include "ops/strided.h"

namespace lamina {
namespace {

constexpr int64_t kTile = 16;  // of 4-byte items: a cache line

template <typename T>
void transpose_tile(T* to, const T* from, int64_t stride, int64_t columns, int64_t height, int64_t width) {
  T tile[kTile][kTile];  // so that whole cache lines are read and written
  for (int64_t j = 0; j < width; ++j) {
    for (int64_t i = 0; i < height; ++i) tile[i][j] = from[j * stride + i];
  }
  for (int64_t i = 0; i < height; ++i) {
    for (int64_t j = 0; j < width; ++j) to[i * columns + j] = tile[i][j];
  }
}

// to[i * columns + j] = from[i + j * stride]
template <typename T>
void transpose(T* to, const T* from, int64_t stride, int64_t columns, Range rows) {
  for (int64_t r = rows.begin; r < rows.end; r += kTile) {
    const int64_t height = std::min(kTile, rows.end - r);
    for (int64_t c = 0; c < columns; c += kTile) {
      const int64_t width = std::min(kTile, columns - c);
      T* corner = to + r * columns + c;
      if (height == kTile && width == kTile) {
        transpose_tile(corner, from + c * stride + r, stride, columns, kTile, kTile);
      } else {
        transpose_tile(corner, from + c * stride + r, stride, columns, height, width);
      }
    }
  }
}

}  // namespace

StepKernel copy_view(const NodeInfo& info, const View& view) {
  const TensorType& type = info.outputs[0];
  const StridedWalk<1> walk(type.shape, {view.strides});
  StepKernel kernel;
  kernel.nanoseconds = io_ns(info, walk.inner_stride(0) == 1 ? 0 : 0.3);
  visit_item(type.dtype, [&](auto item) {
    using T = decltype(item);
    if (walk.rank() == 2 && walk.axis_stride(0, 1) == 1 && walk.inner_stride(0) != 0) {
      kernel.run = [walk, offset = view.offset](const StepData& data, Worker worker, int) {
        transpose(data.out<T>(), data.in<T>(0) + offset, walk.inner_stride(0), walk.inner_size(),
                  worker.share(walk.axis_size(1), kTile));
      };
    } else {
      kernel.run = [walk, size = type.size(), offset = view.offset](const StepData& data, Worker worker, int) {
        const T* from = data.in<T>(0) + offset;
        T* to = data.out<T>();
        walk.run(worker.share(size, 64), [&](int64_t position, const std::array<int64_t, 1>& at, int64_t count) {
          gather_row(to + position, from + at[0], walk.inner_stride(0), count);
        });
      };
    }
  });
  return kernel;
}

}  // namespace lamina
