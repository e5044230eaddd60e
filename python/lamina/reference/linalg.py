"""Matrix products."""

from __future__ import annotations

from typing import Any

import numpy as np

from lamina.reference.registry import OPS, Array, op, unbroadcast


def _turn(x: Array, transpose: bool) -> Array:
    return np.swapaxes(x, -1, -2) if transpose else x


def to_blocks(x: Array, blocks: int) -> Array:
    """Lay the columns of a matrix out in blocks, one after the other, in memory of its shape."""
    if blocks == 1:
        return x
    return np.concatenate([block.ravel() for block in np.hsplit(x, blocks)]).reshape(x.shape)


def from_blocks(x: Array, blocks: int) -> Array:
    """Return the matrix whose columns lie in blocks."""
    if blocks == 1:
        return x
    return np.hstack(list(x.reshape(blocks, len(x), x.shape[1] // blocks)))


@op("matmul")
def matmul(
    a: Array, b: Array, transpose_a: bool = False, transpose_b: bool = False, **_: Any
) -> Array:
    """Return the product of the last two axes, (m, k) (k, n) -> (m, n), leading axes broadcast."""
    return np.asarray(np.matmul(_turn(a, transpose_a), _turn(b, transpose_b)))


@matmul.gradient
def _(
    dy: Array, a: Array, b: Array, transpose_a: bool = False, transpose_b: bool = False, **_: Any
) -> tuple[Array, Array]:
    da = np.matmul(dy, np.swapaxes(_turn(b, transpose_b), -1, -2))
    db = np.matmul(np.swapaxes(_turn(a, transpose_a), -1, -2), dy)
    return (
        unbroadcast(_turn(da, transpose_a), a.shape),
        unbroadcast(_turn(db, transpose_b), b.shape),
    )


@op("matmul_slope")
def matmul_slope(
    a: Array,
    b: Array,
    via: Array,
    slope: str,
    transpose_a: bool = False,
    transpose_b: bool = False,
    a_blocks: int = 1,
    out_blocks: int = 1,
    **parameters: Any,
) -> Array:
    """Return op(a) op(b) f'(via), f being the activation that `slope` names."""
    a = from_blocks(a, a_blocks)
    product = to_blocks(np.matmul(_turn(a, transpose_a), _turn(b, transpose_b)), out_blocks)
    return np.asarray(OPS[f"{slope}_grad"].forward(via, product, **parameters))


@op("dense")
def dense(
    x: Array,
    w: Array,
    *bias: Array,
    activation: str = "identity",
    stationary: int = 1,
    a_blocks: int = 1,
    out_blocks: int = 1,
    sparse_a: bool = False,
    **parameters: Any,
) -> Array:
    """Return activation(x w + bias): what the core computes in one pass."""
    y = np.matmul(from_blocks(x, a_blocks), w)
    for b in bias:
        y = y + b
    return to_blocks(np.asarray(OPS[activation].forward(y, **parameters)), out_blocks)
