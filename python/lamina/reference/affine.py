"""Images taken from other places: the core's ops."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from lamina.reference.registry import Array, op

# Which elements of a b c d follow each other, from the first one on and for ever.
_PERIODS: dict[str, Callable[[int], list[int]]] = {
    "wrap": lambda n: list(range(n)),
    "mirror": lambda n: [*range(n), *range(n - 2, 0, -1)],
    "reflect": lambda n: [*range(n), *range(n - 1, -1, -1)],
}


def _inside(place: int, size: int, fill_mode: str) -> int | None:
    if fill_mode == "constant":
        return place if 0 <= place < size else None
    if fill_mode == "nearest":
        return min(max(place, 0), size - 1)
    period = _PERIODS[fill_mode](size)
    return period[place % len(period)]


def _between(place: float, interpolation: str) -> list[tuple[int, float, float]]:
    """Return places, their weights, and the slopes of the weights."""
    if interpolation == "nearest":
        return [(int(math.copysign(math.floor(abs(place) + 0.5), place)), 1.0, 0.0)]
    low = math.floor(place)
    return [(low, 1 - (place - low), -1.0), (low + 1, place - low, 1.0)]


def _sources(
    transform: Array, sizes: tuple[int, int], interpolation: str, fill_mode: str
) -> list[tuple[int, int | None, float, float, float]]:
    """Return (pixel, pixel it comes from, weight, slopes by the place's x and y), for all pairs."""
    a0, a1, a2, b0, b1, b2 = (float(t) for t in transform[:6])
    found = []
    for pixel, (y, x) in enumerate(itertools.product(*map(range, sizes))):
        rows = _between(b0 * x + b1 * y + b2, interpolation)
        columns = _between(a0 * x + a1 * y + a2, interpolation)
        for row, w_row, s_row in rows:
            for column, w_column, s_column in columns:
                i, j = _inside(row, sizes[0], fill_mode), _inside(column, sizes[1], fill_mode)
                source = None if i is None or j is None else i * sizes[1] + j
                weights = w_row * w_column, w_row * s_column, s_row * w_column
                found.append((pixel, source, *weights))
    return found


def _pixels(x: Array) -> Array:
    """Return images as (batch, pixels, channels)."""
    return x.reshape(len(x), x.shape[1] * x.shape[2], x.shape[3])


@op("affine_transform")
def affine_transform(
    x: Array,
    transforms: Array,
    interpolation: str = "bilinear",
    fill_mode: str = "constant",
    fill_value: float = 0.0,
) -> Array:
    """Return images whose pixel (x, y) comes from (a0 x + a1 y + a2, b0 x + b1 y + b2)."""
    flat = _pixels(x)
    y = np.zeros(flat.shape)
    for image, transform in enumerate(transforms):
        for pixel, source, weight, *_ in _sources(
            transform, x.shape[1:3], interpolation, fill_mode
        ):
            y[image, pixel] += weight * (fill_value if source is None else flat[image, source])
    return y.reshape(x.shape).astype(x.dtype)


@affine_transform.gradient
def _(dy: Array, x: Array, transforms: Array, **options: Any) -> tuple[Array, Array]:
    by_transforms = affine_transform_slopes.forward(dy, transforms, x, **options)
    return affine_transform_grad.forward(dy, transforms, **options), by_transforms


@op("affine_transform_grad")
def affine_transform_grad(
    dy: Array,
    transforms: Array,
    interpolation: str = "bilinear",
    fill_mode: str = "constant",
    fill_value: float = 0.0,
) -> Array:
    """Return each dy added, times its weight, where its pixel came from."""
    flat = _pixels(dy)
    dx = np.zeros(flat.shape)
    for image, transform in enumerate(transforms):
        found = _sources(transform, dy.shape[1:3], interpolation, fill_mode)
        for pixel, source, weight, *_ in found:
            if source is not None:
                dx[image, source] += weight * flat[image, pixel]
    return dx.reshape(dy.shape).astype(dy.dtype)


@affine_transform_grad.gradient
def _(u: Array, dy: Array, transforms: Array, **options: Any) -> tuple[Array, Array]:
    options = {**options, "fill_value": 0.0}
    by_transforms = affine_transform_slopes.forward(dy, transforms, u, **options)
    return affine_transform.forward(u, transforms, **options), by_transforms


@op("affine_transform_slopes")
def affine_transform_slopes(
    dy: Array,
    transforms: Array,
    x: Array,
    interpolation: str = "bilinear",
    fill_mode: str = "constant",
    fill_value: float = 0.0,
) -> Array:
    """Return the gradient of sum(dy affine_transform(x)) by the transforms."""
    flat, slopes = _pixels(x), _pixels(dy)
    found = np.zeros(transforms.shape)
    sizes = x.shape[1:3]
    for image, transform in enumerate(transforms):
        sources = _sources(transform, sizes, interpolation, fill_mode)
        for pixel, source, _weight, by_x, by_y in sources:
            value = fill_value if source is None else flat[image, source]
            through = np.sum(slopes[image, pixel] * value)
            row, column = divmod(pixel, sizes[1])
            place = np.array([column, row, 1])
            found[image, :6] += through * np.concatenate([by_x * place, by_y * place])
    return found.astype(x.dtype)
