#pragma once

#include <vector>

#include "ops/convolution/band.h"
#include "ops/convolution/tiles.h"

namespace lamina {

// dw of y = x * w: the product of all patches, transposed, with dy, (patch, outputs) (outputs, filters). Tiles read
// both where they lie and go on from line to line. Where dw has few tiles, or is small next to what it sums up, the
// batch is cut into chunks as well, in a way that follows from the sizes alone, and the chunks' sums are added last:
// the bits do not depend on the workers.
template <typename T>
class ConvKernelGrad {
 public:
  ConvKernelGrad(const ConvSizes& sizes, const GemmKernels<T>& kernels);

  int64_t chunks() const { return chunks_; }
  int64_t units() const { return chunks_ * units_per_chunk(); }
  int64_t size() const { return sizes_.patch() * sizes_.filters; }              // elements of dw
  int64_t scratch_size() const { return band_.scratch_size() + packed_size_; }  // for each worker

  // Computes some units, which are tiles of the `chunks` arrays at dw, each of which adds up its samples only.
  void run(const T* x, const T* dy, T* dw, Range units, T* scratch) const;

 private:
  // Neighbouring elements of a patch: as many rows of dw from `row` on, and how far into a patch, counted in x, they
  // begin.
  struct Rows {
    int64_t row, count, offset;
  };
  int64_t units_per_chunk() const { return static_cast<int64_t>(rows_.size() * tiles_.panels().size()); }
  void cut_rows();
  // Sets, or adds what some lines of outputs give to, the tiles of some units of a chunk.
  void clear(T* dw, Range units) const;
  void add_lines(const T* band, const T* dy, int64_t lines, T* dw, Range units, T* packed) const;

  const ConvSizes sizes_;
  const GemmKernels<T>* kernels_;
  const ConvTiles<T> tiles_;
  const ConvBand<T> band_;
  std::vector<Rows> rows_;
  int64_t row_stride_ = 1;  // between such elements
  int64_t chunks_ = 1;
  int64_t packed_size_ = 0;  // of the part of dy that a panel needs; 0: read in place
};

extern template class ConvKernelGrad<float>;
extern template class ConvKernelGrad<double>;

}  // namespace lamina
