"""Ops and layers that normalize each sample by statistics of its own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from lamina.reference.layers import Axis, layer
from lamina.reference.registry import Array, op


def _axes(axis: Axis, ndim: int) -> tuple[int, ...]:
    return tuple(sorted(a % ndim for a in ([axis] if isinstance(axis, int) else axis)))


def _along(values: Array, axes: Sequence[int], x: Array) -> Array:
    """Return values of x's sizes along some axes in a shape that broadcasts against x."""
    return values.reshape([n if i in axes else 1 for i, n in enumerate(x.shape)])


def _others(axes: Sequence[int], ndim: int) -> tuple[int, ...]:
    return tuple(i for i in range(ndim) if i not in axes)


def _standardized(x: Array, axes: tuple[int, ...], epsilon: float) -> tuple[Array, Array]:
    """Return h = (x - mean) / sqrt(variance + epsilon), and 1 / that root."""
    r = 1 / np.sqrt(x.var(axis=axes, keepdims=True) + epsilon)
    return (x - x.mean(axis=axes, keepdims=True)) * r, r


def _slope(dh: Array, h: Array, r: Array, axes: tuple[int, ...]) -> Array:
    """Return the gradient of x: r (dh - mean(dh) - h mean(dh h))."""
    mean = dh.mean(axis=axes, keepdims=True)
    return np.asarray(r * (dh - mean - h * (dh * h).mean(axis=axes, keepdims=True)))


# --- the core's ops -------------------------------------------------------------------------------

_GROUP = (1, 3)  # axes of what a group's moments are taken over


def _split(x: Array, groups: int) -> Array:
    """Return x (batch, ..., channels) as (batch, places, groups, channels of a group), float64."""
    places, width = math.prod(x.shape[1:-1]), x.shape[-1] // groups
    return x.astype(np.float64).reshape(x.shape[0], places, groups, width)


def _mean(x: Array) -> Array:
    return np.asarray(x.mean(axis=_GROUP, keepdims=True))


@op("group_norm")
def group_norm(x: Array, gamma: Array, beta: Array, groups: int, epsilon: float) -> Array:
    """Return h gamma + beta: h = (x - mean) / sqrt(variance + epsilon) over a sample's group."""
    h, _r = _standardized(_split(x, groups), _GROUP, epsilon)
    return np.asarray(h.reshape(x.shape) * gamma + beta, x.dtype)


@group_norm.gradient
def _(
    dy: Array, x: Array, gamma: Array, beta: Array, groups: int, epsilon: float
) -> tuple[Array, ...]:
    return group_norm_grad.forward(dy, x, gamma, groups, epsilon)  # type: ignore[no-any-return]


@op("group_norm_grad")
def group_norm_grad(
    dy: Array, x: Array, gamma: Array, groups: int, epsilon: float
) -> tuple[Array, Array, Array]:
    """Return dx = r (g - mean(g) - h mean(g h)), dgamma = sum(dy h), dbeta = sum(dy).

    r = 1 / sqrt(variance + epsilon), g = dy gamma; means over each sample's groups.
    """
    h, r = _standardized(_split(x, groups), _GROUP, epsilon)
    dx = _slope(_split(dy * gamma, groups), h, r, _GROUP).reshape(x.shape)
    slopes = _affine_slopes(dy, h.reshape(x.shape), [x.ndim - 1], True, True)
    return dx.astype(x.dtype), slopes[0].astype(x.dtype), slopes[1].astype(x.dtype)


@group_norm_grad.gradient
def _(
    u: Array, dy: Array, x: Array, gamma: Array, groups: int, epsilon: float
) -> tuple[Array, Array, Array]:
    """Differentiate sum(u dx) = r n (mean(u g) - mean(u) mean(g) - mean(u h) mean(g h)), n elements
    in a group.
    """
    h, r = _standardized(_split(x, groups), _GROUP, epsilon)
    g, v = _split(dy * gamma, groups), _split(u, groups)
    slope_g = _slope(v, h, r, _GROUP).reshape(x.shape)
    slope_h = -r * (v * _mean(g * h) + g * _mean(v * h))
    spread = _mean(v * g) - _mean(v) * _mean(g) - _mean(v * h) * _mean(g * h)
    slope_x = _slope(slope_h, h, r, _GROUP) - r**2 * h * spread
    others = _others([x.ndim - 1], x.ndim)
    return slope_g * gamma, slope_x.reshape(x.shape), (slope_g * dy).sum(axis=others)


# --- the layers -----------------------------------------------------------------------------------


def _affine(
    x: Array, weights: tuple[Array, ...], axes: Sequence[int], center: bool, scale: bool
) -> tuple[Array, Array]:
    """Return gamma and beta, to broadcast against x."""
    given = list(weights)
    gamma = _along(given.pop(0), axes, x) if scale else np.ones(())
    return gamma, _along(given.pop(0), axes, x) if center else np.zeros(())


