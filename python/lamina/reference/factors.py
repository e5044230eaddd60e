"""Factorizations of stacks of matrices; the largest component of every vector is positive."""

from __future__ import annotations

import numpy as np

from lamina.reference.registry import Array, in_dtype, op


def signs(vectors: Array) -> Array:
    """Return the sign of the largest component (the first of equals) of each column."""
    if 0 in vectors.shape:
        return np.ones((*vectors.shape[:-2], 1, vectors.shape[-1]))
    at = np.abs(np.round(vectors, 8)).argmax(axis=-2, keepdims=True)
    return np.where(np.take_along_axis(vectors, at, -2) < 0, -1.0, 1.0)


@op("qr")
def qr(x: Array, complete: bool = False) -> tuple[Array, Array]:
    """Return q and r with q r = x, q with orthonormal columns, r an upper triangle."""
    q, r = np.linalg.qr(x.astype(np.float64), "complete" if complete else "reduced")
    return in_dtype(q, x), in_dtype(r, x)


@op("eigh")
def eigh(x: Array) -> tuple[Array, Array]:
    """Return the eigenvalues, ascending, and eigenvectors, as columns, of symmetric matrices."""
    w, v = np.linalg.eigh(x.astype(np.float64))
    return in_dtype(w, x), in_dtype(v * signs(v), x)


@op("svd")
def svd(x: Array, full_matrices: bool = False) -> tuple[Array, Array, Array]:
    """Return u, s and vᵀ with u diag(s) vᵀ = x, s descending."""
    u, s, vt = np.linalg.svd(x.astype(np.float64), full_matrices=full_matrices)
    sign, k = signs(u), s.shape[-1]
    vt[..., :k, :] *= np.swapaxes(sign[..., :k], -1, -2)
    return in_dtype(u * sign, x), in_dtype(s, x), in_dtype(vt, x)
