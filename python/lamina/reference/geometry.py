"""Layers that cut, surround, repeat and scale images, sequences and volumes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from lamina.reference.layers import LAYERS, layer
from lamina.reference.registry import Array, Reference

Pairs = list[tuple[int, int]]


def spatial_axes(ndim: int, data_format: str | None) -> tuple[int, ...]:
    """Return the axes that are neither the batch's nor the channels'."""
    return tuple(range(2, ndim) if data_format == "channels_first" else range(1, ndim - 1))


# --- edges ----------------------------------------------------------------------------------------


def _widths(x: Array, value: Any, data_format: str | None) -> Pairs:
    """Return (before, after) for every axis; `value` in any form that Keras takes."""
    axes = spatial_axes(x.ndim, data_format)
    items = [value] * len(axes) if isinstance(value, int) else list(value)
    if len(axes) == 1 and len(items) == 2:
        items = [items]
    pairs = [(item, item) if isinstance(item, int) else tuple(item) for item in items]
    return [dict(zip(axes, pairs, strict=True)).get(axis, (0, 0)) for axis in range(x.ndim)]


def _cut(x: Array, widths: Pairs) -> Array:
    return x[tuple(slice(a, n - b) for n, (a, b) in zip(x.shape, widths, strict=True))]


def _padded(x: Array, padding: Any = 1, data_format: str | None = None) -> Array:
    """Return x with zeros around the spatial axes."""
    return np.pad(x, _widths(x, padding, data_format))


def _padded_gradient(
    dy: Array, x: Array, padding: Any = 1, data_format: str | None = None
) -> tuple[Array]:
    return (_cut(dy, _widths(x, padding, data_format)),)


def _cropped(x: Array, cropping: Any = 1, data_format: str | None = None) -> Array:
    """Return x without its edges."""
    return _cut(x, _widths(x, cropping, data_format))


def _cropped_gradient(
    dy: Array, x: Array, cropping: Any = 1, data_format: str | None = None
) -> tuple[Array]:
    return (np.pad(dy, _widths(x, cropping, data_format)),)


for _rank in (1, 2, 3):
    LAYERS[f"ZeroPadding{_rank}D"] = Reference(_padded, _padded_gradient)
    LAYERS[f"Cropping{_rank}D"] = Reference(_cropped, _cropped_gradient)
LAYERS["Cropping2D"] = Reference(
    lambda x, cropping=0, data_format=None: _cropped(x, cropping, data_format),
    lambda dy, x, cropping=0, data_format=None: _cropped_gradient(dy, x, cropping, data_format),
)


# --- scaling: along each axis a product with a matrix ---------------------------------------------


def _sinc(x: float) -> float:
    return 1.0 if x == 0 else float(np.sin(np.pi * x) / (np.pi * x))


def _keys(x: float) -> float:
    """Return Keys's cubic kernel (1981) with a = -1/2, x >= 0."""
    if x < 1:
        return 1.5 * x**3 - 2.5 * x**2 + 1
    return -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2 if x < 2 else 0.0


KERNELS: dict[str, Callable[[float], float]] = {
    "bilinear": lambda x: max(1 - x, 0.0),
    "bicubic": _keys,
    "lanczos3": lambda x: _sinc(x) * _sinc(x / 3) if x < 3 else 0.0,
    "lanczos5": lambda x: _sinc(x) * _sinc(x / 5) if x < 5 else 0.0,
}


def scaling_matrix(size: int, count: int, interpolation: str, antialias: bool = False) -> Array:
    """Return the matrix (count, size) that scales an axis; centers of pixels lie at halves."""
    matrix, step = np.zeros((count, size)), size / count
    for i in range(count):
        if interpolation == "nearest":
            matrix[i, int((i + 0.5) * step)] = 1
            continue
        stretch = max(step, 1.0) if antialias else 1.0
        for j in range(size):
            distance = abs((i + 0.5) * step - 0.5 - j) / stretch
            matrix[i, j] = KERNELS[interpolation](distance)
        matrix[i] /= matrix[i].sum()
    return matrix


def along(matrices: Sequence[Array], x: Array, axes: Sequence[int], back: bool = False) -> Array:
    """Return x multiplied by a matrix along each of the axes, or by their transposes."""
    for matrix, axis in zip(matrices, axes, strict=True):
        product = np.tensordot(matrix.T if back else matrix, x, axes=(1, axis))
        x = np.moveaxis(product, 0, axis).astype(x.dtype)
    return x


def _enlarging(
    x: Array, size: Any, data_format: str | None, interpolation: str
) -> tuple[list[Array], tuple[int, ...]]:
    axes = spatial_axes(x.ndim, data_format)
    times = [size] * len(axes) if isinstance(size, int) else list(size)
    sizes = [(x.shape[axis], x.shape[axis] * n) for axis, n in zip(axes, times, strict=True)]
    return [scaling_matrix(*pair, interpolation) for pair in sizes], axes


