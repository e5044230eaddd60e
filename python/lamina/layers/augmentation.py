"""Layers that change images at random while training, each image in its own way.

Images are (batch, height, width, channels), or one without the batch; data_format "channels_first":
channels come before height and width. Outside training they pass through. Called by themselves,
these layers are in training, as data pipelines use them; in `predict` and `evaluate` they are not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from lamina import ops, random
from lamina.layers.base import Layer
from lamina.layers.core import positive_integer
from lamina.layers.input_spec import InputSpec
from lamina.layers.spatial import data_format_of
from lamina.ops.image import in_batches, resize
from lamina.random import SeedGenerator
from lamina.registry import layers
from lamina.tensor import TensorBase

Factor = float | Sequence[float]
_FILL_MODES = ("reflect", "wrap", "constant", "nearest")
_MODES = ("horizontal", "vertical", "horizontal_and_vertical")


class RandomImages(Layer):
    """A layer whose `_changed` makes other images of images (batch, height, width, channels)."""

    def __init__(self, seed: int | None, data_format: str | None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.seed = seed
        self.seed_generator = SeedGenerator(seed)
        self.data_format = data_format_of(self, data_format)
        self.input_spec = InputSpec(min_ndim=3, max_ndim=4)

    def call(self, inputs: TensorBase, training: bool = True) -> TensorBase:
        inputs = ops.cast(inputs, self.compute_dtype)
        run = self._changed if training else self._unchanged
        return in_batches(self._title, inputs, self.data_format, run)

    def _changed(self, x: TensorBase) -> TensorBase:
        raise NotImplementedError

    def _unchanged(self, x: TensorBase) -> TensorBase:
        return x

    def _uniform(self, shape: Sequence[int], low: float, high: float) -> TensorBase:
        return random.uniform(shape, low, high, self.compute_dtype, self.seed_generator)

    def _choice(self, name: str, value: Any, known: Sequence[str]) -> str:
        if value not in known:
            raise ValueError(
                f"{self._title}: expected {name} in {known}, received {name}={value!r}"
            )
        return str(value)

    def _range(self, name: str, value: Any, least: float, most: float) -> tuple[float, float]:
        """Return (low, high) of a factor: given as such, or as a number f for (-f, f)."""
        pair = (-abs(value), abs(value)) if isinstance(value, (int, float)) else value
        fits = isinstance(pair, Sequence) and len(pair) == 2
        if not fits or not all(isinstance(f, (int, float)) and f <= most for f in pair):
            fits = False
        if fits and isinstance(value, (int, float)):
            return max(pair[0], least), pair[1]
        if fits and min(pair) >= least:
            return min(pair), max(pair)
        raise ValueError(
            f"{self._title}: expected {name} to be a number up to {most:g}, or two in "
            f"{least:g}..{most:g}, received {name}={value!r}"
        )


@layers.register()
class RandomFlip(RandomImages):
    """Half of the images mirrored.

    mode: "horizontal" (left to right), "vertical" (upside down) or "horizontal_and_vertical" (both,
    that is turned by 180 degrees).
    """

    def __init__(
        self,
        mode: str = "horizontal_and_vertical",
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed, data_format, **kwargs)
        self.mode = self._choice("mode", mode, _MODES)

    def _changed(self, x: TensorBase) -> TensorBase:
        chosen = ops.less_equal(self._uniform((x.shape[0], 1, 1, 1), 0, 1), 0.5)
        axes = {"horizontal": [2], "vertical": [1]}.get(self.mode, [1, 2])
        return ops.where(chosen, ops.flip(x, axes), x)


class _Affine(RandomImages):
    """Images taken from other places: a transform for each, see `ops.image.affine_transform`."""

    def __init__(
        self,
        fill_mode: str,
        interpolation: str,
        seed: int | None,
        fill_value: float,
        data_format: str | None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed, data_format, **kwargs)
        self.fill_mode = self._choice("fill_mode", fill_mode, _FILL_MODES)
        self.interpolation = self._choice("interpolation", interpolation, ("nearest", "bilinear"))
        self.fill_value = fill_value

    def _changed(self, x: TensorBase) -> TensorBase:
        rows = self._transform(*x.shape[:3])
        ones = ops.ones((x.shape[0], 1), self.compute_dtype)
        parts = [row * ones for row in rows] + [ones * 0.0] * 2
        transform = ops.concatenate(parts, axis=1)
        return ops.image.affine_transform(
            x, transform, self.interpolation, self.fill_mode, self.fill_value
        )

    def _transform(self, batch: int, height: int, width: int) -> list[TensorBase | float]:
        """Draw a0, a1, a2, b0, b1, b2: a number for all images or one for each, (batch, 1)."""
        raise NotImplementedError


@layers.register()
class RandomRotation(_Affine):
    """Images turned about their middle.

    factor: part of a full turn, f for -f..f, or (low, high); positive: counter-clockwise.
    fill_mode: "reflect", "wrap", "constant" (fill_value) or "nearest".
    """

    def __init__(
        self,
        factor: Factor,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(fill_mode, interpolation, seed, fill_value, data_format, **kwargs)
        self.factor = self._range("factor", factor, -1, 1)

    def _transform(self, batch: int, height: int, width: int) -> list[TensorBase | float]:
        low, high = (360.0 * f for f in self.factor)
        angle = self._uniform((batch, 1), low, high) * (math.pi / 180)
        cos, sin = ops.cos(angle), ops.sin(angle)
        x, y = (width - 1) / 2, (height - 1) / 2
        return [cos, -sin, x - x * cos + y * sin, sin, cos, y - x * sin - y * cos]


@layers.register()
class RandomTranslation(_Affine):
    """Images moved down and to the right by a part of their height and width.

    height_factor, width_factor: f for -f..f, or (low, high).
    """

    def __init__(
        self,
        height_factor: Factor,
        width_factor: Factor,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(fill_mode, interpolation, seed, fill_value, data_format, **kwargs)
        self.height_factor, self.width_factor = height_factor, width_factor
        self._down = self._range("height_factor", height_factor, -1, 1)
        self._right = self._range("width_factor", width_factor, -1, 1)

    def _transform(self, batch: int, height: int, width: int) -> list[TensorBase | float]:
        down = self._uniform((batch, 1), *self._down) * float(height)
        right = self._uniform((batch, 1), *self._right) * float(width)
        return [1.0, 0.0, -right, 0.0, 1.0, -down]


@layers.register()
class RandomZoom(_Affine):
    """Images seen from nearer (negative factors) or farther.

    height_factor, width_factor: f for -f..f, or (low, high); 0.2 shows 1.2 times as much.
    width_factor: None: the same as the height's, so that nothing is distorted.
    """

    def __init__(
        self,
        height_factor: Factor,
        width_factor: Factor | None = None,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(fill_mode, interpolation, seed, fill_value, data_format, **kwargs)
        self.height_factor, self.width_factor = height_factor, width_factor
        self._vertical = self._range("height_factor", height_factor, -1, 1)
        self._horizontal = (
            None if width_factor is None else self._range("width_factor", width_factor, -1, 1)
        )

    def _transform(self, batch: int, height: int, width: int) -> list[TensorBase | float]:
        low, high = self._vertical
        vertical = horizontal = self._uniform((batch, 1), 1 + low, 1 + high)
        if self._horizontal is not None:
            low, high = self._horizontal
            horizontal = self._uniform((batch, 1), 1 + low, 1 + high)
        x, y = (width - 1) / 2, (height - 1) / 2
        return [horizontal, 0.0, x * (1.0 - horizontal), 0.0, vertical, y * (1.0 - vertical)]


@layers.register()
class RandomCrop(RandomImages):
    """Pieces of `height` and `width` from images, all of a batch from the same place.

    Outside training, and of images that are too small, the middle of the target's aspect ratio,
    as large as can be, resized. (Keras 3.15 says so too, but gives images as they were.)
    """

    def __init__(
        self,
        height: int,
        width: int,
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed, data_format, **kwargs)
        self.height = positive_integer(self._title, "height", height)
        self.width = positive_integer(self._title, "width", width)

    def _changed(self, x: TensorBase) -> TensorBase:
        rows, columns = x.shape[1:3]
        if rows <= self.height or columns <= self.width:
            return self._unchanged(x)
        for axis, size in ((1, self.height), (2, self.width)):
            start = self._uniform((), 0, x.shape[axis] - size + 1)
            x = ops.take(x, ops.cast(start, "int32") + ops.arange(size, dtype="int32"), axis=axis)
        return x

    def _unchanged(self, x: TensorBase) -> TensorBase:
        return resize(x, (self.height, self.width), crop_to_aspect_ratio=True)
