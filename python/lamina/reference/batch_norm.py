"""Batch normalization: the core's ops, and the layer (Ioffe and Szegedy 2015, arXiv:1502.03167)."""

from __future__ import annotations

from typing import Any

import numpy as np

from lamina.reference.layers import layer
from lamina.reference.registry import Array, op

EPSILON = 1e-7  # keeps the mean of a mask that hides everything finite


def _rows(x: Array) -> Array:
    """Return x as a matrix, a column for each channel, in float64: columns may be long."""
    return x.astype(np.float64).reshape(x.size // x.shape[-1], x.shape[-1])


@op("batch_norm")
def batch_norm(x: Array, gamma: Array, beta: Array, epsilon: float) -> tuple[Array, Array, Array]:
    """Return (x - mean) / sqrt(variance + epsilon) gamma + beta, and each channel's moments."""
    mean, variance = _rows(x).mean(axis=0), _rows(x).var(axis=0)
    y = (x - mean) / np.sqrt(variance + epsilon) * gamma + beta
    return y.astype(x.dtype), mean.astype(x.dtype), variance.astype(x.dtype)


@batch_norm.gradient
def _(dy: Array, x: Array, gamma: Array, beta: Array, epsilon: float) -> tuple[Array, ...]:
    _y, mean, variance = batch_norm.forward(x, gamma, beta, epsilon)
    return batch_norm_grad.forward(dy, x, gamma, mean, variance, epsilon)  # type: ignore[no-any-return]


@op("batch_norm_grad")
def batch_norm_grad(
    dy: Array, x: Array, gamma: Array, mean: Array, variance: Array, epsilon: float
) -> tuple[Array, Array, Array]:
    """Return dx = gamma r (dy - mean(dy) - h mean(dy h)), dgamma = sum(dy h), dbeta = sum(dy).

    r = 1 / sqrt(variance + epsilon), h = (x - mean) r, means and sums over each channel.
    """
    r = (variance + epsilon) ** -0.5
    h = (x - mean) * r
    dgamma, dbeta = _rows(dy * h).sum(axis=0), _rows(dy).sum(axis=0)
    n = len(_rows(x))
    dx = gamma * r * (dy - dbeta / n - h * dgamma / n)
    return dx.astype(x.dtype), dgamma.astype(x.dtype), dbeta.astype(x.dtype)


@batch_norm_grad.gradient
def _(
    u: Array, dy: Array, x: Array, gamma: Array, mean: Array, variance: Array, epsilon: float
) -> tuple[Array, ...]:
    """Differentiate sum(u dx) = sum over channels of gamma r (sum(u dy) - (S U + P Q) / n).

    S = sum(dy), U = sum(u), P = sum(dy h), Q = sum(u h).
    """

    def total(a: Array) -> Array:
        return np.asarray(_rows(a).sum(axis=0))

    n, r = len(_rows(x)), (variance + epsilon) ** -0.5
    h = (x - mean) * r
    p, q = total(dy * h), total(u * h)
    inner = r * (total(u * dy) - (total(dy) * total(u) + p * q) / n)
    slope_h = -gamma * r / n * (q * dy + p * u)
    slope_variance = -(r**2) / 2 * (gamma * inner + total(slope_h * h))
    slope_dy = gamma * r * (u - total(u) / n - h * q / n)
    return slope_dy, slope_h * r, inner, -r * total(slope_h), slope_variance


# --- the layer ------------------------------------------------------------------------------------


class _Parts:
    """What the layer computes on the way, with channels last."""

    def __init__(
        self,
        x: Array,
        weights: tuple[Array, ...],
        axis: int = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        training: bool = False,
        mask: Array | None = None,
        **_: Any,
    ) -> None:
        given = list(weights)
        self.axis, self.center, self.scale = axis, center, scale
        self.x = np.moveaxis(x, axis, -1)
        self.gamma = given.pop(0) if scale else np.ones(self.x.shape[-1])
        self.beta = given.pop(0) if center else np.zeros(self.x.shape[-1])
        self.mean, self.variance = given
        self.shares = np.zeros_like(self.x)  # of each element in the moments
        if training:
            seen = np.ones_like(self.x)
            if mask is not None:
                seen = np.moveaxis(np.broadcast_to(mask[..., None], x.shape), axis, -1) * 1.0
            count = _rows(seen).sum(axis=0) + (EPSILON if mask is not None else 0)
            self.shares = seen / count
            self.mean = _rows(self.shares * self.x).sum(axis=0)
            self.variance = _rows(self.shares * (self.x - self.mean) ** 2).sum(axis=0)
        self.r = 1 / np.sqrt(self.variance + epsilon)
        self.h = (self.x - self.mean) * self.r


@layer("BatchNormalization")
def batch_normalization(x: Array, *weights: Array, **options: Any) -> Array:
    """Return (x - mean) / sqrt(variance + epsilon) gamma + beta, along `axis`.

    The moments are the moving ones; in training, those of what the mask lets through.
    """
    parts = _Parts(x, weights, **options)
    y = parts.h * parts.gamma + parts.beta
    return np.moveaxis(y, -1, parts.axis).astype(x.dtype)


@batch_normalization.gradient
def _(dy: Array, x: Array, *weights: Array, **options: Any) -> tuple[Array | None, ...]:
    parts = _Parts(x, weights, **options)
    slope = np.moveaxis(dy, parts.axis, -1)
    by_h = slope * parts.gamma
    centred = parts.x - parts.mean
    by_variance = -(parts.r**2) / 2 * _rows(by_h * parts.h).sum(axis=0)
    by_mean = -parts.r * _rows(by_h).sum(axis=0)
    by_mean = by_mean - 2 * by_variance * _rows(parts.shares * centred).sum(axis=0)
    dx = by_h * parts.r + parts.shares * (2 * centred * by_variance + by_mean)
    found = [np.moveaxis(dx, -1, parts.axis)]
    if parts.scale:
        found.append(_rows(slope * parts.h).sum(axis=0))
    if parts.center:
        found.append(_rows(slope).sum(axis=0))
    return *found, None, None
