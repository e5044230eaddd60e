#pragma once

#include <cstddef>
#include <memory>

namespace lamina::bind {

// An array of a size known when it is made; one of up to N elements allocates nothing.
template <typename T, size_t N>
class Few {
 public:
  explicit Few(size_t size) {
    if (size > N) {
      many_ = std::make_unique<T[]>(size);
      data_ = many_.get();
    }
  }
  Few(const Few&) = delete;
  Few& operator=(const Few&) = delete;

  T* data() { return data_; }
  T& operator[](size_t i) { return data_[i]; }

 private:
  T few_[N];
  std::unique_ptr<T[]> many_;
  T* data_ = few_;
};

}  // namespace lamina::bind
