"""The base class of initializers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lamina import config
from lamina.registry import Configurable
from lamina.tensor import Tensor


class Initializer(Configurable):
    """Fill a weight of a given shape with its first values.

    A subclass overrides `sample`; anything callable as `f(shape, dtype=None)` serves as an
    initializer too.
    """

    def __call__(self, shape: Sequence[int], dtype: str | None = None) -> Tensor:
        """Return a tensor of `shape` (in `floatx` unless `dtype` says otherwise)."""
        values = self.sample(tuple(int(size) for size in shape))
        return Tensor(np.array(values, dtype or config.floatx(), order="C"))

    def sample(self, shape: tuple[int, ...]) -> NDArray[np.float64]:
        """Return float64 values, so that weights of every dtype start from the same numbers."""
        raise NotImplementedError(f"{type(self).__name__} must override sample(shape)")

    def clone(self) -> Initializer:
        """Return an initializer of the same configuration; without a seed it draws a new one."""
        return type(self).from_config(self.get_config())
