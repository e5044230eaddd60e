"""Layers that disturb the data while training, and only then."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

from lamina import ops, random, regularizers
from lamina.layers.base import Layer
from lamina.layers.input_spec import InputSpec
from lamina.layers.spatial import data_format_of, spatial_axes
from lamina.random import SeedGenerator, _mask_shape
from lamina.registry import layers
from lamina.tensor import TensorBase


@layers.register()
class Dropout(Layer):
    """Set a share `rate` of the elements to 0 and divide the others by 1 - rate.

    noise_shape: shape of the mask (None: the input's size there), broadcast to the input.
    Source: Srivastava et al. 2014, JMLR 15.
    """

    supports_masking = True

    def __init__(
        self,
        rate: float,
        noise_shape: Sequence[int | None] | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.rate = from_0_to_1(self._title, "rate", rate)
        self.noise_shape = self._checked_noise_shape(noise_shape)
        self.seed = seed
        if rate > 0:
            self.seed_generator = SeedGenerator(seed)

    def _checked_noise_shape(self, noise_shape: Any) -> tuple[int | None, ...] | None:
        if noise_shape is None:
            return None
        sizes = tuple(noise_shape) if isinstance(noise_shape, (list, tuple)) else ("",)
        if any(size is not None and (not isinstance(size, int) or size < 1) for size in sizes):
            raise ValueError(
                f"{self._title}: expected noise_shape to be positive integers or None, "
                f"received {noise_shape!r}"
            )
        return sizes

    def call(self, inputs: TensorBase, training: bool = False) -> TensorBase:
        if not training or self.rate == 0:
            return inputs
        return self._dropped(inputs)

    def _dropped(self, inputs: TensorBase) -> TensorBase:
        return random.dropout(inputs, self.rate, self.noise_shape, seed=self.seed_generator)


@layers.register()
class AlphaDropout(Dropout):
    """Dropout that keeps the mean 0 and the variance 1 of what `selu` gives.

    A share `rate` of the elements becomes `selu`'s limit at minus infinity, then all are scaled and
    shifted. noise_shape: shape of the mask (None: the input's size there), broadcast to the input.
    Source: Klambauer et al. 2017, arXiv:1706.02515.
    """

    _limit: ClassVar[float] = -1.7580993408473768  # selu(-inf) = -scale alpha

    def __init__(
        self,
        rate: float,
        noise_shape: Sequence[int | None] | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(rate, noise_shape, seed, **kwargs)
        _check_below_1(self._title, rate)

    def _dropped(self, inputs: TensorBase) -> TensorBase:
        shape = _mask_shape(self.noise_shape, inputs.shape)
        drawn = random.uniform(shape, dtype=self.compute_dtype, seed=self.seed_generator)
        scale = 1 / math.sqrt((1 - self.rate) * (1 + self.rate * self._limit**2))
        dropped = ops.where(drawn >= self.rate, inputs, self._limit)
        return scale * dropped - scale * self._limit * self.rate


class _SpatialDropout(Dropout):
    """Dropout of whole channels: all places of an image or sequence share their fate.

    data_format "channels_first": channels come before the spatial axes.
    Source: Tompson et al. 2015, arXiv:1411.4280.
    """

    _rank: ClassVar[int]

    def __init__(
        self,
        rate: float,
        data_format: str | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(rate, None, seed, **kwargs)
        self.data_format = data_format_of(self, data_format)
        self.input_spec = InputSpec(ndim=self._rank + 2)

    def _dropped(self, inputs: TensorBase) -> TensorBase:
        axes = spatial_axes(self.data_format, inputs.ndim)
        noise_shape = [1 if axis in axes else n for axis, n in enumerate(inputs.shape)]
        return random.dropout(inputs, self.rate, noise_shape, seed=self.seed_generator)


@layers.register()
class SpatialDropout1D(_SpatialDropout):
    """Dropout of whole channels of sequences (batch, steps, channels)."""

    _rank = 1

    def __init__(self, rate: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(rate, None, seed, **kwargs)


@layers.register()
class SpatialDropout2D(_SpatialDropout):
    """Dropout of whole channels of images."""

    _rank = 2


@layers.register()
class SpatialDropout3D(_SpatialDropout):
    """Dropout of whole channels of volumes."""

    _rank = 3


@layers.register()
class GaussianNoise(Layer):
    """Add normal noise of mean 0 and standard deviation `stddev`."""

    supports_masking = True

    def __init__(self, stddev: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.stddev = from_0_to_1(self._title, "stddev", stddev)
        self.seed = seed
        if stddev > 0:
            self.seed_generator = SeedGenerator(seed)

    def call(self, inputs: TensorBase, training: bool = False) -> TensorBase:
        if not training or self.stddev == 0:
            return inputs
        noise = random.normal(
            inputs.shape, 0.0, self.stddev, dtype=self.compute_dtype, seed=self.seed_generator
        )
        return ops.add(inputs, noise)


@layers.register()
class GaussianDropout(Layer):
    """Multiply by normal noise of mean 1 and variance rate / (1 - rate), as dropout's is.

    Source: Srivastava et al. 2014, JMLR 15, section 10.
    """

    supports_masking = True

    def __init__(self, rate: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rate = from_0_to_1(self._title, "rate", rate)
        self.seed = seed
        _check_below_1(self._title, rate)
        if rate > 0:
            self.seed_generator = SeedGenerator(seed)

    def call(self, inputs: TensorBase, training: bool = False) -> TensorBase:
        if not training or self.rate == 0:
            return inputs
        stddev = math.sqrt(self.rate / (1 - self.rate))
        return inputs * random.normal(
            inputs.shape, 1.0, stddev, dtype=self.compute_dtype, seed=self.seed_generator
        )


@layers.register()
class ActivityRegularization(Layer):
    """Return the inputs, and add l1 Σ|x| + l2 Σx² to the loss, per sample."""

    supports_masking = True

    def __init__(self, l1: float = 0.0, l2: float = 0.0, **kwargs: Any) -> None:
        super().__init__(activity_regularizer=regularizers.L1L2(l1, l2), **kwargs)
        self.l1, self.l2 = l1, l2

    def call(self, inputs: TensorBase) -> TensorBase:
        return inputs

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["activity_regularizer"]  # l1 and l2 say it
        return config


def from_0_to_1(layer: str, name: str, value: Any) -> float:
    if not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise ValueError(f"{layer}: expected {name} in 0..1, received {name}={value!r}")
    return value


def _check_below_1(layer: str, rate: float) -> None:
    """Raise ValueError for a rate that leaves nothing to keep the variance with."""
    if rate == 1:
        raise ValueError(f"{layer}: expected rate in [0, 1), received rate={rate}")
