#pragma once

#include <algorithm>
#include <cstdint>

namespace lamina {

// Rows of an array, in any order, that a worker will read soon: whoever has the time brings some of them into the
// second cache meanwhile.
class RowQueue {
 public:
  void start(const char* data, int64_t row_bytes, const int64_t* rows, int64_t count) {
    data_ = data, row_bytes_ = row_bytes;
    row_ = rows, end_ = rows + count;
    done_ = 0;
  }

  struct Piece {
    const char* from;  // null: there is nothing left
    int64_t step;      // bytes, at most a line, a multiple of 8
  };
  // A part of the first row for one who fetches `count` times, every time so many bytes further on.
  Piece take(int64_t count) {
    if (row_ == end_ || count == 0) return {nullptr, 0};
    const int64_t step = std::clamp<int64_t>((row_bytes_ - done_) / count / kGrain * kGrain, kGrain, kLine);
    const Piece piece = {data_ + *row_ * row_bytes_ + done_, step};
    done_ += step * count;
    if (done_ >= row_bytes_) ++row_, done_ = 0;
    return piece;
  }

 private:
  static constexpr int64_t kLine = 64, kGrain = 8;

  const char* data_ = nullptr;
  int64_t row_bytes_ = 0;
  const int64_t *row_ = nullptr, *end_ = nullptr;
  int64_t done_ = 0;  // bytes of the first row that somebody has taken
};

}  // namespace lamina