def _affine_slopes(
    dy: Array, h: Array, axes: Sequence[int], center: bool, scale: bool
) -> tuple[Array, ...]:
    others = _others(axes, dy.ndim)
    slopes = [(dy * h).sum(axis=others)] * scale + [dy.sum(axis=others)] * center
    return tuple(slopes)


@layer("LayerNormalization")
def layer_normalization(
    x: Array,
    *weights: Array,
    axis: Axis = -1,
    epsilon: float = 1e-3,
    center: bool = True,
    scale: bool = True,
    **_: Any,
) -> Array:
    """Return (x - mean) / sqrt(variance + epsilon) gamma + beta over the axes."""
    axes = _axes(axis, x.ndim)
    gamma, beta = _affine(x, weights, axes, center, scale)
    return np.asarray(_standardized(x, axes, epsilon)[0] * gamma + beta, x.dtype)


@layer_normalization.gradient
def _(
    dy: Array,
    x: Array,
    *weights: Array,
    axis: Axis = -1,
    epsilon: float = 1e-3,
    center: bool = True,
    scale: bool = True,
    **_: Any,
) -> tuple[Array, ...]:
    axes = _axes(axis, x.ndim)
    gamma = _affine(x, weights, axes, center, scale)[0]
    h, r = _standardized(x, axes, epsilon)
    slopes = zip(_affine_slopes(dy, h, axes, center, scale), weights, strict=True)
    return _slope(dy * gamma, h, r, axes), *(slope.reshape(w.shape) for slope, w in slopes)


def _grouped(x: Array, groups: int, axis: int) -> tuple[Array, tuple[int, ...]]:
    """Return x with its channels as two axes, and what is normalized over: all but the groups."""
    axis, channels = axis % x.ndim, x.shape[axis]
    count = channels if groups == -1 else groups
    shape = (*x.shape[:axis], count, channels // count, *x.shape[axis + 1 :])
    return x.reshape(shape), tuple(i for i in range(1, x.ndim + 1) if i != axis)


@layer("GroupNormalization")
def group_normalization(
    x: Array,
    *weights: Array,
    groups: int = 32,
    axis: int = -1,
    epsilon: float = 1e-3,
    center: bool = True,
    scale: bool = True,
    **_: Any,
) -> Array:
    """Return (x - mean) / sqrt(variance + epsilon) gamma + beta, moments over each group."""
    split, axes = _grouped(x, groups, axis)
    gamma, beta = _affine(x, weights, _axes(axis, x.ndim), center, scale)
    h = _standardized(split, axes, epsilon)[0].reshape(x.shape)
    return np.asarray(h * gamma + beta, x.dtype)


@group_normalization.gradient
def _(
    dy: Array,
    x: Array,
    *weights: Array,
    groups: int = 32,
    axis: int = -1,
    epsilon: float = 1e-3,
    center: bool = True,
    scale: bool = True,
    **_: Any,
) -> tuple[Array, ...]:
    split, axes = _grouped(x, groups, axis)
    channels = _axes(axis, x.ndim)
    gamma = _affine(x, weights, channels, center, scale)[0]
    h, r = _standardized(split, axes, epsilon)
    dx = _slope((dy * gamma).reshape(split.shape), h, r, axes).reshape(x.shape)
    return dx, *_affine_slopes(dy, h.reshape(x.shape), channels, center, scale)


@layer("RMSNormalization")
def rms_normalization(x: Array, scale: Array, axis: Axis = -1, epsilon: float = 1e-6) -> Array:
    """Return x / sqrt(mean(x^2) + epsilon) scale over the axes."""
    axes = _axes(axis, x.ndim)
    r = 1 / np.sqrt((x**2).mean(axis=axes, keepdims=True) + epsilon)
    return np.asarray(x * r * _along(scale, axes, x), x.dtype)


@rms_normalization.gradient
def _(
    dy: Array, x: Array, scale: Array, axis: Axis = -1, epsilon: float = 1e-6
) -> tuple[Array, Array]:
    axes = _axes(axis, x.ndim)
    r = 1 / np.sqrt((x**2).mean(axis=axes, keepdims=True) + epsilon)
    dh, h = dy * _along(scale, axes, x), x * r
    dx = r * (dh - h * (dh * h).mean(axis=axes, keepdims=True))
    return dx, (dy * h).sum(axis=_others(axes, x.ndim)).reshape(scale.shape)


@layer("UnitNormalization")
def unit_normalization(x: Array, axis: Axis = -1) -> Array:
    """Return x / sqrt(sum(x^2)) over the axes."""
    axes = _axes(axis, x.ndim)
    return np.asarray(x / np.sqrt((x**2).sum(axis=axes, keepdims=True)), x.dtype)


@unit_normalization.gradient
def _(dy: Array, x: Array, axis: Axis = -1) -> tuple[Array]:
    axes = _axes(axis, x.ndim)
    r = 1 / np.sqrt((x**2).sum(axis=axes, keepdims=True))
    h = x * r
    return (r * (dy - h * (dy * h).sum(axis=axes, keepdims=True)),)
