"""Pooling: the core's ops, with explicit padding, and the layers.

A window is walked by its taps, its elements in row-major order; those in the padding are left out.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from lamina.reference.layers import LAYERS
from lamina.reference.registry import Array, Reference, op

Sizes = Sequence[int]
Place = tuple[Any, ...]


def windows(
    spatial: Sizes, window: Sizes, strides: Sizes | None, padding: Sizes | None
) -> Iterator[tuple[Place, Place, Array]]:
    """Yield for each window the index of its output, of its elements, and their taps' numbers."""
    strides = strides or [1] * len(spatial)
    pairs = np.reshape(padding or [0] * 2 * len(spatial), (-1, 2))
    taps = np.arange(np.prod(window)).reshape(window)
    counts = [
        (n + before + after - w) // s + 1
        for n, w, s, (before, after) in zip(spatial, window, strides, pairs, strict=True)
    ]
    for output in itertools.product(*map(range, counts)):
        starts = [o * s - before for o, s, (before, _) in zip(output, strides, pairs, strict=True)]
        seen = [slice(max(a, 0), a + w) for a, w in zip(starts, window, strict=True)]
        inside = [
            slice(max(-a, 0), n - a) for a, n in zip(starts, spatial, strict=True)
        ]  # of the window
        yield (slice(None), *output), (slice(None), *seen), taps[tuple(inside)].ravel()


def pooled_shape(x: Array, window: Sizes, strides: Sizes | None, padding: Sizes | None) -> Place:
    """Return the shape of what pooling x (batch, spatial, channels) gives."""
    places = [o for o, _, _ in windows(x.shape[1:-1], window, strides, padding)]
    return (len(x), *(n + 1 for n in places[-1][1:]), x.shape[-1])


def _elements(x: Array, seen: Place) -> Array:
    """Return a window's elements as (batch, taps, channels)."""
    block = x[seen]
    return block.reshape(len(x), int(np.prod(block.shape[1:-1])), x.shape[-1])


@op("max_pool")
def max_pool(
    x: Array, window: Sizes, strides: Sizes | None = None, padding: Sizes | None = None
) -> tuple[Array, Array]:
    """Return the largest element of each window and its tap, the first of equals."""
    y = np.zeros(pooled_shape(x, window, strides, padding), x.dtype)
    where = np.zeros(y.shape, np.uint8 if np.prod(window) <= 256 else np.int32)
    for output, seen, taps in windows(x.shape[1:-1], window, strides, padding):
        elements = _elements(x, seen)
        y[output], where[output] = elements.max(axis=1), taps[elements.argmax(axis=1)]
    return y, where


@max_pool.gradient
def _(
    dy: Array, x: Array, window: Sizes, strides: Sizes | None = None, padding: Sizes | None = None
) -> tuple[Array]:
    where = max_pool.forward(x, window, strides, padding)[1]
    return (max_pool_grad.forward(dy, where, x.shape[1:-1], window, strides, padding),)


@op("max_pool_grad")
def max_pool_grad(
    dy: Array,
    where: Array,
    size: Sizes,
    window: Sizes,
    strides: Sizes | None = None,
    padding: Sizes | None = None,
) -> Array:
    """Return zeros with each dy added at the tap of its window that `where` names."""
    dx = np.zeros((len(dy), *size, dy.shape[-1]), dy.dtype)
    for output, seen, taps in windows(size, window, strides, padding):
        chosen = taps[:, None] == where[output][:, None]
        dx[seen] += (dy[output][:, None] * chosen).reshape(dx[seen].shape)
    return dx


@max_pool_grad.gradient
def _(dy: Array, slopes: Array, where: Array, size: Sizes, **attributes: Any) -> tuple[Array, None]:
    return max_pool_take.forward(dy, where, **attributes), None


@op("max_pool_take")
def max_pool_take(
    x: Array,
    where: Array,
    window: Sizes,
    strides: Sizes | None = None,
    padding: Sizes | None = None,
) -> Array:
    """Return the element of each window at the tap that `where` names."""
    y = np.zeros(where.shape, x.dtype)
    for output, seen, taps in windows(x.shape[1:-1], window, strides, padding):
        chosen = taps[:, None] == where[output][:, None]
        y[output] = np.sum(_elements(x, seen) * chosen, axis=1)
    return y


@max_pool_take.gradient
def _(dy: Array, x: Array, where: Array, **attributes: Any) -> tuple[Array, None]:
    return max_pool_grad.forward(dy, where, x.shape[1:-1], **attributes), None


@op("average_pool")
def average_pool(
    x: Array, window: Sizes, strides: Sizes | None = None, padding: Sizes | None = None
) -> Array:
    """Return the mean of those elements of each window that exist."""
    y = np.zeros(pooled_shape(x, window, strides, padding), x.dtype)
    for output, seen, _taps in windows(x.shape[1:-1], window, strides, padding):
        y[output] = _elements(x, seen).mean(axis=1)
    return y


@average_pool.gradient
def _(dy: Array, x: Array, **attributes: Any) -> tuple[Array]:
    return (average_pool_grad.forward(dy, x.shape[1:-1], **attributes),)


