"""Layers that make one array of several; their gradients are one for each."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from lamina.reference import binary  # noqa: F401 - it fills OPS
from lamina.reference.layers import LAYERS, layer
from lamina.reference.registry import OPS, Array, Reference

EPSILON = 1e-7


def _aligned(inputs: Sequence[Array]) -> list[Array]:
    """Give all the highest rank; axes of 1 go in after the batch."""
    rank = max(x.ndim for x in inputs)
    return [x.reshape(x.shape[0], *[1] * (rank - x.ndim), *x.shape[1:]) for x in inputs]


def fold(name: str, op: str, average: bool = False) -> None:
    """Enter a layer that combines its inputs by an op of two: op(op(x1, x2), x3) ..."""
    two = OPS[op]

    def forward(*inputs: Array) -> Array:
        *_, combined = itertools.accumulate(_aligned(inputs), two.forward)
        return np.asarray(combined / len(inputs) if average else combined)

    def backward(dy: Array, *inputs: Array) -> tuple[Array, ...]:
        assert two.backward is not None
        first, *rest = _aligned(inputs)
        partial = list(itertools.accumulate([first, *rest], two.forward))
        slope: Any = dy / len(inputs) if average else dy
        slopes: list[Any] = []
        for left, right in zip(partial[-2::-1], rest[::-1], strict=True):
            slope, of_right = two.backward(slope, left, right)
            slopes.append(of_right)
        slopes.append(slope)
        return tuple(np.reshape(s, x.shape) for s, x in zip(slopes[::-1], inputs, strict=True))

    LAYERS[name] = Reference(forward, backward)


fold("Add", "add")
fold("Subtract", "subtract")
fold("Multiply", "multiply")
fold("Average", "add", average=True)
fold("Maximum", "maximum")
fold("Minimum", "minimum")


@layer("Concatenate")
def concatenate(*inputs: Array, axis: int = -1) -> Array:
    """Return the inputs one after the other along an axis."""
    return np.concatenate(inputs, axis=axis)


@concatenate.gradient
def _(dy: Array, *inputs: Array, axis: int = -1) -> tuple[Array, ...]:
    ends = np.cumsum([x.shape[axis] for x in inputs])
    return tuple(np.split(dy, ends[:-1], axis=axis))


def _unit(x: Array, axis: int) -> Array:
    """Return x / max(norm, epsilon)."""
    norm = np.sqrt(np.sum(x * x, axis=axis, keepdims=True))
    return np.asarray(x / np.maximum(norm, EPSILON))


def _unit_backward(dy: Array, x: Array, axis: int) -> Array:
    """Return the part of dy across x, divided by the norm; all of it where that is floored."""
    norm = np.sqrt(np.sum(x * x, axis=axis, keepdims=True))
    u = _unit(x, axis)
    along = np.where(norm > EPSILON, np.sum(dy * u, axis=axis, keepdims=True), 0)
    return np.asarray((dy - along * u) / np.maximum(norm, EPSILON))


def _pair(axes: int | Sequence[int]) -> tuple[int, int]:
    a, b = (axes, axes) if isinstance(axes, int) else axes
    return a, b


def _as_matrices(x: Array, y: Array, a: int, b: int) -> tuple[Array, Array]:
    """Return x as (batch, rest, summed) and y as (batch, summed, rest)."""
    x, y = np.moveaxis(x, a, -1), np.moveaxis(y, b, 1)
    return x.reshape(len(x), -1, x.shape[-1]), y.reshape(len(y), y.shape[1], -1)


@layer("Dot")
def dot(x: Array, y: Array, axes: int | Sequence[int], normalize: bool = False) -> Array:
    """Return each sample's sums of products over one axis of x and y, of unit vectors if asked."""
    a, b = _pair(axes)
    rest = np.delete(x.shape, a)[1:], np.delete(y.shape, b)[1:]
    if normalize:
        x, y = _unit(x, a), _unit(y, b)
    left, right = _as_matrices(x, y, a, b)
    sample = tuple(np.concatenate(rest)) or (1,)
    return np.asarray((left @ right).reshape(len(x), *sample))


@dot.gradient
def _(
    dy: Array, x: Array, y: Array, axes: int | Sequence[int], normalize: bool = False
) -> tuple[Array, Array]:
    a, b = _pair(axes)
    u, v = (_unit(x, a), _unit(y, b)) if normalize else (x, y)
    left, right = _as_matrices(u, v, a, b)
    slope = dy.reshape(len(x), left.shape[1], right.shape[2])
    moved = np.moveaxis(x, a, -1).shape, np.moveaxis(y, b, 1).shape
    du = np.moveaxis((slope @ right.swapaxes(1, 2)).reshape(moved[0]), -1, a)
    dv = np.moveaxis((left.swapaxes(1, 2) @ slope).reshape(moved[1]), 1, b)
    if normalize:
        return _unit_backward(du, x, a), _unit_backward(dv, y, b)
    return du, dv
