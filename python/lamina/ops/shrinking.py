"""Activations of pieces: thresholds, shrinkage, gates, and those that give exact zeros."""

from __future__ import annotations

from lamina.ops._apply import apply_one, to_floating
from lamina.ops.arithmetic import maximum, where
from lamina.ops.creation import arange
from lamina.ops.joining import split
from lamina.ops.math import absolute, clip, sign, sqrt, square, tanh
from lamina.ops.nn import elu, sigmoid
from lamina.ops.reduction import cumsum, sum
from lamina.ops.shaping import moveaxis
from lamina.symbolic import operation
from lamina.tensor import TensorBase, TensorLike

__all__ = [
    "celu",
    "glu",
    "hard_shrink",
    "hard_tanh",
    "soft_shrink",
    "sparse_plus",
    "sparse_sigmoid",
    "sparsemax",
    "squareplus",
    "tanh_shrink",
    "threshold",
]


@operation
def celu(x: TensorLike, alpha: float = 1.0) -> TensorBase:
    """Return max(x, 0) + min(α (e^(x/α) - 1), 0) (Barron 2017)."""
    return alpha * elu(to_floating(x) / alpha)


@operation
def glu(x: TensorLike, axis: int = -1) -> TensorBase:
    """Return the first half along an axis times the sigmoid of the second (Dauphin et al. 2017)."""
    values, gates = split(to_floating(x), 2, axis)
    return values * sigmoid(gates)


@operation
def hard_tanh(x: TensorLike) -> TensorBase:
    """Return x within [-1, 1], the nearer bound outside."""
    return clip(to_floating(x), -1.0, 1.0)


@operation
def hard_shrink(x: TensorLike, threshold: float = 0.5) -> TensorBase:
    """Return x, 0 within ± threshold."""
    tensor = to_floating(x)
    return where(absolute(tensor) > threshold, tensor, 0.0)


@operation
def soft_shrink(x: TensorLike, threshold: float = 0.5) -> TensorBase:
    """Return x brought nearer to 0 by threshold, 0 within ± threshold."""
    tensor = to_floating(x)
    return sign(tensor) * maximum(absolute(tensor) - threshold, 0.0)


@operation
def tanh_shrink(x: TensorLike) -> TensorBase:
    """Return x - tanh x."""
    tensor = to_floating(x)
    return tensor - tanh(tensor)


@operation
def threshold(x: TensorLike, threshold: float, default_value: float) -> TensorBase:
    """Return x where it is above the threshold, default_value elsewhere."""
    tensor = to_floating(x)
    return where(tensor > threshold, tensor, default_value)


@operation
def squareplus(x: TensorLike, b: float = 4) -> TensorBase:
    """Return (x + √(x² + b)) / 2 (Barron 2021)."""
    tensor = to_floating(x)
    return (tensor + sqrt(square(tensor) + b)) / 2


@operation
def sparse_plus(x: TensorLike) -> TensorBase:
    """Return 0 below -1, ((x + 1) / 2)² to 1, x above."""
    tensor = to_floating(x)
    return where(tensor > 1, tensor, square(clip(tensor + 1, 0.0, 2.0) / 2))


@operation
def sparse_sigmoid(x: TensorLike) -> TensorBase:
    """Return (x + 1) / 2 within [0, 1]."""
    return clip((to_floating(x) + 1) / 2, 0.0, 1.0)


@operation
def sparsemax(x: TensorLike, axis: int = -1) -> TensorBase:
    """Return the nearest point to x of the simplex, mostly zeros (Martins, Astudillo 2016)."""
    scores = moveaxis(to_floating(x), axis, -1)
    ordered = apply_one("sort", scores, axis=-1, descending=True)
    rank = arange(1, scores.shape[-1] + 1, dtype=scores.dtype)
    above = cumsum(ordered, axis=-1) - 1
    inside = rank * ordered > above
    count = sum(inside, axis=-1, keepdims=True)
    total = sum(where(inside, ordered, 0.0), axis=-1, keepdims=True) - 1
    return moveaxis(maximum(scores - total / count, 0.0), -1, axis)
