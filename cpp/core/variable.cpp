#include "core/variable.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

namespace lamina {

namespace {
constexpr int64_t kAlignment = 64;
}

Buffer::Buffer(int64_t bytes) : bytes_(bytes) {
  const int64_t rounded = std::max<int64_t>(kAlignment, (bytes + kAlignment - 1) / kAlignment * kAlignment);
  data_ = std::aligned_alloc(kAlignment, static_cast<size_t>(rounded));
  if (data_ == nullptr) throw std::bad_alloc();
  std::memset(data_, 0, static_cast<size_t>(rounded));
}

Buffer::~Buffer() {
  std::free(data_);
}

}  // namespace lamina
