"""Shifting and scaling by mean and variance, given or the input's own."""

from __future__ import annotations

import math
from collections.abc import Sequence

from lamina import config
from lamina.ops._apply import apply_one, cast, to_floating
from lamina.ops.creation import ones, zeros
from lamina.ops.math import rsqrt, square
from lamina.ops.reduction import mean as mean_of
from lamina.ops.shaping import moveaxis, normalize_axes, reshape
from lamina.symbolic import operation
from lamina.tensor import TensorBase, TensorLike

__all__ = ["batch_normalization", "layer_normalization", "rms_normalization"]

Axes = int | Sequence[int]


@operation
def batch_normalization(
    x: TensorLike,
    mean: TensorLike,
    variance: TensorLike,
    axis: int,
    offset: TensorLike | None = None,
    scale: TensorLike | None = None,
    epsilon: float = 1e-3,
) -> TensorBase:
    """Return (x - mean) / √(variance + ε) · scale + offset, all of them vectors along `axis`.

    Source: Ioffe and Szegedy 2015, arXiv:1502.03167.
    """
    tensor = to_floating(x)
    axes = normalize_axes(axis, tensor.ndim)
    factor = rsqrt(to_floating(variance) + epsilon)
    if scale is not None:
        factor = factor * scale
    shift = -(mean * factor)
    if offset is not None:
        shift = shift + offset
    return tensor * _along(factor, axes, tensor) + _along(shift, axes, tensor)


@operation
def layer_normalization(
    x: TensorLike,
    gamma: TensorLike | None = None,
    beta: TensorLike | None = None,
    axis: Axes = -1,
    epsilon: float | None = None,
) -> TensorBase:
    """Return (x - mean) / √(variance + ε) · gamma + beta, the moments being x's along `axis`.

    gamma, beta: of x's sizes along `axis`. epsilon: None: `config.epsilon()`.
    Source: Ba, Kiros and Hinton 2016, arXiv:1607.06450.
    """
    tensor = to_floating(x)
    axes = sorted(normalize_axes(axis, tensor.ndim))
    last = moveaxis(tensor, axes, range(-len(axes), 0))
    size = math.prod(tensor.shape[a] for a in axes)
    rows = reshape(last, (math.prod(last.shape[: -len(axes)]), size))
    y = normalize_groups(rows, 1, gamma, beta, epsilon)
    return moveaxis(reshape(y, last.shape), range(-len(axes), 0), axes)


@operation
def rms_normalization(
    x: TensorLike,
    scale: TensorLike | None = None,
    axis: Axes = -1,
    epsilon: float | None = None,
) -> TensorBase:
    """Return x / √(mean of x² along `axis` + ε) · scale.

    Source: Zhang and Sennrich 2019, arXiv:1910.07467.
    """
    tensor = to_floating(x)
    axes = sorted(normalize_axes(axis, tensor.ndim))
    least = config.epsilon() if epsilon is None else epsilon
    y = tensor * rsqrt(mean_of(square(tensor), axes, keepdims=True) + least)
    return y if scale is None else y * _along(to_floating(scale), axes, tensor)


def normalize_groups(
    x: TensorBase,
    groups: int,
    gamma: TensorLike | None,
    beta: TensorLike | None,
    epsilon: float | None,
) -> TensorBase:
    """Return x (batch, ..., channels) normalized by each sample's moments of groups of channels."""
    size = x.shape[-1]
    scale = ones((size,), x.dtype) if gamma is None else reshape(cast(gamma, x.dtype), (-1,))
    offset = zeros((size,), x.dtype) if beta is None else reshape(cast(beta, x.dtype), (-1,))
    least = config.epsilon() if epsilon is None else epsilon
    return apply_one("group_norm", x, scale, offset, groups=groups, epsilon=least)


def _along(values: TensorBase, axes: list[int], x: TensorBase) -> TensorBase:
    """Return values of x's sizes along some axes in a shape that broadcasts against x."""
    return reshape(values, [size if i in axes else 1 for i, size in enumerate(x.shape)])
