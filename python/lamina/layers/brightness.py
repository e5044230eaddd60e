"""Layers that make images brighter or darker at random, as those of `augmentation` move them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from lamina import ops
from lamina.layers.augmentation import Factor, RandomImages
from lamina.registry import layers
from lamina.tensor import TensorBase


class _RandomValues(RandomImages):
    """Images changed by a drawn factor, then cut to `value_range`: the lowest and highest value."""

    _least: ClassVar[float]  # that the factor may be

    def __init__(
        self,
        factor: Factor,
        value_range: Sequence[float] = (0, 255),
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed, data_format, **kwargs)
        self.factor = self._range("factor", factor, self._least, 1)
        if len(value_range) != 2:
            raise ValueError(f"{self._title}: expected two values, received {value_range=}")
        self.value_range = tuple(sorted(value_range))

    def _changed(self, x: TensorBase) -> TensorBase:
        low, high = map(float, self.value_range)
        return ops.clip(self._valued(x, high - low), low, high)

    def _valued(self, x: TensorBase, width: float) -> TensorBase:
        """Return the images with other values, for a range so wide."""
        raise NotImplementedError

    def _drawn(self, x: TensorBase, low: float, high: float) -> TensorBase:
        return self._uniform((x.shape[0], 1, 1, 1), low, high)


@layers.register()
class RandomBrightness(_RandomValues):
    """Images with a share of the range of values added, cut to that range.

    factor: f draws the share from -f..f, (f, g) from f..g; within -1..1. value_range: the lowest
    and the highest value.
    """

    _least = -1.0

    def _valued(self, x: TensorBase, width: float) -> TensorBase:
        return x + self._drawn(x, *self.factor) * width


@layers.register()
class RandomContrast(_RandomValues):
    """Images with (x - mean) factor + mean, the mean of each channel, cut to `value_range`.

    factor: f draws from 1..1 + f, (f, g) from 1 - f..1 + g; both in 0..1.
    """

    _least = 0.0

    def _valued(self, x: TensorBase, width: float) -> TensorBase:
        less, more = self.factor
        mean = ops.mean(x, (1, 2), keepdims=True)
        return (x - mean) * self._drawn(x, 1 - less, 1 + more) + mean
