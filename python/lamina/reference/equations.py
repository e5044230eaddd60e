"""Linear equations and factors of stacks of matrices, and search in a sorted vector."""

from __future__ import annotations

import numpy as np

from lamina.reference.registry import Array, op


def _t(x: Array) -> Array:
    return np.swapaxes(x, -1, -2)


@op("searchsorted")
def searchsorted(sequence: Array, values: Array, right: bool = False) -> Array:
    """Return how many of an ascending sequence are less than each value, or not greater."""
    found = np.searchsorted(sequence, values, side="right" if right else "left")
    return np.asarray(found, np.int32)


@op("solve")
def solve(a: Array, b: Array, transpose: bool = False) -> Array:
    """Return x with a x = b, or aᵀ x = b."""
    return np.asarray(np.linalg.solve(_t(a) if transpose else a, b))


@solve.gradient
def solve_backward(
    dx: Array, a: Array, b: Array, transpose: bool = False
) -> tuple[Array | None, ...]:
    """db = a⁻ᵀ dx, da = -db xᵀ."""
    x, db = solve.forward(a, b, transpose), solve.forward(a, dx, not transpose)
    da = -(db @ _t(x))
    return _t(da) if transpose else da, db


@op("solve_triangular")
def solve_triangular(a: Array, b: Array, lower: bool = False, transpose: bool = False) -> Array:
    """Return `solve` for the lower or upper triangle of a."""
    return np.asarray(solve.forward(np.tril(a) if lower else np.triu(a), b, transpose))


@solve_triangular.gradient
def solve_triangular_backward(
    dx: Array, a: Array, b: Array, lower: bool = False, transpose: bool = False
) -> tuple[Array | None, ...]:
    """The gradients of `solve`, of the triangle alone."""
    part = np.tril if lower else np.triu
    da, db = solve_backward(dx, part(a), b, transpose)
    assert da is not None
    return part(da), db


@op("slogdet")
def slogdet(a: Array) -> tuple[Array, Array]:
    """Return the sign of the determinant and the logarithm of its size."""
    sign, logarithm = np.linalg.slogdet(a)
    return np.asarray(sign), np.asarray(logarithm)


@op("cholesky")
def cholesky(a: Array) -> Array:
    """Return the lower triangle l with l lᵀ = a, whose lower triangle alone is read."""
    return np.asarray(np.linalg.cholesky(np.tril(a) + _t(np.tril(a, -1))))
