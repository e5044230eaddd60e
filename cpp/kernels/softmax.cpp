#include "kernels/softmax.h"

#include "kernels/lines.h"

namespace lamina::LAMINA_ISA {
namespace {

template <typename T>
void softmax(const T* x, T* y, Lines lines) {
  each_line<T>(lines, {x}, y, [](const auto& line, const T* const* in, T* out) {
    const Vec<T> sum = exponentiate(line, in[0], out);
    fill(line, out, [&](int64_t i) { return line.get(out, i, 0) / sum; });
  });
}

template <typename T>
void log_softmax(const T* x, T* y, Lines lines) {
  each_line<T>(lines, {x}, y, [](const auto& line, const T* const* in, T* out) {
    const Vec<T> m = max_of(line, in[0]), log_sum = log_sum_exp(line, in[0], m);
    fill(line, out, [&](int64_t i) { return line.get(in[0], i, 0) - m - log_sum; });
  });
}

template <typename T>
void softmax_grad(const T* y, const T* dy, T* dx, Lines lines) {
  each_line<T>(lines, {y, dy}, dx, [](const auto& line, const T* const* in, T* out) {
    const Vec<T> sum = sum_of<T>(line, [&](int64_t i) { return line.get(in[0], i, 0) * line.get(in[1], i, 0); });
    fill(line, out, [&](int64_t i) { return line.get(in[0], i, 0) * (line.get(in[1], i, 0) - sum); });
  });
}

template <typename T>
void log_softmax_grad(const T* y, const T* dy, T* dx, Lines lines) {
  each_line<T>(lines, {y, dy}, dx, [](const auto& line, const T* const* in, T* out) {
    const Vec<T> sum = sum_of_line(line, in[1]);
    fill(line, out, [&](int64_t i) { return line.get(in[1], i, 0) - exp(line.get(in[0], i, 0)) * sum; });
  });
}

template <typename T>
constexpr SoftmaxKernels<T> kTable = {softmax<T>, log_softmax<T>, softmax_grad<T>, log_softmax_grad<T>};

}  // namespace

constinit const PerFloat<SoftmaxKernels> softmax_kernels = {kTable<float>, kTable<double>};

}  // namespace lamina::LAMINA_ISA
