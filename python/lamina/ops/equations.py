"""Linear equations: solutions, inverses, determinants, Cholesky's factor; of stacks of matrices."""

from __future__ import annotations

import numpy as np

from lamina.ops._apply import apply, apply_one, to_common, to_floating
from lamina.ops.math import exp
from lamina.ops.shaping import broadcast_to, expand_dims, squeeze, swapaxes
from lamina.symbolic import operation
from lamina.tensor import TensorBase, TensorLike

__all__ = [
    "cholesky",
    "cholesky_inverse",
    "det",
    "inv",
    "logdet",
    "slogdet",
    "solve",
    "solve_triangular",
]


def _right_hand_sides(a: TensorLike, b: TensorLike) -> tuple[TensorBase, TensorBase, bool]:
    """Return both as stacks of matrices of one dtype, and whether b was of vectors."""
    matrix, right = (to_floating(x) for x in to_common(a, b))
    vectors = right.ndim == matrix.ndim - 1
    return matrix, expand_dims(right, -1) if vectors else right, vectors


@operation
def solve(a: TensorLike, b: TensorLike) -> TensorBase:
    """Return x with a x = b, b of vectors (..., n) or matrices (..., n, k); a singular: not finite.

    By elimination with partial pivoting.
    """
    matrix, right, vectors = _right_hand_sides(a, b)
    x = apply_one("solve", matrix, right)
    return squeeze(x, -1) if vectors else x


@operation
def solve_triangular(a: TensorLike, b: TensorLike, lower: bool = False) -> TensorBase:
    """Return x with a x = b, reading the upper (or lower) triangle of a only."""
    matrix, right, vectors = _right_hand_sides(a, b)
    x = apply_one("solve_triangular", matrix, right, lower=lower)
    return squeeze(x, -1) if vectors else x


@operation
def inv(x: TensorLike) -> TensorBase:
    """Return the inverses of square matrices."""
    matrix = to_floating(x)
    return apply_one("solve", matrix, _identities(matrix))


def _identities(x: TensorBase) -> TensorBase:
    if x.ndim < 2:
        raise ValueError(f"expected matrices, received shape {x.shape}")
    return broadcast_to(np.eye(x.shape[-1], dtype=x.dtype), x.shape)


@operation
def slogdet(x: TensorLike) -> tuple[TensorBase, TensorBase]:
    """Return the signs of determinants and the logarithms of their sizes."""
    sign, logarithm = apply("slogdet", to_floating(x))
    return sign, logarithm


@operation
def det(x: TensorLike) -> TensorBase:
    """Return the determinants of square matrices; the gradient is for those that are not 0."""
    sign, logarithm = slogdet(x)
    return sign * exp(logarithm)


@operation
def logdet(x: TensorLike) -> TensorBase:
    """Return the logarithms of the determinants of positive definite matrices."""
    return slogdet(x)[1]


@operation
def cholesky(x: TensorLike, upper: bool = False) -> TensorBase:
    """Return the lower triangles l with l lᵀ = x (upper: u with uᵀ u = x), NaN where none is."""
    factor = apply_one("cholesky", to_floating(x))
    return swapaxes(factor, -1, -2) if upper else factor


@operation
def cholesky_inverse(x: TensorLike, upper: bool = False) -> TensorBase:
    """Return the inverses of the matrices whose Cholesky factors x are."""
    factor = to_floating(x)
    lower = swapaxes(factor, -1, -2) if upper else factor
    half = apply_one("solve_triangular", lower, _identities(lower), lower=True)
    return apply_one("solve_triangular", lower, half, lower=True, transpose=True)
