"""Layers that change the sizes of images, sequences and volumes: cut, surrounded, repeated, scaled.

data_format "channels_first": channels come before the spatial axes.
"""

from __future__ import annotations

from typing import Any, ClassVar

from lamina import ops
from lamina.layers.base import Layer
from lamina.layers.core import positive_integer
from lamina.layers.input_spec import InputSpec
from lamina.layers.spatial import Sizes, as_sizes, data_format_of, pairs_of, spatial_axes
from lamina.ops.image import KERNELS, in_batches
from lamina.registry import layers
from lamina.tensor import TensorBase

Pairs = tuple[tuple[int, int], ...]


class _Edges(Layer):
    """A layer that takes (before, after) per spatial axis."""

    _rank: ClassVar[int]

    def _set_up(self, name: str, value: Any, data_format: str | None) -> None:
        pairs = pairs_of(self, name, value, self._rank)
        setattr(self, name, pairs[0] if self._rank == 1 else pairs)
        self._pairs = pairs
        self.data_format = data_format_of(self, data_format)
        self.input_spec = InputSpec(ndim=self._rank + 2)

    def _widths(self, ndim: int) -> Pairs:
        """Return (before, after) for every axis."""
        by_axis = dict(zip(spatial_axes(self.data_format, ndim), self._pairs, strict=True))
        return tuple(by_axis.get(axis, (0, 0)) for axis in range(ndim))


