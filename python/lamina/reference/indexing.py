"""Gathering, scattering and sorting."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lamina.reference.registry import Array, op


@op("bounded")
def bounded(x: Array, low: int, high: int) -> Array:
    """Return x; raise ValueError unless its elements, cut to integers, are in low..high - 1."""
    if not ((x > low - 1) & (x < high)).all():
        raise ValueError(f"expected values in {low}..{high - 1}")
    return x


@bounded.gradient
def _(dy: Array, x: Array, low: int, high: int) -> tuple[Array]:
    return (dy,)


@op("take")
def take(x: Array, indices: Array, axis: int) -> Array:
    """Return the slices of x at the indices along an axis; NaN (or 0) for indices out of range."""
    size = x.shape[axis]
    inside = (indices >= -size) & (indices < size)
    y = np.take(x, np.where(inside, indices, 0) % max(size, 1), axis=axis)
    lead = axis % x.ndim
    mask = inside.reshape((1,) * lead + indices.shape + (1,) * (x.ndim - lead - 1))
    return np.where(mask, y, np.asarray(np.nan if x.dtype.kind == "f" else 0, x.dtype))


@take.gradient
def _(dy: Array, x: Array, indices: Array, axis: int) -> tuple[Array, None]:
    dx = np.zeros_like(x)
    lead = axis % x.ndim
    rows = np.moveaxis(dx, lead, 0)
    updates = np.moveaxis(dy, range(lead, lead + indices.ndim), range(indices.ndim))
    inside = (indices >= -len(rows)) & (indices < len(rows))
    np.add.at(rows, indices[inside], updates[inside])
    return dx, None


@op("scatter_add")
def scatter_add(indices: Array, updates: Array, shape: Sequence[int]) -> Array:
    """Add each row of updates to the row of a zero array that its index names."""
    y = np.zeros(tuple(shape), updates.dtype)
    flat = indices.reshape(-1)
    rows = updates.reshape((flat.size, *y.shape[1:]))
    inside = (flat >= -len(y)) & (flat < len(y))
    np.add.at(y, flat[inside], rows[inside])
    return y


@scatter_add.gradient
def _(dy: Array, indices: Array, updates: Array, shape: Sequence[int]) -> tuple[None, Array]:
    return None, dy[indices]


@op("one_hot")
def one_hot(indices: Array, num_classes: int, dtype: str = "float32") -> Array:
    """Return 1 at the index and 0 elsewhere along a new last axis; all 0 out of range."""
    return np.asarray((indices[..., None] == np.arange(num_classes)).astype(dtype))


@op("take_along_axis")
def take_along_axis(x: Array, indices: Array, axis: int) -> Array:
    """Return x[..., indices[..., i, ...], ...] along one axis."""
    return np.take_along_axis(x, indices.astype(np.int64), axis)


@take_along_axis.gradient
def _(dy: Array, x: Array, indices: Array, axis: int) -> tuple[Array, None]:
    return scatter_along_axis.forward(indices, dy, axis=axis, size=x.shape[axis]), None


@op("scatter_along_axis")
def scatter_along_axis(indices: Array, updates: Array, axis: int, size: int) -> Array:
    """Add each update to the place along the axis that its index names."""
    shape = list(updates.shape)
    shape[axis] = size
    y = np.zeros(shape, updates.dtype)
    places: list[Array] = list(np.indices(updates.shape, sparse=True))
    places[axis] = indices.astype(np.int64)
    np.add.at(y, tuple(places), updates)
    return y


@scatter_along_axis.gradient
def _(dy: Array, indices: Array, updates: Array, axis: int, size: int) -> tuple[None, Array]:
    return None, np.take_along_axis(dy, indices.astype(np.int64), axis)


def _order(x: Array, descending: bool, axis: int = -1) -> Array:
    """Sort stably; NaN counts as the largest."""
    if not descending:
        return np.argsort(x, axis=axis, kind="stable")
    flipped = np.flip(x, axis)
    order = np.flip(np.argsort(flipped, axis=axis, kind="stable"), axis)
    return np.asarray(x.shape[axis] - 1 - order)


@op("top_k")
def top_k(x: Array, k: int) -> tuple[Array, Array]:
    """Return the k largest elements of the last axis, largest first, and where they stand."""
    order = _order(x, descending=True)[..., :k]
    return np.take_along_axis(x, order, -1), order.astype(np.int32)


@top_k.gradient
def _(dy: Array, x: Array, k: int) -> tuple[Array]:
    order = _order(x, descending=True)[..., :k]
    return (scatter_along_axis.forward(order, dy, axis=-1, size=x.shape[-1]),)


@op("sort")
def sort(x: Array, axis: int = -1, descending: bool = False) -> Array:
    """Return x in order along the axis."""
    return np.take_along_axis(x, _order(x, descending, axis), axis)


@sort.gradient
def _(dy: Array, x: Array, axis: int = -1, descending: bool = False) -> tuple[Array]:
    order = _order(x, descending, axis)
    return (scatter_along_axis.forward(order, dy, axis=axis, size=x.shape[axis]),)


@op("argsort")
def argsort(x: Array, axis: int = -1, descending: bool = False) -> Array:
    """Return the positions that put x in order along the axis."""
    return _order(x, descending, axis).astype(np.int32)
