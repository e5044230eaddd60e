"""Layers that disturb the data in training, with `state`, the random state before the call."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lamina.reference.layers import layer
from lamina.reference.random import dropout_mask, random_normal, random_uniform
from lamina.reference.registry import Array


def _mask_shape(x: Array, noise_shape: Sequence[int | None] | None) -> tuple[int, ...]:
    """Return the shape of what is drawn: x's sizes stand for None."""
    wanted = [None] * x.ndim if noise_shape is None else noise_shape
    return tuple(n if size is None else size for size, n in zip(wanted, x.shape, strict=True))


def _dropped(
    x: Array, rate: float, noise_shape: Sequence[int | None] | None, state: Array, training: bool
) -> Array:
    """Return what dropout multiplies x by."""
    if not training or rate == 0:
        return np.ones_like(x)
    return dropout_mask(state, _mask_shape(x, noise_shape), rate).astype(x.dtype)


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


SELU_LIMIT = -1.0507009873554805 * 1.6732632423543772  # selu at minus infinity


def _alpha_dropped(
    x: Array, rate: float, noise_shape: Sequence[int | None] | None, state: Array
) -> tuple[Array, float]:
    """Return which elements are kept, and the scale that gives them back a variance of 1."""
    drawn = random_uniform.forward(state, _mask_shape(x, noise_shape), 0.0, 1.0, dtype=str(x.dtype))
    kept = np.broadcast_to(np.asarray(drawn) >= rate, x.shape)
    return kept, ((1 - rate) * (1 + rate * SELU_LIMIT**2)) ** -0.5


@layer("AlphaDropout")
def alpha_dropout(
    x: Array,
    rate: float,
    state: Array,
    noise_shape: Sequence[int | None] | None = None,
    training: bool = False,
) -> Array:
    """Return x, in training a share `rate` at selu's limit, scaled and shifted back to 0 and 1."""
    if not training or rate == 0:
        return x
    kept, scale = _alpha_dropped(x, rate, noise_shape, state)
    return np.asarray(scale * (np.where(kept, x, SELU_LIMIT) - SELU_LIMIT * rate), x.dtype)


@alpha_dropout.gradient
def _(
    dy: Array,
    x: Array,
    rate: float,
    state: Array,
    noise_shape: Sequence[int | None] | None = None,
    training: bool = False,
) -> tuple[Array]:
    if not training or rate == 0:
        return (dy,)
    kept, scale = _alpha_dropped(x, rate, noise_shape, state)
    return (np.asarray(dy * kept * scale, x.dtype),)


def _factors(x: Array, rate: float, state: Array, training: bool) -> Array:
    """Return what Gaussian dropout multiplies x by."""
    if not training or rate == 0:
        return np.ones_like(x)
    stddev = float(np.sqrt(rate / (1 - rate)))
    return np.asarray(random_normal.forward(state, x.shape, 1.0, stddev, dtype=str(x.dtype)))


@layer("GaussianDropout")
def gaussian_dropout(x: Array, rate: float, state: Array, training: bool = False) -> Array:
    """Return x, in training times normal noise of mean 1 and variance rate / (1 - rate)."""
    return np.asarray(x * _factors(x, rate, state, training))


@gaussian_dropout.gradient
def _(dy: Array, x: Array, rate: float, state: Array, training: bool = False) -> tuple[Array]:
    return (dy * _factors(x, rate, state, training),)


@layer("ActivityRegularization")
def activity_regularization(x: Array, l1: float = 0.0, l2: float = 0.0) -> Array:
    """Return x; the loss gets l1 Σ|x| + l2 Σx², by the regularizer."""
    return x


@activity_regularization.gradient
def _(dy: Array, x: Array, l1: float = 0.0, l2: float = 0.0) -> tuple[Array]:
    return (dy,)
