#include "core/claims.h"

namespace lamina {

namespace {

constexpr uint64_t kFirst = uint64_t{1} << 32, kEnd = kFirst - 1;

// Takes the first or the last of the pieces left; -1: there is none. What pieces read and write is made known by
// barriers, not by this word.
int take(std::atomic<uint64_t>& left, bool first) {
  uint64_t word = left.load(std::memory_order_relaxed);
  do {
    if (word >> 32 >= (word & kEnd)) return -1;
  } while (!left.compare_exchange_weak(word, first ? word + kFirst : word - 1, std::memory_order_relaxed));
  return static_cast<int>(first ? word >> 32 : (word & kEnd) - 1);
}

}  // namespace

Claims::Claims(int workers) : workers_(workers), rest_(new Rest[static_cast<size_t>(workers)]) {}

Claims::Claim Claims::begin(Worker worker, int pieces) const {
  const bool alone = worker.count == 1 || worker.count > workers_;  // nobody to share with, or no room for all
  if (!alone) rest_[worker.index].word.store(static_cast<uint64_t>(pieces), std::memory_order_relaxed);
  return {worker, pieces, alone ? -1 : 0, worker.index, -1};
}

bool Claims::next(Claim& claim) const {
  if (claim.turn < 0) return ++claim.number < claim.pieces;
  for (; claim.turn < claim.worker.count; ++claim.turn) {
    claim.owner = (claim.worker.index + claim.turn) % claim.worker.count;
    claim.number = take(rest_[claim.owner].word, claim.turn == 0);
    if (claim.number >= 0) return true;
  }
  return false;
}

}  // namespace lamina
