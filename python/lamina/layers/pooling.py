"""Layers that make images, sequences and volumes smaller: a value for each window, or one for all.

Inputs are (batch, spatial axes, channels), or (batch, channels, spatial axes) with data_format
"channels_first".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from lamina import ops
from lamina.layers.base import Layer
from lamina.layers.input_spec import InputSpec
from lamina.layers.spatial import Sizes, as_sizes, data_format_of, padding_of, spatial_axes
from lamina.registry import layers
from lamina.tensor import TensorBase

Pool = Callable[..., TensorBase]


class _Pooling(Layer):
    """A value for each window of `pool_size`, `strides` (None: pool_size) apart.

    padding: "valid": whole windows only; "same": ceil(size / stride) windows, of which those at the
    edges are smaller.
    """

    _rank: ClassVar[int]
    _pool: ClassVar[Pool]

    def __init__(
        self,
        pool_size: Sizes,
        strides: Sizes | None = None,
        padding: str = "valid",
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.pool_size = as_sizes(self, "pool_size", pool_size, self._rank)
        given = pool_size if strides is None else strides
        self.strides = as_sizes(self, "strides", given, self._rank)
        self.padding = padding_of(self, padding)
        self.data_format = data_format_of(self, data_format)
        self.input_spec = InputSpec(ndim=self._rank + 2)

    def call(self, inputs: TensorBase) -> TensorBase:
        self._check_fits(inputs.shape)
        pool = type(self)._pool
        return pool(inputs, self.pool_size, self.strides, self.padding, self.data_format)

    def _check_fits(self, shape: tuple[int, ...]) -> None:
        seen = [shape[axis] for axis in spatial_axes(self.data_format, len(shape))]
        if self.padding == "valid" and any(map(int.__lt__, seen, self.pool_size)):
            raise ValueError(
                f"{self._title}: pool_size {self.pool_size} does not fit input of shape {shape}, "
                f"spatial sizes {tuple(seen)}; a smaller one or padding='same' does"
            )


class _MaxPooling(_Pooling):
    _pool = staticmethod(ops.max_pool)

    def __init__(
        self,
        pool_size: Sizes = 2,
        strides: Sizes | None = None,
        padding: str = "valid",
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(pool_size, strides, padding, data_format, **kwargs)


@layers.register("MaxPool1D")
class MaxPooling1D(_MaxPooling):
    """The largest element of each window along the steps."""

    _rank = 1


@layers.register("MaxPool2D")
class MaxPooling2D(_MaxPooling):
    """The largest element of each window of an image."""

    _rank = 2


@layers.register("MaxPool3D")
class MaxPooling3D(_MaxPooling):
    """The largest element of each window of a volume."""

    _rank = 3


@layers.register("AvgPool1D")
class AveragePooling1D(_Pooling):
    """The mean of each window along the steps."""

    _rank, _pool = 1, staticmethod(ops.average_pool)


@layers.register("AvgPool2D")
class AveragePooling2D(_Pooling):
    """The mean of each window of an image."""

    _rank, _pool = 2, staticmethod(ops.average_pool)


@layers.register("AvgPool3D")
class AveragePooling3D(_Pooling):
    """The mean of each window of a volume."""

    _rank, _pool = 3, staticmethod(ops.average_pool)


class _GlobalPooling(Layer):
    """One value for each channel; keepdims: leave the spatial axes, with 1 element each."""

    _rank: ClassVar[int]
    _reduce: ClassVar[Pool]

    def __init__(
        self, data_format: str | None = None, keepdims: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.data_format = data_format_of(self, data_format)
        self.keepdims = keepdims
        self.input_spec = InputSpec(ndim=self._rank + 2)

    def call(self, inputs: TensorBase) -> TensorBase:
        axes = spatial_axes(self.data_format, inputs.ndim)
        return type(self)._reduce(inputs, axis=axes, keepdims=self.keepdims)


@layers.register("GlobalMaxPool1D")
class GlobalMaxPooling1D(_GlobalPooling):
    """The largest element of all steps."""

    _rank, _reduce = 1, staticmethod(ops.max)


@layers.register("GlobalMaxPool2D")
class GlobalMaxPooling2D(_GlobalPooling):
    """The largest element of an image."""

    _rank, _reduce = 2, staticmethod(ops.max)


@layers.register("GlobalMaxPool3D")
class GlobalMaxPooling3D(_GlobalPooling):
    """The largest element of a volume."""

    _rank, _reduce = 3, staticmethod(ops.max)


@layers.register("GlobalAvgPool1D")
class GlobalAveragePooling1D(_GlobalPooling):
    """The mean over all steps, or over those that the mask (batch, steps) lets through."""

    _rank, _reduce = 1, staticmethod(ops.mean)
    supports_masking = True

    def call(self, inputs: TensorBase, mask: TensorBase | None = None) -> TensorBase:
        if mask is None:
            return super().call(inputs)
        (steps,) = spatial_axes(self.data_format, inputs.ndim)
        seen = ops.expand_dims(ops.cast(mask, "bool"), 2 if steps == 1 else 1)
        total = ops.sum(ops.where(seen, inputs, 0.0), axis=steps, keepdims=self.keepdims)
        count = ops.sum(ops.cast(seen, inputs.dtype), axis=steps, keepdims=self.keepdims)
        return total / count

    def compute_mask(self, inputs: TensorBase, mask: TensorBase | None = None) -> None:
        return None


@layers.register("GlobalAvgPool2D")
class GlobalAveragePooling2D(_GlobalPooling):
    """The mean of an image."""

    _rank, _reduce = 2, staticmethod(ops.mean)


@layers.register("GlobalAvgPool3D")
class GlobalAveragePooling3D(_GlobalPooling):
    """The mean of a volume."""

    _rank, _reduce = 3, staticmethod(ops.mean)


MaxPool1D, MaxPool2D, MaxPool3D = MaxPooling1D, MaxPooling2D, MaxPooling3D
AvgPool1D, AvgPool2D, AvgPool3D = AveragePooling1D, AveragePooling2D, AveragePooling3D
GlobalMaxPool1D, GlobalMaxPool2D = GlobalMaxPooling1D, GlobalMaxPooling2D
GlobalMaxPool3D = GlobalMaxPooling3D
GlobalAvgPool1D, GlobalAvgPool2D = GlobalAveragePooling1D, GlobalAveragePooling2D
GlobalAvgPool3D = GlobalAveragePooling3D
