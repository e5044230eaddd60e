"""Initializers without chance: zeros, ones, a constant, the identity."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lamina.initializers.base import Initializer
from lamina.registry import initializers


@initializers.register()
class Constant(Initializer):
    """Fill with `value`: a number, or an array that broadcasts to the weight's shape."""

    def __init__(self, value: Any = 0.0) -> None:
        self.value = value

    def sample(self, shape: tuple[int, ...]) -> NDArray[np.float64]:
        value = np.asarray(self.value, np.float64)
        try:
            return np.broadcast_to(value, shape)
        except ValueError:
            raise ValueError(
                f"Constant: a value of shape {value.shape} does not fill a weight of shape {shape}"
            ) from None


@initializers.register("zero")
class Zeros(Initializer):
    """Fill with zeros."""

    def sample(self, shape: tuple[int, ...]) -> NDArray[np.float64]:
        return np.zeros(shape)


@initializers.register("one")
class Ones(Initializer):
    """Fill with ones."""

    def sample(self, shape: tuple[int, ...]) -> NDArray[np.float64]:
        return np.ones(shape)


@initializers.register("IdentityInitializer")
class Identity(Initializer):
    """Fill a matrix with `gain` on its diagonal and zeros elsewhere."""

    def __init__(self, gain: float = 1.0) -> None:
        self.gain = gain

    def sample(self, shape: tuple[int, ...]) -> NDArray[np.float64]:
        if len(shape) != 2:
            raise ValueError(
                f"Identity: expected a matrix's shape (rows, columns), received {shape}"
            )
        return self.gain * np.eye(*shape)
