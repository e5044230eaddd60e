"""Factorizations of matrices, and what is made of them; all of stacks of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from lamina.ops._apply import apply, to_common, to_floating
from lamina.ops.arithmetic import where
from lamina.ops.linalg import matmul
from lamina.ops.reduction import max, sum
from lamina.ops.shaping import expand_dims, squeeze, swapaxes
from lamina.symbolic import operation
from lamina.tensor import TensorBase, TensorLike

__all__ = ["eigh", "lstsq", "matrix_rank", "pinv", "qr", "svd"]


@operation
def qr(x: TensorLike, mode: str = "reduced") -> tuple[TensorBase, TensorBase]:
    """Return q and r with q r = x: orthonormal columns, and an upper triangle.

    mode: "reduced", q (m, k) and r (k, n), k being the smaller size; or "complete", q (m, m).
    """
    if mode not in ("reduced", "complete"):
        raise ValueError(f"qr: expected mode 'reduced' or 'complete', received {mode!r}")
    q, r = apply("qr", to_floating(x), complete=mode == "complete")
    return q, r


@operation
def eigh(x: TensorLike) -> tuple[TensorBase, TensorBase]:
    """Return the eigenvalues, ascending, and eigenvectors, as columns, of symmetric matrices.

    By Jacobi's rotations; reads the lower triangle.
    """
    values, vectors = apply("eigh", to_floating(x))
    return values, vectors


@operation
def svd(x: TensorLike, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    """Return u, s and vᵀ with u diag(s) vᵀ = x, s descending; s alone unless compute_uv.

    By one-sided rotations (Hestenes 1958). Gradients are for full_matrices=False.
    """
    u, s, vt = apply("svd", to_floating(x), full_matrices=full_matrices and compute_uv)
    return (u, s, vt) if compute_uv else s


def _cutoff(s: TensorBase, shape: tuple[int, ...], relative: float | None) -> TensorBase:
    if relative is None:
        relative = float(np.max(shape[-2:]) * np.finfo(s.dtype).eps)
    return relative * max(s, axis=-1, keepdims=True)


@operation
def pinv(x: TensorLike, rcond: float | None = None) -> TensorBase:
    """Return the pseudoinverses (Moore, Penrose).

    rcond: singular values below that part of the largest count as 0; None: the rounding errors.
    """
    matrix = to_floating(x)
    u, s, vt = svd(matrix, full_matrices=False)
    kept = s > _cutoff(s, matrix.shape, rcond)
    inverse = where(kept, 1 / where(kept, s, 1.0), 0.0)
    return matmul(swapaxes(vt, -1, -2) * expand_dims(inverse, -2), swapaxes(u, -1, -2))


@operation
def matrix_rank(x: TensorLike, tol: float | None = None) -> TensorBase:
    """Return how many singular values are above tol, by default the rounding errors (int32)."""
    matrix = to_floating(x)
    s = svd(matrix, compute_uv=False)
    return sum(s > (_cutoff(s, matrix.shape, None) if tol is None else tol), axis=-1)


@operation
def lstsq(a: TensorLike, b: TensorLike, rcond: float | None = None) -> TensorBase:
    """Return the x of least norm that makes |a x - b| least, b a vector or a matrix."""
    matrix, right = (to_floating(x) for x in to_common(a, b))
    vector = right.ndim == 1
    x = matmul(pinv(matrix, rcond), expand_dims(right, -1) if vector else right)
    return squeeze(x, -1) if vector else x
