"""Reductions over axes (none given: over all of them), and running sums."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lamina.reference.linalg import from_blocks
from lamina.reference.registry import Array, op


def _axes(x: Array, axes: Sequence[int]) -> tuple[int, ...]:
    return tuple(axis % x.ndim for axis in axes) if len(axes) else tuple(range(x.ndim))


def _spread(dy: Array, x: Array, axes: Sequence[int], keepdims: bool) -> Array:
    """Repeat a reduced array over the axes that were reduced."""
    if not keepdims:
        dy = np.expand_dims(dy, _axes(x, axes))
    return np.broadcast_to(dy, x.shape)


def _widened(x: Array) -> Any:
    """Return the dtype in which sums of `x` are kept: small integers count in int32."""
    return np.int32 if x.dtype in (np.bool_, np.uint8) else x.dtype


@op("sum")
def sum_(x: Array, axes: Sequence[int] = (), keepdims: bool = False) -> Array:
    """Return the sum of x over the axes."""
    return np.asarray(np.sum(x, axis=_axes(x, axes), keepdims=keepdims, dtype=_widened(x)))


@sum_.gradient
def _(dy: Array, x: Array, axes: Sequence[int] = (), keepdims: bool = False) -> tuple[Array]:
    return (_spread(dy, x, axes, keepdims),)


@op("sum_blocks")
def sum_blocks(x: Array, blocks: int = 1) -> Array:
    """Return the sums of the columns of a matrix that lies in blocks of them."""
    return np.asarray(np.sum(from_blocks(x, blocks), axis=0, dtype=_widened(x)))


@op("mean")
def mean(x: Array, axes: Sequence[int] = (), keepdims: bool = False) -> Array:
    """Return the sum over the axes divided by the number of elements summed."""
    return np.asarray(np.mean(x, axis=_axes(x, axes), keepdims=keepdims))


@mean.gradient
def _(dy: Array, x: Array, axes: Sequence[int] = (), keepdims: bool = False) -> tuple[Array]:
    count = np.prod([x.shape[axis] for axis in _axes(x, axes)], dtype=x.dtype)
    return (_spread(dy, x, axes, keepdims) / count,)


@op("prod")
def prod(x: Array, axes: Sequence[int] = (), keepdims: bool = False) -> Array:
    """Return the product of x over the axes."""
    return np.asarray(np.prod(x, axis=_axes(x, axes), keepdims=keepdims, dtype=_widened(x)))


@prod.gradient
def _(dy: Array, x: Array, axes: Sequence[int] = (), keepdims: bool = False) -> tuple[Array]:
    dx = np.zeros_like(x)
    for index in np.ndindex(*x.shape):
        others = x.copy()
        others[index] = 1
        product = np.prod(others, axis=_axes(x, axes), keepdims=keepdims)
        dx[index] = _spread(dy * product, x, axes, keepdims)[index]
    return (dx,)


def _extreme_gradient(y: Array, dy: Array, x: Array, axes: Sequence[int], keepdims: bool) -> Array:
    """Share dy equally between the elements that attain the extreme."""
    hits = (x == _spread(y, x, axes, keepdims)).astype(x.dtype)
    ties = np.sum(hits, axis=_axes(x, axes), keepdims=True)
    return np.asarray(hits / ties * _spread(dy, x, axes, keepdims))


@op("max")
def max_(x: Array, axes: Sequence[int] = (), keepdims: bool = False) -> Array:
    """Return the largest element over the axes; NaN where there is one."""
    return np.asarray(np.max(x, axis=_axes(x, axes), keepdims=keepdims))


@max_.gradient
def _(dy: Array, x: Array, axes: Sequence[int] = (), keepdims: bool = False) -> tuple[Array]:
    return (_extreme_gradient(max_.forward(x, axes, keepdims), dy, x, axes, keepdims),)


@op("min")
def min_(x: Array, axes: Sequence[int] = (), keepdims: bool = False) -> Array:
    """Return the smallest element over the axes; NaN where there is one."""
    return np.asarray(np.min(x, axis=_axes(x, axes), keepdims=keepdims))


@min_.gradient
def _(dy: Array, x: Array, axes: Sequence[int] = (), keepdims: bool = False) -> tuple[Array]:
    return (_extreme_gradient(min_.forward(x, axes, keepdims), dy, x, axes, keepdims),)


@op("logsumexp")
def logsumexp(x: Array, axes: Sequence[int] = (), keepdims: bool = False) -> Array:
    """Return log(sum(exp(x))) = m + log(sum(exp(x - m))) with m the maximum."""
    top = np.max(x, axis=_axes(x, axes), keepdims=True)
    top = np.where(np.isfinite(top), top, 0)
    total = np.sum(np.exp(x - top), axis=_axes(x, axes), keepdims=True)
    result = np.log(total) + top
    return np.asarray(result if keepdims else np.squeeze(result, _axes(x, axes)))


@logsumexp.gradient
def _(dy: Array, x: Array, axes: Sequence[int] = (), keepdims: bool = False) -> tuple[Array]:
    total = logsumexp.forward(x, axes, True)
    return (np.exp(x - total) * _spread(dy, x, axes, keepdims),)


@op("any")
def any_(x: Array, axes: Sequence[int] = (), keepdims: bool = False) -> Array:
    """Return whether any element over the axes is true."""
    return np.asarray(np.any(x, axis=_axes(x, axes), keepdims=keepdims))


@op("all")
def all_(x: Array, axes: Sequence[int] = (), keepdims: bool = False) -> Array:
    """Return whether all elements over the axes are true."""
    return np.asarray(np.all(x, axis=_axes(x, axes), keepdims=keepdims))


@op("argmax")
def argmax(x: Array, axis: int = -1, keepdims: bool = False) -> Array:
    """Return the position of the first largest element."""
    return np.asarray(np.argmax(x, axis=axis, keepdims=keepdims).astype(np.int32))


@op("argmin")
def argmin(x: Array, axis: int = -1, keepdims: bool = False) -> Array:
    """Return the position of the first smallest element."""
    return np.asarray(np.argmin(x, axis=axis, keepdims=keepdims).astype(np.int32))


@op("cumsum")
def cumsum(x: Array, axis: int, reverse: bool = False) -> Array:
    """Return y_i = x_0 + ... + x_i along the axis, from the other end if reversed."""
    if reverse:
        return np.flip(np.cumsum(np.flip(x, axis), axis=axis, dtype=x.dtype), axis)
    return np.asarray(np.cumsum(x, axis=axis, dtype=x.dtype))


@cumsum.gradient
def _(dy: Array, x: Array, axis: int, reverse: bool = False) -> tuple[Array]:
    return (cumsum.forward(dy, axis, not reverse),)
