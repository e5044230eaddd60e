"""Sequences of numbers that a length says: spaced evenly in their logarithms, and window functions.

Windows are weights of so many samples, in floatx, symmetric and largest in the middle; n counts
from 0 to N = x - 1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lamina import config, dtypes
from lamina.tensor import Tensor, TensorBase
from lamina.utils.calls import clarified

__all__ = ["bartlett", "blackman", "geomspace", "hamming", "hanning", "kaiser", "logspace"]


@clarified
def logspace(
    start: float,
    stop: float,
    num: int = 50,
    endpoint: bool = True,
    base: float = 10,
    dtype: str | None = None,
) -> TensorBase:
    """Return `num` powers of a base, their exponents evenly from start to stop."""
    return _rounded(np.logspace(start, stop, num, endpoint, base), dtype)


@clarified
def geomspace(
    start: float, stop: float, num: int = 50, endpoint: bool = True, dtype: str | None = None
) -> TensorBase:
    """Return `num` numbers from start to stop, each the same multiple of the one before."""
    if start == 0 or stop == 0:
        raise ValueError(f"geomspace: expected ends that are not 0, received {start} and {stop}")
    return _rounded(np.geomspace(start, stop, num, endpoint), dtype)


def _rounded(numbers: NDArray[Any], dtype: str | None) -> TensorBase:
    return Tensor(numbers.astype(dtypes.canonical(dtype)))


@clarified
def bartlett(x: int) -> TensorBase:
    """Return 1 - |2n / N - 1|, a triangle."""
    return _window("bartlett", np.bartlett, x)


@clarified
def hanning(x: int) -> TensorBase:
    """Return 0.5 - 0.5 cos(2πn / N)."""
    return _window("hanning", np.hanning, x)


@clarified
def hamming(x: int) -> TensorBase:
    """Return 0.54 - 0.46 cos(2πn / N)."""
    return _window("hamming", np.hamming, x)


@clarified
def blackman(x: int) -> TensorBase:
    """Return 0.42 - 0.5 cos(2πn / N) + 0.08 cos(4πn / N)."""
    return _window("blackman", np.blackman, x)


@clarified
def kaiser(x: int, beta: float) -> TensorBase:
    """Return I0(beta √(1 - (2n / N - 1)²)) / I0(beta), I0 the modified Bessel function.

    Source: Kaiser 1966, "Digital filters".
    """
    return _window("kaiser", lambda count: np.kaiser(count, beta), x)


def _window(name: str, weights: Callable[[int], NDArray[Any]], count: int) -> TensorBase:
    if count < 0:
        raise ValueError(f"{name}: expected a length of 0 or more, received {count}")
    return _rounded(weights(count), config.floatx())
