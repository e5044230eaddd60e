#pragma once

#include <algorithm>
#include <cstdint>

#include "core/worker.h"

namespace lamina {

// Lines of one sample and depth, from column `begin` to column `end`: what a convolution computes at once.
struct ConvBlock {
  int64_t sample, depth, line, lines, begin, end;
  int64_t positions() const { return lines * (end - begin); }
};

// Cuts positions, counted through samples of depths x lines x columns, into blocks of up to `most` whole lines or of a
// part of one, and calls visit(block, first position) for each.
template <typename Visit>
void visit_blocks(Range positions, int64_t depths, int64_t lines, int64_t columns, int64_t most, const Visit& visit) {
  for (int64_t position = positions.begin; position < positions.end;) {
    const int64_t at = position / columns, left = positions.end - position;
    ConvBlock block{at / lines / depths, at / lines % depths, at % lines, 1, position % columns, columns};
    if (block.begin > 0 || left < columns) {
      block.end = std::min(columns, block.begin + left);
    } else {
      block.lines = std::min({most, lines - block.line, left / columns});
    }
    visit(block, position);
    position += block.positions();
  }
}

}  // namespace lamina
