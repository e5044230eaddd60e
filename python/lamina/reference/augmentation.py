"""Layers that change images at random, with `state`, the random state before the call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lamina.reference.affine import affine_transform, affine_transform_grad
from lamina.reference.geometry import resizing
from lamina.reference.layers import LAYERS
from lamina.reference.noise import dropout
from lamina.reference.random import random_uniform
from lamina.reference.registry import Array, Reference


class _Draws:
    """Uniform numbers, one state after the other."""

    def __init__(self, state: Array, dtype: Any) -> None:
        self.state, self.dtype = state, str(dtype)

    def __call__(self, shape: Sequence[int], low: float, high: float) -> Array:
        drawn = random_uniform.forward(self.state, shape, low, high, dtype=self.dtype)
        self.state = self.state + np.array([0, 1])
        return np.asarray(drawn)


def _range(factor: Any, least: float = -1.0) -> tuple[float, float]:
    if isinstance(factor, (int, float)):
        return max(-abs(factor), least), abs(factor)
    return min(factor), max(factor)


def _rows(batch: int, *columns: Any) -> Array:
    """Return transforms from six columns, numbers or (batch, 1)."""
    parts = [np.broadcast_to(np.asarray(column), (batch, 1)) for column in (*columns, 0.0, 0.0)]
    return np.concatenate(parts, axis=1)


def _rotation(draw: _Draws, sizes: tuple[int, int, int], factor: Any) -> Array:
    batch, height, width = sizes
    low, high = _range(factor)
    angle = np.radians(draw((batch, 1), 360 * low, 360 * high).astype(np.float64))
    cos, sin, x, y = np.cos(angle), np.sin(angle), (width - 1) / 2, (height - 1) / 2
    return _rows(batch, cos, -sin, x - x * cos + y * sin, sin, cos, y - x * sin - y * cos)


def _translation(
    draw: _Draws, sizes: tuple[int, int, int], height_factor: Any, width_factor: Any
) -> Array:
    batch, height, width = sizes
    down = draw((batch, 1), *_range(height_factor)) * height
    right = draw((batch, 1), *_range(width_factor)) * width
    return _rows(batch, 1.0, 0.0, -right, 0.0, 1.0, -down)


def _zoom(
    draw: _Draws, sizes: tuple[int, int, int], height_factor: Any, width_factor: Any = None
) -> Array:
    batch, height, width = sizes
    factors = [height_factor] if width_factor is None else [height_factor, width_factor]
    drawn = [draw((batch, 1), *(1 + f for f in _range(factor))) for factor in factors]
    y, x = drawn[0], drawn[-1]
    return _rows(batch, x, 0.0, (width - 1) / 2 * (1 - x), 0.0, y, (height - 1) / 2 * (1 - y))


def _flip(
    draw: _Draws, sizes: tuple[int, int, int], mode: str = "horizontal_and_vertical"
) -> Array:
    """Return mirroring as transforms: x -> width - 1 - x."""
    batch, height, width = sizes
    chosen = draw((batch, 1, 1, 1), 0, 1).reshape(batch, 1) <= 0.5
    sign = [np.where(chosen & (name in mode), -1.0, 1.0) for name in ("horizontal", "vertical")]
    shift = [(n - 1) * (s < 0) for n, s in zip((width, height), sign, strict=True)]
    return _rows(batch, sign[0], 0.0, shift[0], 0.0, sign[1], shift[1])


def _moved(x: Array, data_format: str | None, back: bool = False) -> Array:
    if data_format != "channels_first":
        return x
    return np.moveaxis(x, -1, 1) if back else np.moveaxis(x, 1, -1)


def _affine_layer(name: str, drawn: Any, defaults: dict[str, Any]) -> None:
    def prepared(x: Array, state: Array, options: dict[str, Any]) -> tuple[Array, dict[str, Any]]:
        drawing = {k: v for k, v in options.items() if k.endswith("factor") or k == "mode"}
        chosen = {k: options.get(k, v) for k, v in defaults.items()}
        return drawn(_Draws(state, x.dtype), x.shape[:3], **drawing), chosen

    def forward(
        x: Array,
        state: Array,
        training: bool = True,
        data_format: str | None = None,
        **options: Any,
    ) -> Array:
        """Return each image taken from other places, which are drawn; in training only."""
        if not training:
            return x
        x = _moved(x, data_format)
        transforms, chosen = prepared(x, state, options)
        return _moved(affine_transform.forward(x, transforms, **chosen), data_format, back=True)

    def backward(
        dy: Array,
        x: Array,
        state: Array,
        training: bool = True,
        data_format: str | None = None,
        **options: Any,
    ) -> tuple[Array]:
        if not training:
            return (dy,)
        transforms, chosen = prepared(_moved(x, data_format), state, options)
        dx = affine_transform_grad.forward(_moved(dy, data_format), transforms, **chosen)
        return (_moved(dx, data_format, back=True),)

    LAYERS[name] = Reference(forward, backward)


_FILLING = {"interpolation": "bilinear", "fill_mode": "reflect", "fill_value": 0.0}
_affine_layer("RandomRotation", _rotation, _FILLING)
_affine_layer("RandomTranslation", _translation, _FILLING)
_affine_layer("RandomZoom", _zoom, _FILLING)
_affine_layer("RandomFlip", _flip, {"interpolation": "nearest"})


def _contrast(
    x: Array,
    state: Array,
    factor: Any,
    value_range: Sequence[float] = (0, 255),
    data_format: str | None = None,
    training: bool = True,
) -> tuple[Array, Array, tuple[int, int]]:
    """Return the stretched images before they are cut, the factors, and the axes of the mean."""
    less, more = _range(factor, 0.0)
    drawn = _Draws(state, x.dtype)((len(x), 1, 1, 1), 1 - less, 1 + more)
    if not training:
        drawn = np.ones_like(drawn)
    axes = (2, 3) if data_format == "channels_first" else (1, 2)
    mean = x.mean(axis=axes, keepdims=True)
    return (x - mean) * drawn + mean, drawn, axes


def _contrast_forward(x: Array, state: Array, **options: Any) -> Array:
    """Return (x - mean) factor + mean, cut to the range of values."""
    if not options.get("training", True):
        return x
    low, high = options.get("value_range", (0, 255))
    return np.asarray(np.clip(_contrast(x, state, **options)[0], low, high))


def _contrast_backward(dy: Array, x: Array, state: Array, **options: Any) -> tuple[Array]:
    stretched, factor, axes = _contrast(x, state, **options)
    low, high = options.get("value_range", (0, 255))
    if options.get("training", True):
        dy = dy * ((stretched >= low) & (stretched <= high))
    return (dy * factor + (dy * (1 - factor)).mean(axis=axes, keepdims=True),)


def _brightness(
    x: Array,
    state: Array,
    factor: Any,
    value_range: Sequence[float] = (0, 255),
    data_format: str | None = None,
    training: bool = True,
) -> tuple[Array, tuple[float, float]]:
    """Return the images before they are cut, and the range of values."""
    low, high = min(value_range), max(value_range)
    drawn = _Draws(state, x.dtype)((len(x), 1, 1, 1), *_range(factor))
    return np.asarray(x + drawn * (high - low)), (low, high)


def _brightness_forward(x: Array, state: Array, **options: Any) -> Array:
    """Return x plus a share of the range of values, cut to it."""
    if not options.get("training", True):
        return x
    moved, ends = _brightness(x, state, **options)
    return np.asarray(np.clip(moved, *ends))


def _brightness_backward(dy: Array, x: Array, state: Array, **options: Any) -> tuple[Array]:
    moved, (low, high) = _brightness(x, state, **options)
    within = (moved >= low) & (moved <= high)
    return (dy * within if options.get("training", True) else dy,)


def _crop(
    x: Array, state: Array, height: int, width: int, training: bool
) -> tuple[slice, slice] | None:
    """Return the rows and columns that are drawn; None: as much of the middle as can be."""
    if not training or x.shape[1] <= height or x.shape[2] <= width:
        return None
    draw = _Draws(state, x.dtype)
    top, left = (
        int(draw((), 0, n - size + 1))
        for n, size in zip(x.shape[1:3], (height, width), strict=True)
    )
    return slice(top, top + height), slice(left, left + width)


def _crop_forward(
    x: Array,
    state: Array,
    height: int,
    width: int,
    data_format: str | None = None,
    training: bool = True,
) -> Array:
    """Return a piece of all images, from one place."""
    x = _moved(x, data_format)
    piece = _crop(x, state, height, width, training)
    if piece is None:
        y = resizing.forward(x, height, width, crop_to_aspect_ratio=True)
    else:
        y = x[:, piece[0], piece[1]]
    return _moved(y, data_format, back=True)


def _crop_backward(
    dy: Array,
    x: Array,
    state: Array,
    height: int,
    width: int,
    data_format: str | None = None,
    training: bool = True,
) -> tuple[Array]:
    x, dy = _moved(x, data_format), _moved(dy, data_format)
    piece = _crop(x, state, height, width, training)
    assert resizing.backward is not None
    if piece is None:
        (dx,) = resizing.backward(dy, x, height, width, crop_to_aspect_ratio=True)
        assert dx is not None
    else:
        dx = np.zeros_like(x)
        dx[:, piece[0], piece[1]] = dy
    return (_moved(dx, data_format, back=True),)


LAYERS["RandomBrightness"] = Reference(_brightness_forward, _brightness_backward)
LAYERS["RandomContrast"] = Reference(_contrast_forward, _contrast_backward)
LAYERS["RandomCrop"] = Reference(_crop_forward, _crop_backward)


def _whole_channels(x: Array, data_format: str | None) -> list[int | None]:
    first = data_format == "channels_first"
    return [None if axis in (0, 1 if first else x.ndim - 1) else 1 for axis in range(x.ndim)]


def _spatial_dropout(x: Array, data_format: str | None = None, **options: Any) -> Array:
    """Return x, in training with a share of its channels set to 0."""
    return np.asarray(dropout.forward(x, noise_shape=_whole_channels(x, data_format), **options))


def _spatial_dropout_gradient(
    dy: Array, x: Array, data_format: str | None = None, **options: Any
) -> tuple[Array | None, ...]:
    assert dropout.backward is not None
    return dropout.backward(dy, x, noise_shape=_whole_channels(x, data_format), **options)


for _rank in (1, 2, 3):
    LAYERS[f"SpatialDropout{_rank}D"] = Reference(_spatial_dropout, _spatial_dropout_gradient)