@op("average_pool_grad")
def average_pool_grad(
    dy: Array,
    size: Sizes,
    window: Sizes,
    strides: Sizes | None = None,
    padding: Sizes | None = None,
) -> Array:
    """Return zeros with each dy shared out equally over its window."""
    dx = np.zeros((len(dy), *size, dy.shape[-1]), dy.dtype)
    for output, seen, taps in windows(size, window, strides, padding):
        share = np.repeat(dy[output][:, None], len(taps), axis=1) / len(taps)
        dx[seen] += share.reshape(dx[seen].shape)
    return dx


@average_pool_grad.gradient
def _(dy: Array, slopes: Array, size: Sizes, **attributes: Any) -> tuple[Array]:
    return (average_pool.forward(dy, **attributes),)


# --- layers ---------------------------------------------------------------------------------------


def same_padding(spatial: Sizes, window: Sizes, strides: Sizes) -> list[int]:
    """Return what gives ceil(size / stride) windows: before and after each axis, one by one."""
    found = []
    for n, w, s in zip(spatial, window, strides, strict=True):
        total = max((-(-n // s) - 1) * s + w - n, 0)
        found += [total // 2, total - total // 2]
    return found


def _layer(pool: Reference) -> Reference:
    """Return a pooling layer: attributes as Keras has them, either place of the channels."""

    def moved(x: Array, data_format: str | None, back: bool = False) -> Array:
        if data_format != "channels_first":
            return x
        return np.moveaxis(x, -1, 1) if back else np.moveaxis(x, 1, -1)

    def attributes(x: Array, pool_size: Any, strides: Any, padding: str) -> dict[str, Any]:
        spatial = x.shape[1:-1]
        window, steps = (
            [value] * len(spatial) if isinstance(value, int) else list(value)
            for value in (pool_size, pool_size if strides is None else strides)
        )
        pairs = same_padding(spatial, window, steps) if padding == "same" else None
        return {"window": window, "strides": steps, "padding": pairs}

    def forward(
        x: Array,
        pool_size: Any = 2,
        strides: Any = None,
        padding: str = "valid",
        data_format: str | None = None,
    ) -> Array:
        x = moved(x, data_format)
        y = pool.forward(x, **attributes(x, pool_size, strides, padding))
        return moved(y[0] if isinstance(y, tuple) else y, data_format, back=True)

    def backward(
        dy: Array,
        x: Array,
        pool_size: Any = 2,
        strides: Any = None,
        padding: str = "valid",
        data_format: str | None = None,
    ) -> tuple[Array]:
        x, dy = moved(x, data_format), moved(dy, data_format)
        assert pool.backward is not None
        (dx,) = pool.backward(dy, x, **attributes(x, pool_size, strides, padding))
        assert dx is not None
        return (moved(dx, data_format, back=True),)

    return Reference(forward, backward)


def _spatial(x: Array, data_format: str | None) -> tuple[int, ...]:
    return tuple(range(2, x.ndim) if data_format == "channels_first" else range(1, x.ndim - 1))


def _global_max(x: Array, data_format: str | None = None, keepdims: bool = False) -> Array:
    """Return the largest element of each channel."""
    return np.asarray(x.max(axis=_spatial(x, data_format), keepdims=keepdims))


def _global_max_gradient(
    dy: Array, x: Array, data_format: str | None = None, keepdims: bool = False
) -> tuple[Array]:
    axes = _spatial(x, data_format)
    chosen = x == x.max(axis=axes, keepdims=True)
    slopes = dy if keepdims else np.expand_dims(dy, axes)
    return (slopes * chosen / chosen.sum(axis=axes, keepdims=True),)


def _weights(x: Array, data_format: str | None, mask: Array | None) -> Array:
    """Return what each element counts in the mean of its channel."""
    seen = np.ones_like(x)
    if mask is not None:
        seen = seen * np.expand_dims(mask, 1 if data_format == "channels_first" else 2)
    return np.asarray(seen / seen.sum(axis=_spatial(x, data_format), keepdims=True))


def _global_average(
    x: Array, data_format: str | None = None, keepdims: bool = False, mask: Array | None = None
) -> Array:
    """Return the mean of each channel, over the steps that the mask lets through."""
    weighted = x * _weights(x, data_format, mask)
    return np.asarray(weighted.sum(axis=_spatial(x, data_format), keepdims=keepdims))


def _global_average_gradient(
    dy: Array,
    x: Array,
    data_format: str | None = None,
    keepdims: bool = False,
    mask: Array | None = None,
) -> tuple[Array]:
    slopes = dy if keepdims else np.expand_dims(dy, _spatial(x, data_format))
    return (slopes * _weights(x, data_format, mask),)


for rank in (1, 2, 3):
    LAYERS[f"MaxPooling{rank}D"] = _layer(max_pool)
    LAYERS[f"AveragePooling{rank}D"] = _layer(average_pool)
    LAYERS[f"GlobalMaxPooling{rank}D"] = Reference(_global_max, _global_max_gradient)
    LAYERS[f"GlobalAveragePooling{rank}D"] = Reference(_global_average, _global_average_gradient)
