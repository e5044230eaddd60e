"""Operations that move elements and leave their values as they are."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

import lamina  # lamina.ops is looked up when it is called: this is a part of it
from lamina.ops._apply import apply_one, holds_traced, to_tensor
from lamina.symbolic import compiled_operation, operation
from lamina.tensor import TensorBase, TensorLike

__all__ = [
    "broadcast_to",
    "expand_dims",
    "flip",
    "moveaxis",
    "ndim",
    "ravel",
    "reshape",
    "shape",
    "size",
    "slice",
    "squeeze",
    "swapaxes",
    "transpose",
]


def integers(value: Any) -> list[int]:
    """Return an integer, or several, as Python's; raise TypeError for anything else."""
    try:
        return [operator.index(value)]
    except TypeError:
        pass
    try:
        return [operator.index(n) for n in value]
    except TypeError:
        raise TypeError(f"expected an integer or several, received {value!r}") from None


def normalize_axis(axis: int, ndim: int) -> int:
    """Return an axis counted from the front; raise ValueError if `ndim` axes have none such."""
    axis = operator.index(axis)
    if not -ndim <= axis < ndim:
        known = f"an axis between {-ndim} and {ndim - 1}" if ndim else "no axis of a scalar"
        raise ValueError(f"expected {known}, received {axis}")
    return axis % ndim


def normalize_axes(axis: int | Sequence[int], ndim: int) -> list[int]:
    """Return axes counted from the front; raise ValueError if one is missing or given twice."""
    axes = [normalize_axis(a, ndim) for a in integers(axis)]
    if len(set(axes)) != len(axes):
        raise ValueError(f"expected each axis once, received {axis}")
    return axes


def _as_shape(x: TensorBase, shape: Sequence[int]) -> TensorBase:
    return apply_one("reshape", x, shape=list(shape))


def shape(x: TensorLike) -> Any:
    """Return the shape, with None for the unknown sizes of a `KerasTensor`."""
    return to_tensor(x).shape


def ndim(x: TensorLike) -> int:
    """Return the number of axes."""
    return to_tensor(x).ndim


def size(x: TensorLike) -> int | None:
    """Return the number of elements, None if a size is unknown."""
    sizes = to_tensor(x).shape
    return None if None in sizes else math.prod(sizes)


@compiled_operation
def reshape(x: TensorLike, newshape: int | Sequence[int | None]) -> TensorBase:
    """Return the elements in another shape; -1 stands for what is left, None for x's size there."""
    tensor = to_tensor(x)
    sizes = [newshape] if newshape is None or isinstance(newshape, int) else newshape
    return _as_shape(tensor, _known(sizes, tensor.shape, 0))


@compiled_operation
def ravel(x: TensorLike) -> TensorBase:
    """Return the elements along one axis."""
    return _as_shape(to_tensor(x), [-1])


@compiled_operation
def expand_dims(x: TensorLike, axis: int | Sequence[int]) -> TensorBase:
    """Return x with axes of size 1 that stand at `axis` of the result."""
    tensor = to_tensor(x)
    count = len(integers(axis))
    axes = normalize_axes(axis, tensor.ndim + count)
    rest = iter(tensor.shape)
    return _as_shape(tensor, [1 if i in axes else next(rest) for i in range(tensor.ndim + count)])


@compiled_operation
def squeeze(x: TensorLike, axis: int | Sequence[int] | None = None) -> TensorBase:
    """Return x without axes of size 1: those named, or all."""
    tensor = to_tensor(x)
    if axis is None:
        return _as_shape(tensor, [n for n in tensor.shape if n != 1])
    axes = normalize_axes(axis, tensor.ndim)
    for a in axes:
        if tensor.shape[a] != 1:
            raise ValueError(f"squeeze: expected size 1 at axis {a}, received shape {tensor.shape}")
    return _as_shape(tensor, [n for i, n in enumerate(tensor.shape) if i not in axes])