class _ZeroPadding(_Edges):
    """Zeros around the spatial axes.

    padding: elements on every side, or per axis, or (before, after) for each.
    """

    def __init__(self, padding: Any = 1, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._set_up("padding", padding, data_format)

    def call(self, inputs: TensorBase) -> TensorBase:
        return ops.pad(inputs, self._widths(inputs.ndim))


@layers.register()
class ZeroPadding1D(_ZeroPadding):
    """Zeros before and after the steps; padding: both, or (before, after)."""

    _rank = 1


@layers.register()
class ZeroPadding2D(_ZeroPadding):
    """Zeros around images.

    padding: all sides, (vertical, horizontal), or ((top, bottom), (left, right)).
    """

    _rank = 2


@layers.register()
class ZeroPadding3D(_ZeroPadding):
    """Zeros around volumes; padding: all sides, one per axis, or (before, after) for each."""

    _rank = 3


class _Cropping(_Edges):
    """The input without its edges; something must be left."""

    def call(self, inputs: TensorBase) -> TensorBase:
        widths = self._widths(inputs.ndim)
        left = [n - sum(pair) for n, pair in zip(inputs.shape, widths, strict=True)]
        if any(n < 1 for n, pair in zip(left, widths, strict=True) if pair != (0, 0)):
            raise ValueError(
                f"{self._title}: cropping {self.cropping} leaves nothing of input of shape "
                f"{inputs.shape}"
            )
        return ops.slice(inputs, [before for before, _ in widths], left)


@layers.register()
class Cropping1D(_Cropping):
    """The steps without the first and last ones; cropping: how many, or (first, last)."""

    _rank = 1

    def __init__(self, cropping: Any = (1, 1), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._set_up("cropping", cropping, None)


@layers.register()
class Cropping2D(_Cropping):
    """Images without their edges; cropping: as ZeroPadding2D's padding."""

    _rank = 2

    def __init__(
        self, cropping: Any = ((0, 0), (0, 0)), data_format: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self._set_up("cropping", cropping, data_format)


@layers.register()
class Cropping3D(_Cropping):
    """Volumes without their edges; cropping: as ZeroPadding3D's padding."""

    _rank = 3

    def __init__(
        self,
        cropping: Any = ((1, 1), (1, 1), (1, 1)),
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._set_up("cropping", cropping, data_format)


def _repeat(x: TensorBase, axis: int, times: int) -> TensorBase:
    """Return x with each slice along an axis `times` times."""
    shape = x.shape
    apart = ops.broadcast_to(
        ops.expand_dims(x, axis + 1), (*shape[: axis + 1], times, *shape[axis + 1 :])
    )
    return ops.reshape(apart, (*shape[:axis], shape[axis] * times, *shape[axis + 1 :]))


@layers.register()
class UpSampling1D(Layer):
    """Each step `size` times."""

    def __init__(self, size: int = 2, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.size = positive_integer(self._title, "size", size)
        self.input_spec = InputSpec(ndim=3)

    def call(self, inputs: TensorBase) -> TensorBase:
        return _repeat(inputs, 1, self.size)


@layers.register()
class UpSampling2D(Layer):
    """Images with `size` times as many rows and columns.

    interpolation: "nearest" repeats pixels; or "bilinear", "bicubic", "lanczos3", "lanczos5".
    """

    def __init__(
        self,
        size: Sizes = (2, 2),
        data_format: str | None = None,
        interpolation: str = "nearest",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.size = as_sizes(self, "size", size, 2)
        self.data_format = data_format_of(self, data_format)
        self.interpolation = interpolation_of(self, interpolation)
        self.input_spec = InputSpec(ndim=4)

    def call(self, inputs: TensorBase) -> TensorBase:
        axes = spatial_axes(self.data_format, 4)
        if self.interpolation == "nearest":
            for axis, times in zip(axes, self.size, strict=True):
                inputs = _repeat(inputs, axis, times)
            return inputs
        sizes = [inputs.shape[axis] * n for axis, n in zip(axes, self.size, strict=True)]
        return ops.image.resize(inputs, sizes, self.interpolation, data_format=self.data_format)


@layers.register()
class UpSampling3D(Layer):
    """Volumes with each element `size` times along each axis."""

    def __init__(
        self, size: Sizes = (2, 2, 2), data_format: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.size = as_sizes(self, "size", size, 3)
        self.data_format = data_format_of(self, data_format)
        self.input_spec = InputSpec(ndim=5)

    def call(self, inputs: TensorBase) -> TensorBase:
        for axis, times in zip(spatial_axes(self.data_format, 5), self.size, strict=True):
            inputs = _repeat(inputs, axis, times)
        return inputs


@layers.register()
class Resizing(Layer):
    """Images, or one image, of `height` and `width`; options as in `ops.image.resize`."""

    def __init__(
        self,
        height: int,
        width: int,
        interpolation: str = "bilinear",
        crop_to_aspect_ratio: bool = False,
        pad_to_aspect_ratio: bool = False,
        fill_mode: str = "constant",
        fill_value: float = 0.0,
        antialias: bool = False,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.height = positive_integer(self._title, "height", height)
        self.width = positive_integer(self._title, "width", width)
        self.interpolation = interpolation_of(self, interpolation)
        if crop_to_aspect_ratio and pad_to_aspect_ratio:
            raise ValueError(
                f"{self._title}: expected crop_to_aspect_ratio or pad_to_aspect_ratio, not both"
            )
        self.crop_to_aspect_ratio = crop_to_aspect_ratio
        self.pad_to_aspect_ratio = pad_to_aspect_ratio
        self.fill_mode = fill_mode
        self.fill_value = fill_value
        self.antialias = antialias
        self.data_format = data_format_of(self, data_format)
        self.input_spec = InputSpec(min_ndim=3, max_ndim=4)

    def call(self, inputs: TensorBase) -> TensorBase:
        resized = ops.image.resize(
            inputs,
            (self.height, self.width),
            self.interpolation,
            self.antialias,
            self.crop_to_aspect_ratio,
            self.pad_to_aspect_ratio,
            self.fill_mode,
            self.fill_value,
            self.data_format,
        )
        return ops.cast(resized, self.compute_dtype)


@layers.register()
class CenterCrop(Layer):
    """The middle of images; smaller ones are cut to the ratio of the sizes and then enlarged."""

    def __init__(
        self, height: int, width: int, data_format: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.height = positive_integer(self._title, "height", height)
        self.width = positive_integer(self._title, "width", width)
        self.data_format = data_format_of(self, data_format)
        self.input_spec = InputSpec(min_ndim=3, max_ndim=4)

    def call(self, inputs: TensorBase) -> TensorBase:
        inputs = ops.cast(inputs, self.compute_dtype)
        return in_batches(
            self._title,
            inputs,
            self.data_format,
            lambda x: middle_of(x, self.height, self.width),
        )


def middle_of(x: TensorBase, height: int, width: int) -> TensorBase:
    """Return the middle of images (batch, height, width, channels), enlarged if too small."""
    batch, rows, columns, channels = x.shape
    if rows < height or columns < width:
        return ops.image.resize(x, (height, width), crop_to_aspect_ratio=True)
    start = [0, (rows - height) // 2, (columns - width) // 2, 0]
    return ops.slice(x, start, (batch, height, width, channels))


def interpolation_of(layer: Layer, value: Any) -> str:
    """Return the name of an interpolation."""
    known = ("nearest", *KERNELS)
    if isinstance(value, str) and value.lower() in known:
        return value.lower()
    raise ValueError(
        f"{layer._title}: expected interpolation in {known}, received interpolation={value!r}"
    )
