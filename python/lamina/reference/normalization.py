"""Layers that bring data into range."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lamina.reference.layers import Axis, layer
from lamina.reference.registry import Array

EPSILON = 1e-7


@layer("Rescaling")
def rescaling(x: Array, scale: Any, offset: Any = 0.0) -> Array:
    """Return x scale + offset."""
    return np.asarray(x * np.asarray(scale, x.dtype) + np.asarray(offset, x.dtype))


@rescaling.gradient
def _(dy: Array, x: Array, scale: Any, offset: Any = 0.0) -> tuple[Array]:
    return (dy * np.asarray(scale, x.dtype),)


def moments(x: Array, axis: Axis | None = -1) -> tuple[Array, Array]:
    """Return mean and variance over all axes but `axis`: what Normalization adapts to."""
    kept = () if axis is None else (axis,) if isinstance(axis, int) else tuple(axis)
    others = tuple(i for i in range(x.ndim) if i not in {k % x.ndim for k in kept})
    return np.mean(x, axis=others), np.var(x, axis=others)


def _shift_and_scale(
    x: Array, adapted: Sequence[Array], axis: Axis | None, mean: Any, variance: Any
) -> tuple[Array, Array]:
    """Return mean and deviation in a shape that broadcasts against x."""
    kept = () if axis is None else (axis,) if isinstance(axis, int) else tuple(axis)
    positive = {k % x.ndim for k in kept}
    shape = [n if i in positive else 1 for i, n in enumerate(x.shape)]
    sizes = [n for i, n in enumerate(x.shape) if i in positive]
    pair = adapted[:2] if mean is None else (mean, variance)
    m, v = (np.broadcast_to(np.asarray(p, x.dtype), sizes).reshape(shape) for p in pair)
    return m, np.maximum(np.sqrt(v), EPSILON)


@layer("Normalization")
def normalization(
    x: Array,
    *adapted: Array,
    axis: Axis | None = -1,
    mean: Any = None,
    variance: Any = None,
    invert: bool = False,
) -> Array:
    """Return (x - mean) / max(sqrt(variance), epsilon), or invert that.

    The statistics are given, or weights that were adapted.
    """
    m, deviation = _shift_and_scale(x, adapted, axis, mean, variance)
    return np.asarray(m + x * deviation if invert else (x - m) / deviation)


@normalization.gradient
def _(
    dy: Array,
    x: Array,
    *adapted: Array,
    axis: Axis | None = -1,
    mean: Any = None,
    variance: Any = None,
    invert: bool = False,
) -> tuple[Array | None, ...]:
    _m, deviation = _shift_and_scale(x, adapted, axis, mean, variance)
    return dy * deviation if invert else dy / deviation, *[None] * len(adapted)
