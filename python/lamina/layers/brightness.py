"""Layers that make images brighter or darker at random, as those of `augmentation` move them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lamina import ops
from lamina.layers.augmentation import Factor, RandomImages
from lamina.registry import layers
from lamina.tensor import TensorBase


@layers.register()
class RandomBrightness(RandomImages):
    """Images with a share of the range of values added, cut to that range.

    factor: f draws the share from -f..f, (f, g) from f..g; within -1..1. value_range: the lowest
    and the highest value.
    """

    def __init__(
        self,
        factor: Factor,
        value_range: Sequence[float] = (0, 255),
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed, data_format, **kwargs)
        self.factor = self._range("factor", factor, -1, 1)
        if len(value_range) != 2:
            raise ValueError(f"{self._title}: expected two value_range, received {value_range}")
        self.value_range = tuple(sorted(value_range))

    def _changed(self, x: TensorBase) -> TensorBase:
        low, high = map(float, self.value_range)
        added = self._uniform((x.shape[0], 1, 1, 1), *self.factor) * (high - low)
        return ops.clip(x + added, low, high)


@layers.register()
class RandomContrast(RandomImages):
    """Images with (x - mean) factor + mean, the mean of each channel, cut to `value_range`.

    factor: f draws from 1..1 + f, (f, g) from 1 - f..1 + g; both in 0..1.
    """

    def __init__(
        self,
        factor: Factor,
        value_range: Sequence[float] = (0, 255),
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed, data_format, **kwargs)
        self.factor = self._range("factor", factor, 0, 1)
        self.value_range = tuple(value_range)

    def _changed(self, x: TensorBase) -> TensorBase:
        less, more = self.factor
        factor = self._uniform((x.shape[0], 1, 1, 1), 1 - less, 1 + more)
        mean = ops.mean(x, (1, 2), keepdims=True)
        return ops.clip((x - mean) * factor + mean, *map(float, self.value_range))
