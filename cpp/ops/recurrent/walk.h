#pragma once

#include <algorithm>
#include <cstring>
#include <functional>

#include "kernels/dispatch.h"
#include "ops/recurrent/recurrence.h"
#include "ops/recurrent/step_product.h"

// The kernels of the recurrent ops: the way through time, forward and back, around a cell's products and step.
namespace lamina {

// A step on the way of some rows: they begin at `first`, and came from time `before`; -1: from the initial state.
struct Place {
  int64_t first, t, before;
};

// The rows of (batch, steps, units) before a step; of the initial state (batch, units) before the first.
template <typename T>
Rows<T> state_before(const Walk& walk, int64_t units, T* initial, T* states, Place place) {
  if (place.before < 0) return {initial + place.first * units, units};
  return walk.at(states, units, place.first, place.before);
}

// Adds up pieces of scratch memory, each of whole cache lines.
template <typename T>
class Layout {
 public:
  int64_t add(int64_t elements) {
    constexpr int64_t kLine = 64 / sizeof(T);
    const int64_t at = size_;
    size_ += (elements + kLine - 1) / kLine * kLine;
    return at;
  }
  int64_t size() const { return size_; }

 private:
  int64_t size_ = 0;
};

// Scratch memory: a part that all workers read, then one for each of them.
template <typename T>
struct WalkScratch {
  Layout<T> shared, own;
  int workers;

  int64_t bytes() const { return (shared.size() + own.size() * workers) * static_cast<int64_t>(sizeof(T)); }
  T* of(T* base, int seat) const { return base + shared.size() + seat * own.size(); }
};

// The sums that gates are taken of: what a step sees times weights, plus a bias. Both lie in the shared memory, the
// results of a block of rows in each worker's own.
template <typename T>
class StepSums : public StepProduct<T> {
 public:
  StepSums(int64_t seen, int64_t columns, WalkScratch<T>& scratch)
      : StepProduct<T>(seen, columns, kernels().gemm.of(T{})),
        packed_(scratch.shared.add(this->packed_size())),
        bias_(scratch.shared.add(this->width())) {}

  void reserve(int64_t rows, WalkScratch<T>& scratch) { results_ = scratch.own.add(rows * this->width()); }

  // Packs this worker's part of `count` rows of weights, to stand from first_row on.
  void pack(const T* weights, int64_t stride, int64_t first_row, int64_t count, T* shared, Worker worker) const {
    StepProduct<T>::pack(weights, stride, first_row, count, shared + packed_, worker);
  }
  T* bias(T* shared) const { return shared + bias_; }

  Rows<const T> of(Rows<const T> seen, int64_t rows, const T* shared, T* own) const {
    this->run(seen.data, seen.stride, shared + packed_, shared + bias_, 0, own + results_, this->width(), rows);
    return {own + results_, this->width()};
  }

