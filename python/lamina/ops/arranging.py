"""Joining, splitting and turning by the names of NumPy; block updates of tensors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lamina.ops._apply import cast, to_tensor
from lamina.ops.arithmetic import maximum, minimum, where
from lamina.ops.indexing import take
from lamina.ops.joining import concatenate, split
from lamina.ops.shaping import (
    expand_dims,
    flip,
    integers,
    normalize_axes,
    normalize_axis,
    ravel,
    reshape,
    swapaxes,
)
from lamina.symbolic import operation
from lamina.tensor import TensorBase, TensorLike

__all__ = [
    "append",
    "array_split",
    "dsplit",
    "dstack",
    "fliplr",
    "flipud",
    "hsplit",
    "hstack",
    "rot90",
    "slice_update",
    "vsplit",
    "vstack",
]


def _at_least(x: TensorLike, rank: int) -> TensorBase:
    """Return x with axes of size 1 in front, and for rank 3 behind, as NumPy's atleast_*d has."""
    tensor = to_tensor(x)
    if tensor.ndim >= rank:
        return tensor
    shape = [1] * (min(rank, 2) - tensor.ndim) + list(tensor.shape)
    return reshape(tensor, shape + [1] * (rank - len(shape)))


@operation
def append(x1: TensorLike, x2: TensorLike, axis: int | None = None) -> TensorBase:
    """Return x2 after x1 along an axis; without an axis both raveled."""
    if axis is None:
        return concatenate([ravel(x1), ravel(x2)])
    return concatenate([x1, x2], axis)


@operation
def hstack(xs: Sequence[TensorLike]) -> TensorBase:
    """Return tensors side by side: along axis 1, vectors along axis 0."""
    parts = [_at_least(x, 1) for x in xs]
    return concatenate(parts, 0 if parts and parts[0].ndim == 1 else 1)


@operation
def vstack(xs: Sequence[TensorLike]) -> TensorBase:
    """Return tensors one below the other: along axis 0, vectors as rows."""
    return concatenate([_at_least(x, 2) for x in xs], 0)


@operation
def dstack(xs: Sequence[TensorLike]) -> TensorBase:
    """Return tensors joined along axis 2, which vectors and matrices are given."""
    return concatenate([_at_least(x, 3) for x in xs], 2)


@operation
def array_split(
    x: TensorLike, indices_or_sections: int | Sequence[int], axis: int = 0
) -> list[TensorBase]:
    """Return x cut along an axis as `split` does, the first parts longer by one if need be."""
    tensor = to_tensor(x)
    if np.ndim(indices_or_sections) > 0:
        return split(tensor, indices_or_sections, axis)
    (count,) = integers(indices_or_sections)
    if count < 1:
        raise ValueError(f"array_split: expected at least one part, received {count}")
    length, longer = divmod(tensor.shape[normalize_axis(axis, tensor.ndim)], count)
    sizes = np.full(count, length)
    sizes[:longer] += 1
    return split(tensor, np.cumsum(sizes)[:-1].tolist(), axis)


@operation
def vsplit(x: TensorLike, indices_or_sections: int | Sequence[int]) -> list[TensorBase]:
    """Return x cut along axis 0."""
    return split(x, indices_or_sections, 0)


@operation
def hsplit(x: TensorLike, indices_or_sections: int | Sequence[int]) -> list[TensorBase]:
    """Return x cut along axis 1, a vector along axis 0."""
    return split(x, indices_or_sections, 0 if to_tensor(x).ndim == 1 else 1)


@operation
def dsplit(x: TensorLike, indices_or_sections: int | Sequence[int]) -> list[TensorBase]:
    """Return x cut along axis 2."""
    return split(x, indices_or_sections, 2)


@operation
def fliplr(x: TensorLike) -> TensorBase:
    """Return x with the order along axis 1 reversed."""
    return flip(x, 1)


@operation
def flipud(x: TensorLike) -> TensorBase:
    """Return x with the order along axis 0 reversed."""
    return flip(x, 0)


@operation
def rot90(array: TensorLike, k: int = 1, axes: Sequence[int] = (0, 1)) -> TensorBase:
    """Return x turned by k quarters, from the first of two axes towards the second."""
    tensor = to_tensor(array)
    if len(axes) != 2:
        raise ValueError(f"rot90: expected two axes, received {axes}")
    first, second = normalize_axes(axes, tensor.ndim)
    if k % 4 == 0:
        return tensor
    if k % 4 == 2:
        return flip(tensor, (first, second))
    if k % 4 == 1:
        return swapaxes(flip(tensor, second), first, second)
    return flip(swapaxes(tensor, first, second), second)


@operation
def slice_update(inputs: TensorLike, start_indices: TensorLike, updates: TensorLike) -> TensorBase:
    """Return x with the block that starts at the given indices replaced.

    start_indices: numbers or a tensor; moved so that the block lies within x.
    """
    x = to_tensor(inputs)
    block = cast(to_tensor(updates), x.dtype)
    starts = cast(to_tensor(start_indices), "int32")
    if starts.shape != (x.ndim,) or block.ndim != x.ndim:
        raise ValueError(
            f"slice_update: expected an index for each axis of {x.shape} and a block of as many "
            f"axes, received {starts.shape} indices and a block of shape {block.shape}"
        )
    inside: TensorBase = to_tensor(np.ones((1,) * x.ndim, bool))
    for axis, (size, length) in enumerate(zip(x.shape, block.shape, strict=True)):
        start = maximum(minimum(starts[axis], size - length), 0)
        position = np.arange(size, dtype=np.int32) - start
        within = (position >= 0) & (position < length)
        block = take(block, where(within, position, 0), axis=axis)
        others = [i for i in range(x.ndim) if i != axis]
        inside = inside & expand_dims(within, others)
    return where(inside, block, x)
