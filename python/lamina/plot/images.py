"""Weights, filters and data as images."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lamina.plot.canvas import axes, plain

Array = NDArray[Any]


def weights(layer: Any, ax: Any = None) -> Any:
    """Draw a layer's kernel as a matrix: inputs down, units across, red above and blue below 0.

    layer: a layer with a `kernel`, or an array. Axes before the last are laid out one below the
    other.
    """
    kernel = _kernel(layer)
    matrix = kernel.reshape(-1, kernel.shape[-1])
    ax = axes(ax)
    image = ax.imshow(matrix, aspect="auto", **_diverging(matrix))
    ax.figure.colorbar(image, ax=ax)
    ax.set(xlabel="unit", ylabel="input")
    return ax


def filters(
    layer: Any, shape: Sequence[int] | None = None, columns: int | None = None, ax: Any = None
) -> Any:
    """Draw what each unit of a layer looks for: its weights as an image.

    layer: a layer with a `kernel`, or an array. A kernel (height, width, channels, filters) of a
    convolution gives an image for each filter and channel, a row for each channel; a kernel
    (inputs, units) of a Dense layer gives one for each unit, of `shape` (height, width), which
    must have as many pixels as there are inputs. Raises ValueError where that does not fit.
    """
    kernel = _kernel(layer)
    if kernel.ndim == 4:
        tiles = kernel.transpose(2, 3, 0, 1)
        columns = columns or kernel.shape[3]
    elif kernel.ndim == 2 and shape is not None and math.prod(shape) == kernel.shape[0]:
        tiles = kernel.T
    else:
        raise ValueError(
            f"filters: expected a kernel (height, width, channels, filters), or (inputs, units) "
            f"with the shape of an image of all inputs; received {kernel.shape}, shape={shape}"
        )
    size = tuple(shape) if kernel.ndim == 2 and shape is not None else kernel.shape[:2]
    return _mosaic(tiles.reshape(-1, *size), columns, ax, **_diverging(kernel))


def images(x: Any, columns: int | None = None, ax: Any = None) -> Any:
    """Draw images side by side in rows: (n, height, width), or with 1 or 3 channels at the end.

    columns: how many stand in a row; about as many as there are rows if not given. Grey images go
    from their least to their greatest value, colours from 0 to 1, or 255 for integers.
    """
    array = np.asarray(x)
    if array.ndim == 4 and array.shape[-1] == 1:
        array = array[..., 0]
    if array.ndim not in (3, 4) or (array.ndim == 4 and array.shape[-1] != 3) or not len(array):
        raise ValueError(
            f"images: expected images (n, height, width[, 1 or 3]), received shape {array.shape}"
        )
    return _mosaic(array, columns, ax, cmap="gray")


def _kernel(layer: Any) -> Array:
    """Return the kernel of a layer, or an array itself, with at least two axes."""
    kernel = np.asarray(getattr(layer, "kernel", layer))
    if kernel.ndim < 2:
        raise ValueError(
            f"expected a layer with a kernel, or an array of two axes or more, received {layer!r}"
        )
    return kernel


def _diverging(values: Array) -> dict[str, Any]:
    """Return the colours of numbers around 0."""
    most = float(np.abs(values).max(initial=0)) or 1.0
    return {"cmap": "RdBu_r", "vmin": -most, "vmax": most}


def _mosaic(tiles: Array, columns: int | None, ax: Any, **colours: Any) -> Any:
    """Draw images (n, height, width, ...) in rows, with a line's width between them."""
    count, height, width = tiles.shape[:3]
    columns = min(columns or math.ceil(math.sqrt(count)), count)
    rows = math.ceil(count / columns)
    shape = (rows * (height + 1) - 1, columns * (width + 1) - 1, *tiles.shape[3:])
    canvas = np.full(shape, _white(tiles.dtype), tiles.dtype)
    bare = np.ones(shape, bool)
    for i, tile in enumerate(tiles):
        top, left = (i // columns) * (height + 1), (i % columns) * (width + 1)
        place = np.s_[top : top + height, left : left + width]
        canvas[place], bare[place] = tile, False
    ax = axes(ax, (max(2.0, 0.6 * columns), max(2.0, 0.6 * rows * height / width)))
    # Matplotlib leaves what is masked transparent in grey and in maps of colours, not in RGB.
    ax.imshow(np.ma.MaskedArray(canvas, bare), interpolation="nearest", **colours)
    plain(ax)
    return ax


def _white(dtype: np.dtype[Any]) -> Any:
    return np.iinfo(dtype).max if dtype.kind in "iu" else 1
