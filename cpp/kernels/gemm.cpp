#include "kernels/gemm.h"

#include <time.h>

#include "kernels/gemm_dot.h"
#include "kernels/gemm_pack.h"
#include "kernels/gemm_sparse.h"
#include "kernels/gemm_tile.h"

namespace lamina::LAMINA_ISA {

namespace {

double wall_seconds() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// Twelve chains of multiply-adds: enough to keep two units busy at a latency of six cycles.
template <typename T>
double fma_peak(double seconds) {
  constexpr int kChains = 12;
  constexpr int kSteps = 10000;
  volatile T one = 1;  // not known to the compiler, which would simplify the chains away
  const Vec<T> x = broadcast<T>(one);
  Vec<T> sum[kChains];
  for (int c = 0; c < kChains; ++c) sum[c] = broadcast<T>(c * one);
  constexpr double kFlops = 2.0 * kChains * kLanes<T> * kSteps;
  double best = 1;  // second: the shortest of many short runs, so that other programs do not count
  const double end = wall_seconds() + seconds;
  do {
    const double begin = wall_seconds();
    for (int i = 0; i < kSteps; ++i) {
#pragma GCC unroll 16
      for (int c = 0; c < kChains; ++c) sum[c] = fma(sum[c], x, x);
    }
    const double elapsed = wall_seconds() - begin;
    if (elapsed < best) best = elapsed;
  } while (wall_seconds() < end);
  for (int c = 0; c < kChains; ++c) one = sum[c][0];
  return kFlops / best * 1e-9;
}

template <typename T, int kVectors, int kRows = 1>
constexpr void set_tiles(GemmKernels<T>& table) {
  if constexpr (kRows <= max_rows(kVectors == 0 ? 1 : kVectors)) {
    table.tile[kVectors][kRows - 1] = gemm_tile<T, kRows, kVectors>;
    table.max_rows[kVectors] = kRows;
    set_tiles<T, kVectors, kRows + 1>(table);
  }
}

template <typename T>
constexpr GemmKernels<T> make_table() {
  GemmKernels<T> table = {};
  table.lanes = kLanes<T>;
  set_tiles<T, 0>(table);
  set_tiles<T, 1>(table);
  set_tiles<T, 2>(table);
  set_tiles<T, 3>(table);
  set_tiles<T, 4>(table);
  table.dot = gemm_dot<T>;
  table.nonzeros = gemm_nonzeros<T>;
  table.sparse = gemm_sparse<T>;
  table.pack = gemm_pack<T>;
  table.pack_transposed = gemm_pack_transposed<T>;
  table.fma_peak = fma_peak<T>;
  return table;
}

}  // namespace

constexpr PerFloat<GemmKernels> gemm_kernels = {make_table<float>(), make_table<double>()};

}  // namespace lamina::LAMINA_ISA
