"""Losses of how little two sets overlap, per sample (over the last axis), and their gradients."""

from __future__ import annotations

import numpy as np

from lamina.reference.losses import EPSILON, loss
from lamina.reference.registry import Array


def _sum(x: Array) -> Array:
    return np.asarray(np.sum(x, axis=-1, keepdims=True))


def _tversky(y: Array, p: Array, alpha: float, beta: float) -> tuple[Array, Array]:
    """Return Σ y p, and what it is divided by."""
    both = _sum(y * p)
    return both, both + alpha * _sum(y * (1 - p)) + beta * _sum((1 - y) * p) + EPSILON


def _tversky_gradient(
    y: Array, p: Array, alpha: float = 0.5, beta: float = 0.5, axis: int = -1
) -> Array:
    both, total = _tversky(y, p, alpha, beta)
    return np.asarray(both / total**2 * (y - alpha * y + beta * (1 - y)) - y / total)


@loss("tversky", _tversky_gradient)
def tversky(y: Array, p: Array, alpha: float = 0.5, beta: float = 0.5, axis: int = -1) -> Array:
    """Return 1 - Σ y p / (Σ y p + alpha Σ y (1 - p) + beta Σ (1 - y) p)."""
    both, total = _tversky(y, p, alpha, beta)
    return np.asarray((1 - both / total)[..., 0])


def _dice_gradient(y: Array, p: Array, axis: int = -1) -> Array:
    total = _sum(y) + _sum(p) + EPSILON
    return np.asarray(2 * _sum(y * p) / total**2 - 2 * y / total)


@loss("dice", _dice_gradient)
def dice(y: Array, p: Array, axis: int = -1) -> Array:
    """Return 1 - 2 Σ y p / (Σ y + Σ p)."""
    return np.asarray((1 - 2 * _sum(y * p) / (_sum(y) + _sum(p) + EPSILON))[..., 0])