@compiled_operation
def transpose(x: TensorLike, axes: Sequence[int] | None = None) -> TensorBase:
    """Return x with its axes in another order, reversed if none is given."""
    tensor = to_tensor(x)
    order = list(range(tensor.ndim))[::-1] if axes is None else integers(axes)
    return apply_one("transpose", tensor, axes=order) if tensor.ndim > 1 else tensor


@compiled_operation
def swapaxes(x: TensorLike, axis1: int, axis2: int) -> TensorBase:
    """Return x with two axes exchanged."""
    tensor = to_tensor(x)
    order = list(range(tensor.ndim))
    a, b = normalize_axis(axis1, tensor.ndim), normalize_axis(axis2, tensor.ndim)
    order[a], order[b] = b, a
    return transpose(tensor, order)


@compiled_operation
def moveaxis(
    x: TensorLike, source: int | Sequence[int], destination: int | Sequence[int]
) -> TensorBase:
    """Return x with axes moved to other places, the rest in their order."""
    tensor = to_tensor(x)
    sources, places = normalize_axes(source, tensor.ndim), normalize_axes(destination, tensor.ndim)
    if len(sources) != len(places):
        raise ValueError(
            f"moveaxis: expected a destination for each source, received {source} to {destination}"
        )
    order = [axis for axis in range(tensor.ndim) if axis not in sources]
    for place, axis in sorted(zip(places, sources, strict=True)):
        order.insert(place, axis)
    return tensor if order == sorted(order) else transpose(tensor, order)


@compiled_operation
def broadcast_to(x: TensorLike, shape: int | Sequence[int | None]) -> TensorBase:
    """Return x repeated along new axes in front and axes of size 1; None keeps x's size there."""
    tensor = to_tensor(x)
    given = [shape] if isinstance(shape, int) else shape
    sizes = _known(given, tensor.shape, len(given) - tensor.ndim)
    return apply_one("broadcast_to", tensor, shape=sizes)


def _known(shape: Sequence[int | None], old: Sequence[int], new: int) -> list[int]:
    """Return a shape with the old sizes, `new` axes further on, for None."""
    if not all(n is not None or 0 <= i - new < len(old) for i, n in enumerate(shape)):
        raise ValueError(f"{shape} keeps sizes of axes that a tensor of shape {old} does not have")
    return [old[i - new] if n is None else operator.index(n) for i, n in enumerate(shape)]


@operation
def slice(inputs: TensorLike, start_indices: TensorLike, shape: Sequence[int]) -> TensorBase:
    """Return the block of a shape that starts at the given indices.

    start_indices: numbers, or a tensor or some; then the block is moved to lie within x.
    """
    if isinstance(start_indices, TensorBase) or holds_traced(start_indices):
        block, starts = to_tensor(inputs), to_tensor(start_indices)
        _check_rank(block, shape)
        for axis, (whole, size) in enumerate(zip(block.shape, shape, strict=True)):
            start = lamina.ops.clip(starts[axis], 0, whole - size)
            at = apply_one("cast", start + np.arange(size, dtype=np.int32), dtype="int32")
            block = apply_one("take", block, at, axis=axis) if size < whole else block
        return block
    tensor, begin = to_tensor(inputs), integers(start_indices)
    _check_rank(tensor, shape)
    _check_rank(tensor, begin)
    end = [start + size for start, size in zip(begin, integers(shape), strict=True)]
    return apply_one("slice", tensor, begin=begin, end=end)


def _check_rank(x: TensorBase, numbers: Sequence[int]) -> None:
    if len(numbers) != x.ndim:
        raise ValueError(f"slice: expected a number for each of {x.ndim} axes, received {numbers}")


@compiled_operation
def flip(x: TensorLike, axis: int | Sequence[int] | None = None) -> TensorBase:
    """Return x with the order along axes (all, if none is named) reversed."""
    tensor = to_tensor(x)
    axes = list(range(tensor.ndim)) if axis is None else normalize_axes(axis, tensor.ndim)
    return apply_one("flip", tensor, axes=axes) if axes else tensor
