"""Layers that disturb the data in training, with `state`, the random state before the call."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lamina.reference.layers import layer
from lamina.reference.random import dropout_mask, random_normal
from lamina.reference.registry import Array


def _dropped(
    x: Array, rate: float, noise_shape: Sequence[int | None] | None, state: Array, training: bool
) -> Array:
    """Return what dropout multiplies x by."""
    if not training or rate == 0:
        return np.ones_like(x)
    wanted = [None] * x.ndim if noise_shape is None else noise_shape
    shape = tuple(n if size is None else size for size, n in zip(wanted, x.shape, strict=True))
    return dropout_mask(state, shape, rate).astype(x.dtype)


@layer("Dropout")
def dropout(
    x: Array,
    rate: float,
    state: Array,
    noise_shape: Sequence[int | None] | None = None,
    training: bool = False,
) -> Array:
    """Return x, in training with a share `rate` set to 0 and the rest divided by 1 - rate."""
    return np.asarray(x * _dropped(x, rate, noise_shape, state, training))


@dropout.gradient
def _(
    dy: Array,
    x: Array,
    rate: float,
    state: Array,
    noise_shape: Sequence[int | None] | None = None,
    training: bool = False,
) -> tuple[Array]:
    return (dy * _dropped(x, rate, noise_shape, state, training),)


@layer("GaussianNoise")
def gaussian_noise(x: Array, stddev: float, state: Array, training: bool = False) -> Array:
    """Return x, in training plus normal noise."""
    if not training or stddev == 0:
        return x
    return np.asarray(x + random_normal.forward(state, x.shape, 0.0, stddev, dtype=str(x.dtype)))


@gaussian_noise.gradient
def _(dy: Array, x: Array, stddev: float, state: Array, training: bool = False) -> tuple[Array]:
    return (dy,)