def _up_sampled(
    x: Array, size: Any = 2, data_format: str | None = None, interpolation: str = "nearest"
) -> Array:
    """Return x with `size` times as many places along each spatial axis."""
    matrices, axes = _enlarging(x, size, data_format, interpolation)
    return along(matrices, x, axes)


def _up_sampled_gradient(
    dy: Array,
    x: Array,
    size: Any = 2,
    data_format: str | None = None,
    interpolation: str = "nearest",
) -> tuple[Array]:
    matrices, axes = _enlarging(x, size, data_format, interpolation)
    return (along(matrices, dy, axes, back=True),)


for _rank in (1, 2, 3):
    LAYERS[f"UpSampling{_rank}D"] = Reference(_up_sampled, _up_sampled_gradient)


# --- images of a given size -----------------------------------------------------------------------


def _to_ratio(rows: int, columns: int, height: int, width: int) -> tuple[slice, slice]:
    """Return the middle part of (rows, columns) that has the ratio of (height, width)."""
    found = []
    for n, other, side in ((rows, columns, height / width), (columns, rows, width / height)):
        kept = max(min(n, int(other * side)), 1)
        start = (n - kept) // 2
        found.append(slice(start, start + kept))
    return found[0], found[1]


def fitting(
    sizes: tuple[int, int],
    height: int,
    width: int,
    interpolation: str = "bilinear",
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    antialias: bool = False,
    **_: Any,
) -> list[Array]:
    """Return the matrices, for rows and for columns, that Resizing multiplies by."""
    matrices = [np.eye(n) for n in sizes]
    if crop_to_aspect_ratio:
        parts = _to_ratio(*sizes, height, width)
        matrices = [m[part] for m, part in zip(matrices, parts, strict=True)]
    elif pad_to_aspect_ratio:
        rows, columns = sizes
        wanted = max(rows, int(columns * height / width)), max(columns, int(rows * width / height))
        edges = [(n - size) // 2 for n, size in zip(wanted, sizes, strict=True)]
        matrices = [np.pad(m, ((e, e), (0, 0))) for m, e in zip(matrices, edges, strict=True)]
    return [
        m if len(m) == n else scaling_matrix(len(m), n, interpolation, antialias) @ m
        for m, n in zip(matrices, (height, width), strict=True)
    ]


def _image_axes(x: Array, data_format: str | None) -> tuple[int, int]:
    """Return the axes of height and width of images, or of one image."""
    return (-2, -1) if data_format == "channels_first" else (-3, -2)


@layer("Resizing")
def resizing(
    x: Array,
    height: int,
    width: int,
    data_format: str | None = None,
    fill_value: float = 0.0,
    **options: Any,
) -> Array:
    """Return images of height and width; what was not there before is fill_value."""
    axes = _image_axes(x, data_format)
    matrices = fitting((x.shape[axes[0]], x.shape[axes[1]]), height, width, **options)
    there = along(matrices, np.ones_like(x), axes)
    return np.asarray(along(matrices, x, axes) + (1 - there) * fill_value, x.dtype)


@resizing.gradient
def _(
    dy: Array, x: Array, height: int, width: int, data_format: str | None = None, **options: Any
) -> tuple[Array]:
    axes = _image_axes(x, data_format)
    matrices = fitting((x.shape[axes[0]], x.shape[axes[1]]), height, width, **options)
    return (along(matrices, dy, axes, back=True),)


def _middle(x: Array, height: int, width: int, data_format: str | None) -> list[Array]:
    """Return the matrices, for rows and for columns, that CenterCrop multiplies by."""
    rows, columns = (x.shape[axis] for axis in _image_axes(x, data_format))
    if rows < height or columns < width:
        return fitting((rows, columns), height, width, crop_to_aspect_ratio=True)
    starts = (rows - height) // 2, (columns - width) // 2
    kept = zip((rows, columns), starts, (height, width), strict=True)
    return [np.eye(n)[start : start + size] for n, start, size in kept]


@layer("CenterCrop")
def center_crop(x: Array, height: int, width: int, data_format: str | None = None) -> Array:
    """Return the middle of images; too small ones are cut to the ratio and scaled."""
    return along(_middle(x, height, width, data_format), x, _image_axes(x, data_format))


@center_crop.gradient
def _(dy: Array, x: Array, height: int, width: int, data_format: str | None = None) -> tuple[Array]:
    matrices = _middle(x, height, width, data_format)
    return (along(matrices, dy, _image_axes(x, data_format), back=True),)