 private:
  int64_t packed_, bias_, results_ = 0;
};

// As many rows go through time together as leave what they carry, `elements` each, in cache.
template <typename T>
int64_t rows_together(int64_t elements) {
  constexpr int64_t kBytes = 160 * 1024;
  return std::max<int64_t>(kBytes / static_cast<int64_t>(sizeof(T)) / elements, 12);
}

// Calls f(rows) for blocks of at most so many of them, alike in size.
template <typename F>
void each_block(Range rows, int64_t most, F&& f) {
  const int64_t n = rows.size(), blocks = (n + most - 1) / most;
  for (int64_t b = 0; b < blocks; ++b) f(Range{rows.begin + n * b / blocks, rows.begin + n * (b + 1) / blocks});
}

template <typename T>
void copy_rows(Rows<const T> from, Rows<T> to, int64_t rows, int64_t width) {
  for (int64_t i = 0; i < rows; ++i) std::memcpy(to[i], from[i], static_cast<size_t>(width) * sizeof(T));
}

// Nanoseconds for so many multiply-adds, and for the step's functions of so many units.
template <typename T>
double step_ns(int64_t multiply_adds, int64_t units) {
  return sizeof(T) * (static_cast<double>(multiply_adds) / 200 + 0.6 * static_cast<double>(units));
}

// Cell<T> has what differs from op to op:
//   Cell(info, sizes, scratch)                  lays out its scratch memory for at most `block` rows at once
//   block, nanoseconds                          the latter for a row's step
//   seen_output, gates_output, gates_width      which output keeps what; -1: none does
//   pack(data, shared, worker)                  this worker's part of what all read
//   step(base, data, place, seen, shared, own)  from what is seen, [x, h_before], to h, which replaces the state in it
template <template <typename> class Cell, typename T>
StepKernel walk_forward(const NodeInfo& info, const Recurrence& sizes) {
  WalkScratch<T> scratch{{}, {}, info.workers};
  const Cell<T> cell(info, sizes, scratch);
  const int64_t seen_at = scratch.own.add(cell.block * sizes.seen());
  StepKernel kernel;
  kernel.phases = 2;
  kernel.scratch_bytes = scratch.bytes();
  kernel.nanoseconds = static_cast<double>(sizes.batch * sizes.steps) * cell.nanoseconds;
  const bool keeps_seen = info.is_read(cell.seen_output);
  const bool keeps_gates = cell.gates_output > 0 && info.is_read(static_cast<size_t>(cell.gates_output));
  kernel.run = [=](const StepData& data, Worker worker, int phase) {
    T* const shared = data.scratch<T>();
    if (phase == 0) return cell.pack(data, shared, worker);
    T* const own = scratch.of(shared, data.seat());
    const int64_t features = sizes.features, units = sizes.units, width = sizes.seen();
    const Rows<T> seen{own + seen_at, width}, state{seen.data + features, width};
    const Rows<const T> sees{seen.data, width};
    each_block(worker.share(sizes.batch), cell.block, [&](Range rows) {
      const int64_t first = rows.begin, count = rows.size();
      copy_rows({data.in<T>(4) + first * units, units}, state, count, units);
      for (int64_t step = 0; step < sizes.steps; ++step) {
        const int64_t t = sizes.time(step);
        copy_rows(sizes.at(data.in<T>(0), features, first, t), seen, count, features);
        if (keeps_seen) copy_rows(sees, sizes.at(data.out<T>(cell.seen_output), width, first, t), count, width);
        CellStep<T> base{count, units, {}, state, sizes.at(data.out<T>(), units, first, t), {}};
        if (sizes.mask >= 0) base.mask = sizes.at(data.in<uint8_t>(sizes.mask), 1, first, t);
        if (keeps_gates) {
          base.gates = sizes.at(data.out<T>(cell.gates_output), cell.gates_width, first, t);
        }
        cell.step(base, data, {first, t, step == 0 ? -1 : sizes.time(step - 1)}, sees, shared, own);
      }
    });
  };
  return kernel;
}

// What a backward op's inputs and outputs are. Input 0 has the gates; output 0 is the gradient of the sums, dsums
// (batch, steps, sums_width), output 1 that of h0.
struct BackOp {
  int64_t gates_width, sums_width;
  int dh;      // the input with the gradient of h
  int dcarry;  // the output with the gradient of c0; -1: there is none
  int total;   // the output with dsums added up over time
};

// step(base, data, place, number, carry) computes the gradient of a step's sums; `carry` (block, units) is that of c.
template <typename T, typename Step>
StepKernel walk_back(const NodeInfo& info, const BackRecurrence& sizes, const BackOp& where, const Step& step) {
  const int64_t units = sizes.units;
  const StepProduct<T> product(sizes.columns, units, kernels().gemm.of(T{}));
  const int64_t width = product.width(), dh_steps = info.inputs[where.dh].shape[1];
  WalkScratch<T> scratch{{}, {}, info.workers};
  const int64_t packed = scratch.shared.add(product.packed_size());
  const int64_t block = rows_together<T>(width + sizes.columns + where.sums_width + units);
  const int64_t state_at = scratch.own.add(block * width), back_at = scratch.own.add(block * sizes.columns);
  const int64_t total_at = scratch.own.add(block * where.sums_width), carry_at = scratch.own.add(block * units);
  StepKernel kernel;
  kernel.phases = 2;
  kernel.scratch_bytes = scratch.bytes();
  kernel.nanoseconds = static_cast<double>(sizes.batch * sizes.steps) * step_ns<T>(sizes.columns * units, units);
  kernel.run = [=](const StepData& data, Worker worker, int phase) {
    T* const shared = data.scratch<T>();
    if (phase == 0) {
      return product.pack_transposed(data.in<T>(sizes.kernel), sizes.columns, shared + packed, worker);
    }
    T* const own = scratch.of(shared, data.seat());
    const Rows<T> state{own + state_at, width}, back{own + back_at, sizes.columns};
    const Rows<T> total{own + total_at, where.sums_width}, carry{own + carry_at, units};
    each_block(worker.share(sizes.batch), block, [&](Range rows) {
      const int64_t first = rows.begin, count = rows.size();
      std::fill_n(own, scratch.own.size(), T(0));
      for (int64_t s = sizes.steps - 1; s >= 0; --s) {
        const int64_t t = sizes.time(s);
        CellBackStep<T> base{count, units, {}, {}, {}, state, back, {}, total};
        if (sizes.mask >= 0) base.mask = sizes.at(data.in<uint8_t>(sizes.mask), 1, first, t);
        base.gates = sizes.at(data.in<T>(0), where.gates_width, first, t);
        base.dsums = sizes.at(data.out<T>(0), where.sums_width, first, t);
        base.dh = sizes.last(data.in<T>(where.dh), dh_steps, first, s);
        step(base, data, {first, t, s == 0 ? -1 : sizes.time(s - 1)}, s, carry);
        product.run(back.data, back.stride, shared + packed, state.data, width, state.data, width, count);
      }
      const auto give = [&](int output, Rows<T> result, int64_t size) {
        if (output > 0)
          copy_rows<T>({result.data, result.stride}, {data.out<T>(output) + first * size, size}, count, size);
      };
      give(1, state, units);
      give(where.dcarry, carry, units);
      give(where.total, total, where.sums_width);
    });
  };
  return kernel;
}

}  // namespace lamina
