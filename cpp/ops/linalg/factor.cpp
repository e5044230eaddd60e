#include "ops/linalg/factor.h"

#include <algorithm>
#include <cmath>

namespace lamina {
namespace {

constexpr int kMostSweeps = 40;

void set_identity(double* x, int64_t n) {
  std::fill(x, x + n * n, 0.0);
  for (int64_t i = 0; i < n; ++i) x[i * n + i] = 1;
}

// Applies I - tau v vᵀ, v living in rows from.. , to the columns of x (m, n) from `column` on.
void reflect(double* x, const double* v, double tau, int64_t from, int64_t m, int64_t n, int64_t column) {
  for (int64_t c = column; c < n; ++c) {
    double dot = 0;
    for (int64_t i = from; i < m; ++i) dot += v[i] * x[i * n + c];
    for (int64_t i = from; i < m; ++i) x[i * n + c] -= tau * dot * v[i];
  }
}

struct Rotation {
  double cosine, sine;
};

// The rotation that makes [[a, c], [c, b]] diagonal (Golub, Van Loan, 8.5).
Rotation rotation(double a, double b, double c) {
  const double zeta = (b - a) / (2 * c);
  const double t = (zeta >= 0 ? 1 : -1) / (std::abs(zeta) + std::sqrt(1 + zeta * zeta));
  const double cosine = 1 / std::sqrt(1 + t * t);
  return {cosine, cosine * t};
}

void rotate(double& p, double& q, Rotation r) {
  const double old = p;
  p = r.cosine * old - r.sine * q;
  q = r.sine * old + r.cosine * q;
}

}  // namespace

void factor_qr(double* a, double* q, double* spare, int64_t m, int64_t n) {
  set_identity(q, m);
  const int64_t count = std::min(m - 1, n);
  double *v = spare, *tau = spare + m;
  for (int64_t j = 0; j < count; ++j) {
    double below = 0;
    for (int64_t i = j + 1; i < m; ++i) below += a[i * n + j] * a[i * n + j];
    tau[j] = 0;
    if (below == 0) continue;
    const double alpha = a[j * n + j], norm = std::sqrt(alpha * alpha + below);
    const double beta = alpha > 0 ? -norm : norm;
    tau[j] = (beta - alpha) / beta;
    v[j] = 1;
    for (int64_t i = j + 1; i < m; ++i) v[i] = a[i * n + j] / (alpha - beta);
    reflect(a, v, tau[j], j, m, n, j);
    for (int64_t i = j + 1; i < m; ++i) a[i * n + j] = v[i];  // kept below the diagonal for q
  }
  for (int64_t j = count - 1; j >= 0; --j) {
    v[j] = 1;
    for (int64_t i = j + 1; i < m; ++i) v[i] = a[i * n + j];
    reflect(q, v, tau[j], j, m, m, j);
    for (int64_t i = j + 1; i < m; ++i) a[i * n + j] = 0;
  }
}

void factor_symmetric(double* a, double* v, int64_t n) {
  set_identity(v, n);
  for (int sweep = 0; sweep < kMostSweeps; ++sweep) {
    bool rotated = false;
    for (int64_t p = 0; p < n; ++p) {
      for (int64_t q = p + 1; q < n; ++q) {
        const double c = a[p * n + q], scale = std::sqrt(std::abs(a[p * n + p] * a[q * n + q]));
        if (!(std::abs(c) > 1e-16 * scale) || std::abs(c) < 1e-300) continue;
        rotated = true;
        const Rotation r = rotation(a[p * n + p], a[q * n + q], c);
        for (int64_t i = 0; i < n; ++i) rotate(a[i * n + p], a[i * n + q], r);
        for (int64_t i = 0; i < n; ++i) rotate(a[p * n + i], a[q * n + i], r);
        for (int64_t i = 0; i < n; ++i) rotate(v[i * n + p], v[i * n + q], r);
      }
    }
    if (!rotated) return;
  }
}

void factor_singular(double* a, double* v, int64_t m, int64_t n) {
  set_identity(v, n);
  for (int sweep = 0; sweep < kMostSweeps; ++sweep) {
    bool rotated = false;
    for (int64_t p = 0; p < n; ++p) {
      for (int64_t q = p + 1; q < n; ++q) {
        double pp = 0, qq = 0, pq = 0;
        for (int64_t i = 0; i < m; ++i) {
          pp += a[i * n + p] * a[i * n + p];
          qq += a[i * n + q] * a[i * n + q];
          pq += a[i * n + p] * a[i * n + q];
        }
        if (!(std::abs(pq) > 1e-16 * std::sqrt(pp * qq)) || std::abs(pq) < 1e-300) continue;
        rotated = true;
        const Rotation r = rotation(pp, qq, pq);
        for (int64_t i = 0; i < m; ++i) rotate(a[i * n + p], a[i * n + q], r);
        for (int64_t i = 0; i < n; ++i) rotate(v[i * n + p], v[i * n + q], r);
      }
    }
    if (!rotated) return;
  }
}

void complete_basis(double* q, int64_t m, int64_t columns, int64_t first) {
  const double enough = 0.5 / std::sqrt(static_cast<double>(m));  // what some unit vector always has left
  int64_t unit = 0;
  for (int64_t c = first; c < columns; ++c) {
    for (double norm = 0; norm < enough && unit < m; ++unit) {
      for (int64_t i = 0; i < m; ++i) q[i * columns + c] = i == unit ? 1 : 0;
      for (int repeat = 0; repeat < 2; ++repeat) {
        for (int64_t k = 0; k < c; ++k) {
          double dot = 0;
          for (int64_t i = 0; i < m; ++i) dot += q[i * columns + k] * q[i * columns + c];
          for (int64_t i = 0; i < m; ++i) q[i * columns + c] -= dot * q[i * columns + k];
        }
      }
      norm = 0;
      for (int64_t i = 0; i < m; ++i) norm += q[i * columns + c] * q[i * columns + c];
      norm = std::sqrt(norm);
      for (int64_t i = 0; i < m && norm >= enough; ++i) q[i * columns + c] /= norm;
    }
  }
}

}  // namespace lamina
