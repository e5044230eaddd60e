#include "kernels/reduce.h"

#include "kernels/combine.h"
#include "kernels/first_of.h"

namespace lamina::LAMINA_ISA {
namespace {

// --- rows ----------------------------------------------------------------------------------------------------------

constexpr int kAccumulators = 8;
constexpr int64_t kRounds = 64;  // vectors that an accumulator takes before it is put aside
constexpr int64_t kShort = 4;    // rows up to this long go one element after the other

template <typename Op, typename Acc, typename In>
LAMINA_INLINE Acc reduce_row(const In* x, int64_t n) {
  constexpr int64_t kStep = kLanes<Acc>, kRound = kAccumulators * kStep;
  if (n <= kShort) {
    Acc acc = Op::template kIdentity<Acc>;
    for (int64_t i = 0; i < n; ++i) acc = Op::combine(acc, static_cast<Acc>(x[i]));
    return acc;
  }
  Vec<Acc> total = broadcast(Op::template kIdentity<Acc>);
  int64_t i = 0;
  while (n - i >= kRound) {
    const int64_t end = n - i < kRounds * kRound ? i + (n - i) / kRound * kRound : i + kRounds * kRound;
    Vec<Acc> acc[kAccumulators];
    for (auto& each : acc) each = broadcast(Op::template kIdentity<Acc>);
    for (; i < end; i += kRound) {
      for (int a = 0; a < kAccumulators; ++a) acc[a] = Op::combine(acc[a], load_as<Acc>(x + i + a * kStep));
    }
    total = Op::combine(total, combine_tree<Op, kAccumulators>(acc));
  }
  for (; i + kStep <= n; i += kStep) total = Op::combine(total, load_as<Acc>(x + i));
  if (i < n) total = Op::combine(total, load_part<Acc>(x + i, n - i, Op::template kIdentity<Acc>));
  return across_lanes(total, [](Vec<Acc> a, Vec<Acc> b) { return Op::combine(a, b); })[0];
}

// Acc is Out, but unsigned where that is an integer whose sum may wrap around.
template <typename Op, typename Acc, typename In, typename Out>
void rows(const In* x, int64_t rows, int64_t n, int64_t stride, Out* out) {
  for (int64_t r = 0; r < rows; ++r) {
    out[r] = static_cast<Out>(Op::combine(static_cast<Acc>(out[r]), reduce_row<Op, Acc>(x + r * stride, n)));
  }
}

// --- columns -------------------------------------------------------------------------------------------------------

constexpr int kTogether = 8;           // rows combined with each other before they meet the output
constexpr int64_t kRowBlock = 1024;    // rows combined before they meet what the blocks before gave
constexpr int64_t kColumnTile = 1024;  // elements of the output that stay in the first-level cache

// A vector of columns, kTogether rows from x on; `load` reads one row's.
template <typename Op, typename Acc, typename In, typename Load>
LAMINA_INLINE Vec<Acc> combine_rows(const In* x, int64_t stride, Load load) {
  Vec<Acc> v[kTogether];
  for (int r = 0; r < kTogether; ++r) v[r] = load(x + r * stride);
  return combine_tree<Op, kTogether>(v);
}

template <typename Op, typename Acc, typename In>
void add_columns(const In* x, int64_t rows, int64_t n, int64_t stride, Acc* out) {
  const int64_t whole = n / kLanes<Acc> * kLanes<Acc>, rest = n - whole;
  const auto load_whole = [](const In* p) { return load_as<Acc>(p); };
  const auto load_rest = [rest](const In* p) { return load_part<Acc>(p, rest, Acc(0)); };
  int64_t r = 0;
  for (; r + kTogether <= rows; r += kTogether) {
    const In* from = x + r * stride;
    for (int64_t j = 0; j < whole; j += kLanes<Acc>) {
      store(out + j, Op::combine(load(out + j), combine_rows<Op, Acc>(from + j, stride, load_whole)));
    }
    if (rest > 0) {
      const Vec<Acc> sum = load_part<Acc>(out + whole, rest, Acc(0));
      store_partial(out + whole, Op::combine(sum, combine_rows<Op, Acc>(from + whole, stride, load_rest)), rest);
    }
  }
  for (; r < rows; ++r) {
    const In* from = x + r * stride;
    for (int64_t j = 0; j < whole; j += kLanes<Acc>) store(out + j, Op::combine(load(out + j), load_whole(from + j)));
    for (int64_t j = whole; j < n; ++j) out[j] = Op::combine(out[j], static_cast<Acc>(from[j]));
  }
}

template <typename Op, typename Acc, typename In, typename Out>
void columns(const In* x, int64_t rows, int64_t n, int64_t stride, Out* out) {
  Acc* total = reinterpret_cast<Acc*>(out);  // differs from Out in signedness only
  // Narrow and dense: several rows one after the other are one row of a wider matrix, folded at the end.
  const int64_t together = stride == n && n < kNarrow && n > 0 ? 2 * kNarrow / n : 1;
  const int64_t width = together * n, wide_rows = together > 1 || rows > kRowBlock ? rows / together : 0;
  Acc sum[kColumnTile];
  for (int64_t j = 0; j < width; j += kColumnTile) {
    const int64_t tile = width - j < kColumnTile ? width - j : kColumnTile;
    for (int64_t r = 0; r < wide_rows; r += kRowBlock) {
      const int64_t block = wide_rows - r < kRowBlock ? wide_rows - r : kRowBlock;
      for (int64_t i = 0; i < tile; ++i) sum[i] = Op::template kIdentity<Acc>;
      add_columns<Op>(x + r * together * stride + j, block, tile, together * stride, sum);
      for (int64_t i = 0, column = j % n; i < tile; ++i) {
        total[column] = Op::combine(total[column], sum[i]);
        if (++column == n) column = 0;
      }
    }
  }
  const int64_t done = wide_rows * together;
  for (int64_t j = 0; j < n; j += kColumnTile) {
    add_columns<Op>(x + done * stride + j, rows - done, n - j < kColumnTile ? n - j : kColumnTile, stride, total + j);
  }
}

// --- the table -----------------------------------------------------------------------------------------------------

// Integers add and multiply as unsigned ones: they wrap around, which signed ones may not.
template <typename T>
struct WrappingOf {
  using Type = T;
};
template <>
struct WrappingOf<int32_t> {
  using Type = uint32_t;
};
template <>
struct WrappingOf<int64_t> {
  using Type = uint64_t;
};

template <typename Op, typename In, typename Out, typename Acc>
constexpr ReduceKernel<In, Out> kKernel = {rows<Op, Acc, In, Out>, columns<Op, Acc, In, Out>};

template <typename T, typename S = typename SumOf<T>::Type, typename Acc = typename WrappingOf<S>::Type>
constexpr ReduceKernels<T> kTable = {kKernel<Sum, T, S, Acc>,   kKernel<Product, T, S, Acc>, kKernel<Maximum, T, T, T>,
                                     kKernel<Minimum, T, T, T>, rows<Residue, T, T, T>,      first_of<T>};

}  // namespace

const PerType<ReduceKernels> reduce_kernels = {
    {kTable<float>, kTable<double>}, kTable<int32_t>, kTable<int64_t>, kTable<uint8_t>};

}  // namespace lamina::LAMINA_ISA
