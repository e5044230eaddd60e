#include "core/variable.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

#ifdef __linux__
#include <sys/mman.h>
#endif

namespace lamina {

namespace {

constexpr int64_t kAlignment = 64, kHugePage = 2 << 20;

// Products walk over many rows at once, each of which begins another small page.
void prefer_huge_pages([[maybe_unused]] void* data, [[maybe_unused]] int64_t bytes) {
#ifdef __linux__
  if (bytes >= kHugePage) madvise(data, static_cast<size_t>(bytes / kHugePage * kHugePage), MADV_HUGEPAGE);
#endif
}

}  // namespace

Buffer::Buffer(int64_t bytes) : bytes_(bytes) {
  const int64_t alignment = bytes < kHugePage ? kAlignment : kHugePage;
  const int64_t rounded = std::max(alignment, (bytes + alignment - 1) / alignment * alignment);
  data_ = std::aligned_alloc(static_cast<size_t>(alignment), static_cast<size_t>(rounded));
  if (data_ == nullptr) throw std::bad_alloc();
  prefer_huge_pages(data_, bytes);
  std::memset(data_, 0, static_cast<size_t>(bytes));
}

Buffer::~Buffer() {
  std::free(data_);
}

}  // namespace lamina
