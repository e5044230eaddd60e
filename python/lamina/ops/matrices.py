"""Diagonals and triangles of matrices, and grids."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lamina import dtypes
from lamina.ops._apply import apply_one, cast, to_common, to_tensor
from lamina.ops.creation import convert_to_tensor
from lamina.ops.reduction import sum
from lamina.ops.shaping import broadcast_to, expand_dims, moveaxis, normalize_axis, ravel, reshape
from lamina.symbolic import operation
from lamina.tensor import Tensor, TensorBase, TensorLike
from lamina.utils.calls import clarified

__all__ = [
    "cross",
    "diag",
    "diagflat",
    "diagonal",
    "inner",
    "kron",
    "meshgrid",
    "trace",
    "tri",
    "tril",
    "triu",
    "vander",
    "vdot",
]


@clarified
def tri(N: int, M: int | None = None, k: int = 0, dtype: str | None = None) -> TensorBase:
    """Return an (N, M) matrix with ones on and below the k-th diagonal, zeros above."""
    return Tensor(np.tri(N, M, k, dtype=dtypes.canonical(dtype)))


@operation
def tril(x: TensorLike, k: int = 0) -> TensorBase:
    """Return matrices (last two axes) with zeros above the k-th diagonal."""
    return _masked(to_tensor(x), _below(to_tensor(x), k))


@operation
def triu(x: TensorLike, k: int = 0) -> TensorBase:
    """Return matrices (last two axes) with zeros below the k-th diagonal."""
    return _masked(to_tensor(x), ~_below(to_tensor(x), k - 1))


def _below(x: TensorBase, k: int) -> NDArray[np.bool_]:
    if x.ndim < 2:
        raise ValueError(f"expected matrices, received shape {x.shape}")
    rows, columns = x.shape[-2:]
    return np.tri(rows, columns, k, dtype=np.bool_)


def _masked(x: TensorBase, kept: NDArray[Any]) -> TensorBase:
    return apply_one("where", kept, x, np.zeros((), x.dtype))


@operation
def diag(x: TensorLike, k: int = 0) -> TensorBase:
    """Return the k-th diagonal of a matrix, or a matrix with a vector on that diagonal."""
    tensor = to_tensor(x)
    if tensor.ndim not in (1, 2):
        raise ValueError(f"diag: expected a vector or a matrix, received shape {tensor.shape}")
    return diagonal(tensor, k) if tensor.ndim == 2 else diagflat(tensor, k)


@operation
def diagflat(x: TensorLike, k: int = 0) -> TensorBase:
    """Return a matrix with the elements of x on its k-th diagonal and zeros elsewhere."""
    vector = ravel(x)
    count = vector.shape[0]
    size = count + abs(k)
    at = np.arange(count) * (size + 1) + (k if k > 0 else -k * size)
    known = cast(vector, "int32") if vector.dtype in ("bool", "uint8") else vector  # to be added
    placed = apply_one("scatter_add", at.astype(np.int32), known, shape=[size * size])
    return cast(reshape(placed, (size, size)), vector.dtype)


@operation
def diagonal(x: TensorLike, offset: int = 0, axis1: int = 0, axis2: int = 1) -> TensorBase:
    """Return the diagonals of the matrices that two axes make, along a new last axis."""
    tensor = to_tensor(x)
    first, second = normalize_axis(axis1, tensor.ndim), normalize_axis(axis2, tensor.ndim)
    if first == second:
        raise ValueError(f"diagonal: expected two different axes, received {axis1} and {axis2}")
    tensor = moveaxis(tensor, (first, second), (-2, -1))
    rows, columns = tensor.shape[-2:]
    count = max(0, min(rows + min(offset, 0), columns - max(offset, 0)))
    at = np.arange(count) * (columns + 1) + (offset if offset > 0 else -offset * columns)
    flat = reshape(tensor, (*tensor.shape[:-2], rows * columns))
    return apply_one("take", flat, at.astype(np.int32), axis=-1)


@operation
def trace(x: TensorLike, offset: int = 0, axis1: int = 0, axis2: int = 1) -> TensorBase:
    """Return the sums of the diagonals of the matrices that two axes make."""
    return sum(diagonal(x, offset, axis1, axis2), axis=-1)


@operation
def inner(x1: TensorLike, x2: TensorLike) -> TensorBase:
    """Return the sums of products over the last axes of both."""
    from lamina.ops.linalg import tensordot

    a, b = to_common(x1, x2)
    return a * b if 0 in (a.ndim, b.ndim) else tensordot(a, b, ([-1], [-1]))


@operation
def vdot(x1: TensorLike, x2: TensorLike) -> TensorBase:
    """Return the sum of products of all elements, raveled."""
    return inner(ravel(x1), ravel(x2))


@operation
def kron(x1: TensorLike, x2: TensorLike) -> TensorBase:
    """Return the Kronecker product: x2 as a block for, and times, every element of x1."""
    a, b = to_common(x1, x2)
    rank = max(a.ndim, b.ndim)
    a = reshape(a, (*(1,) * (rank - a.ndim), *a.shape))
    b = reshape(b, (*(1,) * (rank - b.ndim), *b.shape))
    shape = [m * n for m, n in zip(a.shape, b.shape, strict=True)]
    even, odd = list(range(0, 2 * rank, 2)), list(range(1, 2 * rank, 2))
    return reshape(expand_dims(a, odd) * expand_dims(b, even), shape)


@operation
def cross(
    x1: TensorLike,
    x2: TensorLike,
    axisa: int = -1,
    axisb: int = -1,
    axisc: int = -1,
    axis: int | None = None,
) -> TensorBase:
    """Return the cross products of vectors of 3 (or 2) components; of two in the plane, numbers."""
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = to_common(x1, x2)
    a, b = moveaxis(a, axisa, -1), moveaxis(b, axisb, -1)
    sizes = a.shape[-1], b.shape[-1]
    if not set(sizes) <= {2, 3}:
        raise ValueError(f"cross: expected vectors of 2 or 3 components, received {sizes}")
    if sizes == (2, 2):
        return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
    a, b = (_in_space(x) for x in (a, b))
    first, second = np.array([1, 2, 0], np.int32), np.array([2, 0, 1], np.int32)

    def pick(x: TensorBase, order: NDArray[Any]) -> TensorBase:
        return apply_one("take", x, order, axis=-1)

    product = pick(a, first) * pick(b, second) - pick(a, second) * pick(b, first)
    return moveaxis(product, -1, axisc)


def _in_space(x: TensorBase) -> TensorBase:
    """Return vectors with a third component, 0 if they had two."""
    missing = 3 - x.shape[-1]
    if not missing:
        return x
    zeros = [0] * x.ndim
    return apply_one("pad", x, before=zeros, after=[*zeros[:-1], missing])


@operation
def meshgrid(*x: TensorLike, indexing: str = "xy") -> list[TensorBase]:
    """Return the coordinates of a grid from those along its axes.

    indexing: "ij", or "xy" with the first two axes exchanged.
    """
    if indexing not in ("xy", "ij"):
        raise ValueError(f"meshgrid: expected indexing 'xy' or 'ij', received {indexing!r}")
    vectors = [ravel(v) for v in x]
    order = list(range(len(vectors)))
    if indexing == "xy" and len(order) > 1:
        order[0], order[1] = 1, 0
    shape = [0] * len(vectors)
    for vector, place in zip(vectors, order, strict=True):
        shape[place] = vector.shape[0]
    return [
        broadcast_to(reshape(vector, [-1 if i == place else 1 for i in range(len(shape))]), shape)
        for vector, place in zip(vectors, order, strict=True)
    ]


@operation
def vander(x: TensorLike, N: int | None = None, increasing: bool = False) -> TensorBase:
    """Return the powers of a vector's elements as columns, the highest first unless increasing."""
    vector = convert_to_tensor(x)
    if vector.ndim != 1:
        raise ValueError(f"vander: expected a vector, received shape {vector.shape}")
    count = vector.shape[0] if N is None else N
    powers = np.arange(count) if increasing else np.arange(count)[::-1]
    return expand_dims(vector, -1) ** powers.astype(vector.dtype)
