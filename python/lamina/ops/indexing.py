"""Choosing elements: by index expressions, slices, and tensors of indices."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from lamina import config, dtypes
from lamina.ops._apply import apply_one, to_tensor
from lamina.ops.arithmetic import where
from lamina.ops.shaping import moveaxis, normalize_axis, ravel
from lamina.symbolic import compiled_operation, operation
from lamina.tensor import TensorBase, TensorLike

__all__ = [
    "get_item",
    "one_hot",
    "scatter",
    "take",
    "take_along_axis",
]


@operation
def get_item(x: TensorLike, key: Any) -> TensorBase:
    """Return x[key] for integers, slices, None, Ellipsis, and at most one tensor of integers."""
    tensor = to_tensor(x)
    items = _expand_ellipsis(key if isinstance(key, tuple) else (key,), tensor.ndim)
    begin, end, step, reversed_axes = [], [], [], []
    shape: list[int] = []  # of the result, before indices are taken
    taken: tuple[int, TensorLike] | None = None
    axis = 0
    for item in items:
        if item is None:
            shape.append(1)
            continue
        size = tensor.shape[axis]
        if isinstance(item, slice):
            start, stop, stride = item.indices(size)
            count = len(range(start, stop, stride))
            if stride < 0:  # the same elements from the front, then flipped
                start, stride = start + (count - 1) * stride, -stride
                reversed_axes.append(axis)
            begin.append(start if count else 0)
            end.append(start + (count - 1) * stride + 1 if count else 0)
            step.append(stride)
            shape.append(count)
        elif isinstance(item, (int, np.integer)) and not isinstance(item, bool):
            if not -size <= item < size:
                raise IndexError(f"index {item} is out of range for axis {axis} of size {size}")
            begin.append(int(item) % size)
            end.append(begin[-1] + 1)
            step.append(1)
        elif taken is None and not isinstance(item, bool):
            taken = (len(shape), item)
            begin.append(0)
            end.append(size)
            step.append(1)
            shape.append(size)
        else:
            raise TypeError(
                f"expected integers, slices, None, Ellipsis, at most one tensor of integers, "
                f"received {key!r}"
            )
        axis += 1
    if begin != [0] * axis or end != list(tensor.shape) or step != [1] * axis:
        tensor = apply_one("slice", tensor, begin=begin, end=end, step=step)
    if reversed_axes:
        tensor = apply_one("flip", tensor, axes=reversed_axes)
    if shape != list(tensor.shape):
        tensor = apply_one("reshape", tensor, shape=shape)
    return tensor if taken is None else take(tensor, taken[1], axis=taken[0])


def _expand_ellipsis(key: tuple[Any, ...], ndim: int) -> list[Any]:
    """Return a key with one item for each axis, and None for each new one."""
    dots = [i for i, item in enumerate(key) if item is Ellipsis]
    if len(dots) > 1:
        raise IndexError("an index can hold one Ellipsis only")
    missing = ndim - sum(item is not None and item is not Ellipsis for item in key)
    if missing < 0:
        raise IndexError(f"too many indices: {ndim - missing} for a tensor of {ndim} axes")
    at = dots[0] if dots else len(key)
    return [*key[:at], *[slice(None)] * missing, *key[at + 1 :]]


@operation
def take(x: TensorLike, indices: TensorLike, axis: int | None = None) -> TensorBase:
    """Return the elements (slices along `axis`) at indices; without an axis, of x raveled.

    Negative indices count from the end. Raises ValueError for an index out of range.
    """
    tensor = ravel(x) if axis is None else to_tensor(x)
    at = within(indices_of(indices), *_around(tensor, axis or 0), "take")
    return apply_one("take", tensor, at, axis=axis or 0)


@operation
def take_along_axis(x: TensorLike, indices: TensorLike, axis: int | None = None) -> TensorBase:
    """Return x[..., indices[..., i, ...], ...]: for each position one element along the axis.

    The other sizes of x and indices must agree. Without an axis both are raveled. Negative indices
    count from the end. Raises ValueError for an index out of range.
    """
    tensor, at = (to_tensor(x), indices_of(indices))
    if axis is None:
        tensor, at, axis = ravel(tensor), ravel(at), 0
    at = within(at, *_around(tensor, axis), "take_along_axis")
    return apply_one("take_along_axis", tensor, at, axis=axis)


@compiled_operation
def one_hot(
    x: TensorLike, num_classes: int, axis: int = -1, dtype: str | None = None, sparse: bool = False
) -> TensorBase:
    """Return vectors along a new axis with 1 at the index, 0 elsewhere and out of range."""
    if sparse:
        raise ValueError("one_hot: sparse tensors are not supported")
    encoded = apply_one(
        "one_hot",
        indices_of(x),
        num_classes=num_classes,
        dtype=dtypes.canonical(dtype or config.floatx()),
    )
    return moveaxis(encoded, -1, axis)


@operation
def scatter(indices: TensorLike, values: TensorLike, shape: Sequence[int]) -> TensorBase:
    """Return zeros of a shape with values added at indices, of shape (..., axes indexed).

    Negative indices count from the end. Raises ValueError for an index out of range.
    """
    index, updates = indices_of(indices), to_tensor(values)
    depth = depth_of(index, len(shape))
    rows = row_numbers(index, shape[:depth], "scatter")
    count = math.prod(shape[:depth])
    added = apply_one("scatter_add", rows, updates, shape=[count, *shape[depth:]])
    return apply_one("reshape", added, shape=list(shape))


def row_numbers(index: TensorBase, sizes: Sequence[int], op: str) -> TensorBase:
    """Return the numbers of rows of an array of `sizes`, from their indices (..., axes)."""
    rows: TensorBase | None = None
    for axis, size in enumerate(sizes):
        at = within(index[..., axis], -size, size, f"{op}, axis {axis}")
        at = where(at < 0, at + size, at)
        rows = at if rows is None else rows * size + at
    if rows is None:
        raise ValueError(f"{op}: expected indices of shape (..., axes), received {index.shape}")
    return rows


def within(x: TensorBase, low: int, high: int, who: str, what: str = "indices") -> TensorBase:
    """Return numbers, all of which must be in low..high - 1 when they are known.

    Else whatever computes with them raises ValueError, before it has changed anything. The message
    begins with `who` was asked for `what`.
    """
    if x.dtype in ("bool", "uint8"):
        x = apply_one("cast", x, dtype="int32")
    return apply_one("bounded", x, low=low, high=high, who=who, what=what)


def _around(x: TensorBase, axis: int) -> tuple[int, int]:
    """Return the bounds of indices of an axis."""
    size = x.shape[normalize_axis(axis, x.ndim)]
    return -size, size


def depth_of(index: TensorBase, rank: int) -> int:
    """Return how many of `rank` axes an array of indices (..., axes) speaks about."""
    if index.ndim == 0 or not 1 <= index.shape[-1] <= rank:
        raise ValueError(
            f"expected indices of shape (..., axes) for at most {rank} axes, received {index.shape}"
        )
    return index.shape[-1]


def indices_of(x: TensorLike) -> TensorBase:
    """Return integers that count elements; raise TypeError for others."""
    tensor = to_tensor(x)
    if dtypes.is_floating(tensor.dtype) or tensor.dtype == "bool":
        raise TypeError(f"expected integers as indices, received {tensor.dtype}")
    return apply_one("cast", tensor, dtype="int32") if tensor.dtype == "uint8" else tensor
