#pragma once

#include <cstdint>
#include <vector>

namespace lamina {

// The first 64 bits that a seed sequence of this entropy generates: O'Neill's design ("Developing a seed_seq
// alternative", 2015) with NumPy's constants, so that its SeedSequence gives the same.
uint64_t seed_from(const std::vector<uint32_t>& entropy);

}  // namespace lamina
