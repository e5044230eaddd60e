#pragma once

#include <cstdint>

// Factorizations of one small matrix, row-major, in place; called by one worker.
namespace lamina {

// a (m, n) becomes r, its upper triangle; q (m, m) with q r = a (Householder's reflections). `spare` holds 2 m numbers.
void factor_qr(double* a, double* q, double* spare, int64_t m, int64_t n);

// Symmetric a (n, n): its eigenvalues stand on the diagonal afterwards, the eigenvectors in the columns of v (Jacobi's
// rotations).
void factor_symmetric(double* a, double* v, int64_t n);

// a (m, n), m >= n, becomes u s, v (n, n) with u s vᵀ the old a (Hestenes 1958: rotations of columns until they are
// orthogonal).
void factor_singular(double* a, double* v, int64_t m, int64_t n);

// Makes columns `first`.. of q (m, columns) unit vectors that are orthogonal to those before.
void complete_basis(double* q, int64_t m, int64_t columns, int64_t first);

}  // namespace lamina
