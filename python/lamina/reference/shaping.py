"""Ops that move elements about without computing with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lamina.reference.registry import OPS, Array, Reference, op, unbroadcast


@op("identity")
def identity(x: Array) -> Array:
    """Return x."""
    return np.asarray(x.copy())


@identity.gradient
def _(dy: Array, x: Array) -> tuple[Array]:
    return (dy,)


OPS["stop_gradient"] = Reference(identity.forward)


@op("cast")
def cast(x: Array, dtype: str) -> Array:
    """Return x in another dtype; numbers become true where they are not zero."""
    return x.astype(dtype)


@cast.gradient
def _(dy: Array, x: Array, dtype: str) -> tuple[Array | None]:
    return (dy.astype(x.dtype) if x.dtype.kind == "f" else None,)


@op("where")
def where(condition: Array, a: Array, b: Array) -> Array:
    """Return a where the condition holds, b elsewhere."""
    return np.where(condition, a, b)


@where.gradient
def _(dy: Array, condition: Array, a: Array, b: Array) -> tuple[None, Array, Array]:
    taken = np.where(condition, dy, 0), np.where(condition, 0, dy)
    return None, unbroadcast(taken[0], a.shape), unbroadcast(taken[1], b.shape)


@op("reshape")
def reshape(x: Array, shape: Sequence[int]) -> Array:
    """Return the elements in the same order under another shape."""
    return x.reshape(shape)


@reshape.gradient
def _(dy: Array, x: Array, shape: Sequence[int]) -> tuple[Array]:
    return (dy.reshape(x.shape),)


@op("transpose")
def transpose(x: Array, axes: Sequence[int]) -> Array:
    """Return y with y.shape[i] = x.shape[axes[i]]."""
    return np.transpose(x, axes)


@transpose.gradient
def _(dy: Array, x: Array, axes: Sequence[int]) -> tuple[Array]:
    return (np.transpose(dy, np.argsort([axis % x.ndim for axis in axes])),)


@op("broadcast_to")
def broadcast_to(x: Array, shape: Sequence[int]) -> Array:
    """Repeat x along new and length-one axes."""
    return np.asarray(np.broadcast_to(x, tuple(shape)).copy())


@broadcast_to.gradient
def _(dy: Array, x: Array, shape: Sequence[int]) -> tuple[Array]:
    return (unbroadcast(dy, x.shape),)


@op("concatenate")
def concatenate(*xs: Array, axis: int) -> Array:
    """Join arrays end to end along an axis."""
    return np.concatenate(xs, axis=axis)


@concatenate.gradient
def _(dy: Array, *xs: Array, axis: int) -> tuple[Array, ...]:
    cuts = np.cumsum([x.shape[axis] for x in xs])[:-1]
    return tuple(np.split(dy, cuts, axis=axis))


def _slices(begin: Sequence[int], end: Sequence[int], step: Sequence[int]) -> tuple[slice, ...]:
    return tuple(slice(*bounds) for bounds in zip(begin, end, step, strict=True))


@op("slice")
def slice_(x: Array, begin: Sequence[int], end: Sequence[int], step: Sequence[int]) -> Array:
    """Return every step-th element from begin to before end, per axis."""
    return np.asarray(x[_slices(begin, end, step)].copy())


@slice_.gradient
def _(
    dy: Array, x: Array, begin: Sequence[int], end: Sequence[int], step: Sequence[int]
) -> tuple[Array]:
    dx = np.zeros_like(x)
    dx[_slices(begin, end, step)] = dy
    return (dx,)


def _inner(x: Array, before: Sequence[int], interior: Sequence[int]) -> tuple[slice, ...]:
    """Return where the elements of `x` stand in its padded form."""
    return tuple(
        slice(b, b + (n - 1) * (gap + 1) + 1 if n else b, gap + 1)
        for b, n, gap in zip(before, x.shape, interior, strict=True)
    )


@op("pad")
def pad(
    x: Array,
    before: Sequence[int],
    after: Sequence[int],
    interior: Sequence[int] = (),
    value: float = 0,
) -> Array:
    """Put `value` before, after and between the elements of each axis."""
    interior = interior or [0] * x.ndim
    shape = [
        b + n + max(n - 1, 0) * gap + a
        for b, n, gap, a in zip(before, x.shape, interior, after, strict=True)
    ]
    y = np.full(shape, value, x.dtype)
    y[_inner(x, before, interior)] = x
    return y


@pad.gradient
def _(
    dy: Array,
    x: Array,
    before: Sequence[int],
    after: Sequence[int],
    interior: Sequence[int] = (),
    **_: Any,
) -> tuple[Array]:
    return (dy[_inner(x, before, interior or [0] * x.ndim)],)


@op("flip")
def flip(x: Array, axes: Sequence[int]) -> Array:
    """Reverse the order of the elements along the axes."""
    return np.flip(x, tuple(axes))


@flip.gradient
def _(dy: Array, x: Array, axes: Sequence[int]) -> tuple[Array]:
    return (np.flip(dy, tuple(axes)),)
