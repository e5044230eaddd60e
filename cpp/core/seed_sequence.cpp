#include "core/seed_sequence.h"

#include <algorithm>
#include <array>

namespace lamina {

namespace {

// A multiplicative hash whose constant changes with every word.
class Hash {
 public:
  Hash(uint32_t constant, uint32_t factor) : constant_(constant), factor_(factor) {}
  uint32_t operator()(uint32_t word) {
    word ^= constant_;
    constant_ *= factor_;
    word *= constant_;
    return word ^ (word >> 16);
  }

 private:
  uint32_t constant_, factor_;
};

uint32_t mix(uint32_t x, uint32_t y) {
  const uint32_t word = 0xca01f9ddu * x - 0x4973f715u * y;
  return word ^ (word >> 16);
}

}  // namespace

uint64_t seed_from(const std::vector<uint32_t>& entropy) {
  std::array<uint32_t, 4> pool = {};
  std::copy_n(entropy.begin(), std::min(entropy.size(), pool.size()), pool.begin());
  Hash in(0x43b0d7e5u, 0x931e8875u);
  for (uint32_t& word : pool) word = in(word);
  for (size_t from = 0; from < pool.size(); ++from) {
    for (size_t to = 0; to < pool.size(); ++to) {
      if (from != to) pool[to] = mix(pool[to], in(pool[from]));
    }
  }
  for (size_t from = pool.size(); from < entropy.size(); ++from) {
    for (uint32_t& word : pool) word = mix(word, in(entropy[from]));
  }
  Hash out(0x8b51f9ddu, 0x58f38dedu);
  const uint64_t low = out(pool[0]);
  return uint64_t{out(pool[1])} << 32 | low;
}

}  // namespace lamina
