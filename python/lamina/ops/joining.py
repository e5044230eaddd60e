"""Joining, splitting, repeating and padding."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from lamina.ops._apply import apply_one, to_common, to_tensor
from lamina.ops.shaping import broadcast_to, expand_dims, normalize_axis, ravel, reshape, squeeze
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
    count = tensor.shape[axis] if num is None else num
    return [squeeze(part, axis) for part in split(tensor, count, axis)]


@operation
def split(
    x: TensorLike, indices_or_sections: int | Sequence[int], axis: int = 0
) -> list[TensorBase]:
    """Return x cut along an axis: into equal parts, or before each of the indices."""
    tensor = to_tensor(x)
    axis = normalize_axis(axis, tensor.ndim)
    length = tensor.shape[axis]
    if isinstance(indices_or_sections, int):
        if indices_or_sections < 1 or length % indices_or_sections:
            raise ValueError(
                f"split: {length} elements do not make {indices_or_sections} equal parts"
            )
        step = length // indices_or_sections
        cuts = [i * step for i in range(indices_or_sections + 1)]
    else:
        cuts = [0, *(min(i + length if i < 0 else i, length) for i in indices_or_sections), length]
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
    counts = [repeats] if isinstance(repeats, int) else list(repeats)
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
    counts = [repeats] * tensor.shape[axis] if isinstance(repeats, int) else list(repeats)
    if len(counts) != tensor.shape[axis]:
        raise ValueError(
            f"repeat: expected {tensor.shape[axis]} numbers for axis {axis}, received {len(counts)}"
        )
    positions = [i for i, count in enumerate(counts) for _ in range(count)]
    return apply_one("take", tensor, to_tensor(positions, "int32"), axis=axis)


@compiled_operation
def roll(x: TensorLike, shift: int, axis: int | None = None) -> TensorBase:
    """Return x moved on by `shift` along an axis, what falls off coming in at the other end."""
    tensor = to_tensor(x)
    if axis is None:
        return reshape(roll(ravel(tensor), shift, 0), tensor.shape)
    length = tensor.shape[axis]
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
            positions = _mirrored(tensor.shape[axis], left, right, edge=mode == "symmetric")
            tensor = apply_one("take", tensor, to_tensor(positions, "int32"), axis=axis)
    return tensor


def _pad_widths(pad_width: Any, ndim: int) -> list[tuple[int, int]]:
    if isinstance(pad_width, int):
        return [(pad_width, pad_width)] * ndim
    pairs = [pad_width] if isinstance(pad_width[0], int) else list(pad_width)
    if len(pairs) == 1:
        pairs = list(pairs) * ndim
    if len(pairs) != ndim or any(len(pair) != 2 for pair in pairs):
        raise ValueError(
            f"pad: expected (before, after) for each of {ndim} axes, received {pad_width}"
        )
    return [(int(before), int(after)) for before, after in pairs]


def _mirrored(length: int, left: int, right: int, edge: bool) -> list[int]:
    """Return positions 0..length-1 continued to both sides by reflection."""
    period = 2 * length if edge else max(2 * (length - 1), 1)
    positions = [i % period for i in range(-left, length + right)]
    return [i if i < length else period - i - (1 if edge else 0) for i in positions]
