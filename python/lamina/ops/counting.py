"""Counting and searching: histograms, segments, positions in sorted sequences."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from lamina import config, dtypes
from lamina.ops._apply import apply_one, cast, to_common, to_floating, to_numeric, to_tensor
from lamina.ops.arithmetic import where
from lamina.ops.creation import convert_to_numpy, linspace
from lamina.ops.indexing import depth_of, indices_of, one_hot, row_numbers, scatter, take
from lamina.ops.reduction import any, max, min
from lamina.ops.shaping import expand_dims, ravel, reshape
from lamina.symbolic import operation
from lamina.tensor import Tensor, TensorBase, TensorLike, TracedTensor
from lamina.utils.calls import clarified

__all__ = [
    "bincount",
    "digitize",
    "histogram",
    "isin",
    "multi_hot",
    "nonzero",
    "scatter_update",
    "searchsorted",
    "segment_max",
    "segment_min",
    "segment_sum",
    "unravel_index",
]


@operation
def searchsorted(sorted_sequence: TensorLike, values: TensorLike, side: str = "left") -> TensorBase:
    """Return where values belong in an ascending vector (int32), before equals or after them.

    side: "left", the number of elements that are less, or "right", of those not greater.
    """
    if side not in ("left", "right"):
        raise ValueError(f"searchsorted: expected side 'left' or 'right', received {side!r}")
    sequence, wanted = (to_numeric(x) for x in to_common(sorted_sequence, values))
    return apply_one("searchsorted", sequence, wanted, right=side == "right")


@operation
def digitize(x: TensorLike, bins: TensorLike) -> TensorBase:
    """Return how many of the ascending bounds `bins` are not greater than each element (int32)."""
    return searchsorted(bins, x, side="right")


@operation
def histogram(
    x: TensorLike, bins: int = 10, range: Sequence[float] | None = None
) -> tuple[TensorBase, TensorBase]:
    """Return how many elements lie in each of `bins` equal parts of a range, and their bounds.

    range: (lowest, highest), those of x if None; elements outside are not counted. The last part
    holds the highest.
    """
    data = ravel(to_floating(x))
    if bins < 1:
        raise ValueError(f"histogram: expected at least one bin, received {bins}")
    if range is None and not data.shape[0]:
        range = (0.0, 1.0)
    if range is None:
        low, high = min(data), max(data)
        same = low == high
        low, high = where(same, low - 0.5, low), where(same, high + 0.5, high)
    else:
        if len(range) != 2 or not range[0] <= range[1]:
            raise ValueError(f"histogram: expected (lowest, highest) as range, received {range}")
        low, high = (cast(to_tensor(float(bound)), data.dtype) for bound in range)
    edges = low + (high - low) * linspace(0.0, 1.0, bins + 1, dtype=data.dtype)
    at = searchsorted(edges, data, side="right") - 1
    at = where(data == high, bins - 1, at)
    at = where((data < low) | (data > high), bins, at)
    return _count(at, bins, None), edges


@operation
def bincount(
    x: TensorLike, weights: TensorLike | None = None, minlength: int = 0, sparse: bool = False
) -> TensorBase:
    """Return how often each number 0, 1, ... is in x, or the sums of its weights.

    The result goes to the largest number, `minlength` at least; in a graph, where that is not
    known, numbers from `minlength` on are not counted.
    """
    if sparse:
        raise ValueError("bincount: sparse tensors are not supported")
    numbers, length = ravel(indices_of(x)), int(minlength)
    if length < 0:
        raise ValueError(f"bincount: expected minlength >= 0, received {minlength}")
    if not isinstance(numbers, TracedTensor):
        length = int(convert_to_numpy(numbers).max(initial=length - 1)) + 1
    return _count(numbers, length, None if weights is None else ravel(weights))


def _count(numbers: TensorBase, length: int, weights: TensorBase | None) -> TensorBase:
    """Return sums of weights (None: ones, int32) by number, below a length."""
    ones = np.ones(numbers.shape, np.int32) if weights is None else weights
    return apply_one("scatter_add", _dropped(numbers, length), ones, shape=[length])


def _dropped(ids: TensorBase, count: int) -> TensorBase:
    """Return indices with negative ones out of range, where nothing is added."""
    return where(ids < 0, count, ids)


@operation
def segment_sum(
    data: TensorLike,
    segment_ids: TensorLike,
    num_segments: int | None = None,
    sorted: bool = False,
) -> TensorBase:
    """Return the sums of the rows of each segment; ids out of range are left out.

    num_segments: the largest id and 1 if None, which a graph needs to be told. sorted: accepted
    for Keras's sake.
    """
    rows, ids = to_tensor(data), ravel(indices_of(segment_ids))
    count = _segments(ids, num_segments)
    return apply_one("scatter_add", _dropped(ids, count), rows, shape=[count, *rows.shape[1:]])


@operation
def segment_max(
    data: TensorLike,
    segment_ids: TensorLike,
    num_segments: int | None = None,
    sorted: bool = False,
) -> TensorBase:
    """Return the largest of the rows of each segment, the lowest number where there are none."""
    return _segment_extreme(max, -1, data, segment_ids, num_segments)


@operation
def segment_min(
    data: TensorLike,
    segment_ids: TensorLike,
    num_segments: int | None = None,
    sorted: bool = False,
) -> TensorBase:
    """Return the smallest of the rows of each segment, the highest number where there are none."""
    return _segment_extreme(min, 1, data, segment_ids, num_segments)


def _segment_extreme(
    reduce: Any, sign: int, data: TensorLike, segment_ids: TensorLike, num_segments: int | None
) -> TensorBase:
    rows, ids = to_numeric(data), ravel(indices_of(segment_ids))
    count = _segments(ids, num_segments)
    limits = np.finfo(rows.dtype) if dtypes.is_floating(rows.dtype) else np.iinfo(rows.dtype)
    nothing = -np.inf if dtypes.is_floating(rows.dtype) else limits.min
    if sign > 0:
        nothing = np.inf if dtypes.is_floating(rows.dtype) else limits.max
    if rows.ndim == 0 or ids.shape != rows.shape[:1]:
        raise ValueError(f"expected an id for each row of {rows.shape}, received {ids.shape[0]}")
    member = expand_dims(np.arange(count, dtype=np.int32), 1) == cast(ids, "int32")
    member = reshape(member, (count, ids.shape[0], *(1,) * (rows.ndim - 1)))
    found: TensorBase = reduce(where(member, rows, np.asarray(nothing, rows.dtype)), axis=1)
    return found


def _segments(ids: TensorBase, given: int | None) -> int:
    if given is not None:
        if given < 0:
            raise ValueError(f"expected num_segments >= 0, received {given}")
        return int(given)
    if isinstance(ids, TracedTensor):
        raise ValueError("a graph needs to be told num_segments")
    return int(convert_to_numpy(ids).max(initial=-1)) + 1


@operation
def scatter_update(
    inputs: TensorLike, indices: TensorLike, updates: TensorLike, reduction: str | None = None
) -> TensorBase:
    """Return x with updates at indices, of shape (..., axes indexed).

    reduction: None puts them in place of what is there, the last of several for one position;
    "add" adds them up.
    """
    x = to_tensor(inputs)
    index = indices_of(indices)
    new = cast(to_tensor(updates), x.dtype)
    if reduction == "add":
        return x + scatter(index, new, x.shape)
    if reduction is not None:
        raise ValueError(
            f"scatter_update: expected reduction None or 'add', received {reduction!r}"
        )
    depth = depth_of(index, x.ndim)
    index = reshape(index, (-1, depth))
    rows = row_numbers(index, x.shape[:depth], "scatter_update")
    count = math.prod(x.shape[:depth])
    # For every position the last update that names it: equal ones keep their order when sorted.
    order = apply_one("argsort", rows, axis=0)
    ordered = take(rows, order)
    last = searchsorted(ordered, np.arange(count, dtype=np.int32), side="right") - 1
    hit = (last >= 0) & (take(ordered, where(last < 0, 0, last)) == np.arange(count))
    chosen = take(order, where(hit, last, 0))
    flat = reshape(x, (count, -1))
    placed = take(reshape(new, (index.shape[0], -1)), chosen, axis=0)
    return reshape(where(expand_dims(hit, 1), placed, flat), x.shape)


@operation
def multi_hot(
    inputs: TensorLike,
    num_classes: int | None = None,
    axis: int = -1,
    dtype: str | None = None,
    sparse: bool = False,
) -> TensorBase:
    """Return 1 for each class that is among the indices along axis 1, 0 for the others.

    Of a vector, those along axis 0. axis: where the classes are before that axis goes.
    """
    if num_classes is None:
        raise ValueError("multi_hot: expected num_classes, received None")
    indices = to_tensor(inputs)
    found = one_hot(indices, num_classes, axis, dtype=dtype or config.floatx(), sparse=sparse)
    return max(found, axis=1 if indices.ndim > 1 else 0)


@operation
def isin(
    x1: TensorLike, x2: TensorLike, assume_unique: bool = False, invert: bool = False
) -> TensorBase:
    """Return whether each element of x1 is among those of x2, or with `invert` is not."""
    a, b = to_common(x1, x2)
    found = any(expand_dims(a, -1) == ravel(b), axis=-1)
    return apply_one("logical_not", found) if invert else found


@clarified
def nonzero(x: TensorLike) -> tuple[TensorBase, ...]:
    """Return where x is not 0: an index (int32) along each axis for every such element.

    Their number follows from the values, so x must have some: a graph's tensors do not yet.
    """
    return tuple(Tensor(at.astype(np.int32)) for at in np.nonzero(convert_to_numpy(x)))


@operation
def unravel_index(indices: TensorLike, shape: Sequence[int]) -> tuple[TensorBase, ...]:
    """Return the indices along each axis of a shape that indices into its raveled elements are."""
    rest = to_tensor(indices)
    found = []
    for size in [int(n) for n in shape][::-1]:
        found.append(rest % size)
        rest = rest // size
    return tuple(found[::-1])
