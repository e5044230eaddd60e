#pragma once

#include <atomic>
#include <memory>

#include "core/worker.h"

namespace lamina {

// Work in pieces that workers claim: each its own in order, then, one by one, the last that others have left, so that
// nobody waits long for a worker whose core is slower or busy. Who computes a piece must not matter, and a barrier must
// follow before the same claims, of which copies are no others, are used again.
class Claims {
 public:
  explicit Claims(int workers);

  // Calls piece(owner, number) for those pieces that fall to this worker, of 0..pieces - 1 of each of worker.count.
  template <typename Piece>
  void run(Worker worker, int pieces, const Piece& piece) const {
    for (Claim claim = begin(worker, pieces); next(claim);) piece(claim.owner, claim.number);
  }

 private:
  // Pieces first..end - 1 in one word, on a cache line of its own. None is left when a worker is done; so it is until
  // its owner fills it again.
  struct alignas(64) Rest {
    std::atomic<uint64_t> word{0};
  };
  struct Claim {
    Worker worker;
    int pieces;
    int turn;  // how many others it has helped out; negative: it is on its own
    int owner, number;
  };
  Claim begin(Worker worker, int pieces) const;
  bool next(Claim& claim) const;

  int workers_;
  std::shared_ptr<Rest[]> rest_;
};

}  // namespace lamina
