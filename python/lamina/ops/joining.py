"""Joining, splitting, repeating and padding."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lamina.ops._apply import apply_one, to_common, to_tensor
from lamina.ops.shaping import (
    broadcast_to,
    expand_dims,
    integers,
    normalize_axis,
    ravel,
    reshape,
    squeeze,
)
from lamina.symbolic import compiled_operation, operation
from lamina.tensor import TensorBase, TensorLike

__all__ = [
    "concatenate",
    "pad",
    "repeat",
    "roll",
    "split",
    "stack",
    "tile",
    "unstack",
]


@operation
def concatenate(xs: Sequence[TensorLike], axis: int = 0) -> TensorBase:
    """Return tensors joined along an axis; their other sizes must agree."""
    return apply_one("concatenate", *to_common(*xs), axis=axis)


@operation
def stack(x: Sequence[TensorLike], axis: int = 0) -> TensorBase:
    """Return tensors of one shape joined along a new axis."""
    return concatenate([expand_dims(item, axis) for item in to_common(*x)], axis)


@operation
def unstack(x: TensorLike, num: int | None = None, axis: int = 0) -> list[TensorBase]:
    """Return the parts at each position of an axis, without that axis."""
    tensor = to_tensor(x)
    count = tensor.shape[normalize_axis(axis, tensor.ndim)] if num is None else num
    return [squeeze(part, axis) for part in split(tensor, count, axis)]


@operation
def split(
    x: TensorLike, indices_or_sections: int | Sequence[int], axis: int = 0
) -> list[TensorBase]:
    """Return x cut along an axis: into equal parts, or before each of the indices."""
    tensor = to_tensor(x)
    axis = normalize_axis(axis, tensor.ndim)
    length = tensor.shape[axis]
    if np.ndim(indices_or_sections) == 0:
        (count,) = integers(indices_or_sections)
        if count < 1 or length % count:
            raise ValueError(f"split: {length} elements do not make {count} equal parts")
        cuts = [i * (length // count) for i in range(count + 1)]
    else:
        inner = (i + length if i < 0 else i for i in integers(indices_or_sections))
        cuts = [0, *(min(max(i, 0), length) for i in inner), length]
    parts = []
    for start, stop in pairwise(cuts):
        begin, end = [0] * tensor.ndim, list(tensor.shape)
        begin[axis], end[axis] = start, max(start, stop)
        parts.append(apply_one("slice", tensor, begin=begin, end=end))
    return parts


@compiled_operation
def tile(x: TensorLike, repeats: int | Sequence[int]) -> TensorBase:
    """Return copies of x side by side, so many along each axis (the last, if fewer are given)."""
    tensor = to_tensor(x)
    counts = integers(repeats)
    ndim = max(tensor.ndim, len(counts))
    counts = [1] * (ndim - len(counts)) + counts
    sizes = [1] * (ndim - tensor.ndim) + list(tensor.shape)
    interleaved = [n for pair in zip(counts, sizes, strict=True) for n in pair]
    copies = broadcast_to(reshape(tensor, [n for size in sizes for n in (1, size)]), interleaved)
    return reshape(copies, [count * size for count, size in zip(counts, sizes, strict=True)])


@compiled_operation
def repeat(x: TensorLike, repeats: int | Sequence[int], axis: int | None = None) -> TensorBase:
    """Return x with each element repeated in place along an axis; without one x is raveled first.

    repeats: one number for all elements, or one for each position along the axis.
    """
    tensor = to_tensor(x)
    if axis is None:
        tensor, axis = ravel(tensor), 0
    axis = normalize_axis(axis, tensor.ndim)
    size, counts = tensor.shape[axis], integers(repeats)
    if len(counts) not in (1, size) or min(counts, default=0) < 0:
        raise ValueError(
            f"repeat: expected one number or {size}, none of them negative, for axis {axis}, "
            f"received {repeats}"
        )
    if len(counts) == 1:
        before, after = tensor.shape[:axis], tensor.shape[axis + 1 :]
        copies = broadcast_to(expand_dims(tensor, axis + 1), (*before, size, counts[0], *after))
        return reshape(copies, (*before, size * counts[0], *after))
    positions = np.repeat(np.arange(size, dtype=np.int32), counts)
    return apply_one("take", tensor, positions, axis=axis)


@compiled_operation
def roll(x: TensorLike, shift: int, axis: int | None = None) -> TensorBase:
    """Return x moved on by `shift` along an axis, what falls off coming in at the other end."""
    tensor = to_tensor(x)
    if axis is None:
        return reshape(roll(ravel(tensor), shift, 0), tensor.shape)
    length = tensor.shape[normalize_axis(axis, tensor.ndim)]
    return concatenate(split(tensor, [-shift % length], axis)[::-1], axis) if length else tensor


@compiled_operation
def pad(
    x: TensorLike,
    pad_width: int | Sequence[int] | Sequence[Sequence[int]],
    mode: str = "constant",
    constant_values: float | None = None,
) -> TensorBase:
    """Return x with elements added before and after along each axis.

    pad_width: (before, after) for each axis, one pair for all, or one number for all. mode:
    "constant" (0, or constant_values), "reflect" (mirrored without the edge) or "symmetric" (with
    the edge).
    """
    tensor = to_tensor(x)
    widths = _pad_widths(pad_width, tensor.ndim)
    if mode == "constant":
        before, after = [list(side) for side in zip(*widths, strict=True)] if widths else ([], [])
        return apply_one(
            "pad", tensor, before=before, after=after, value=float(constant_values or 0)
        )
    if mode not in ("reflect", "symmetric") or constant_values is not None:
        raise ValueError(
            f"pad: expected mode 'constant', 'reflect' or 'symmetric', constant_values only with "
            f"'constant', received {mode!r} and {constant_values}"
        )
    for axis, (left, right) in enumerate(widths):
        if left or right:
            if not tensor.shape[axis]:
                raise ValueError(f"pad: axis {axis} has no elements to mirror")
            positions = _mirrored(tensor.shape[axis], left, right, edge=mode == "symmetric")
            tensor = apply_one("take", tensor, positions, axis=axis)
    return tensor


def _pad_widths(pad_width: Any, ndim: int) -> list[tuple[int, int]]:
    widths = np.asarray(pad_width)
    if widths.dtype.kind in "iu" and widths.shape in ((), (1,), (2,), (1, 2), (ndim, 2)):
        before_and_after = np.broadcast_to(widths, (ndim, 2)).tolist()
        if widths.min(initial=0) >= 0:
            return [(before, after) for before, after in before_and_after]
    raise ValueError(
        f"pad: expected an integer, (before, after), or that for each of {ndim} axes, none of them "
        f"negative, received {pad_width}"
    )


def _mirrored(length: int, left: int, right: int, edge: bool) -> NDArray[np.int32]:
    """Return positions 0..length-1 continued to both sides by reflection."""
    period = 2 * length if edge else max(2 * (length - 1), 1)
    at = np.arange(-left, length + right) % period
    return np.where(at < length, at, period - at - (1 if edge else 0)).astype(np.int32)
