"""Layers: forward(inputs, weights, configuration), and the gradients of inputs and weights.

The attributes are the arguments that the layer is made with; what only concerns weights' first
values is left out. Other layers are in `merging`, `normalization` and `noise`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from lamina.reference.activations import ACTIVATIONS
from lamina.reference.registry import Array, Forward, Reference, unbroadcast

Axis = int | Sequence[int]
Formula = Callable[..., Any]

LAYERS: dict[str, Reference] = {}  # inputs: the layer's, then its weights


def layer(name: str) -> Callable[[Forward], Reference]:
    """Enter a function into the table as the forward pass of the layer `name`."""

    def enter(forward: Forward) -> Reference:
        LAYERS[name] = Reference(forward)
        return LAYERS[name]

    return enter


# --- dense --------------------------------------------------------------------------------------


def _affine(x: Array, kernel: Array, *bias: Array) -> Array:
    return np.asarray(sum(bias, x @ kernel))


@layer("Dense")
def dense(x: Array, kernel: Array, *bias: Array, activation: str = "linear", **_: Any) -> Array:
    """Return activation(x kernel + bias)."""
    return np.asarray(ACTIVATIONS[activation].forward(_affine(x, kernel, *bias)))


@dense.gradient
def _(
    dy: Array, x: Array, kernel: Array, *bias: Array, activation: str = "linear", **_: Any
) -> tuple[Array, ...]:
    dz = _backward(activation)(dy, _affine(x, kernel, *bias))[0]
    rows, slopes = x.reshape(-1, x.shape[-1]), dz.reshape(-1, dz.shape[-1])
    return dz @ kernel.T, rows.T @ slopes, *(slopes.sum(axis=0) for _ in bias)


def _backward(activation: str) -> Callable[..., tuple[Any, ...]]:
    backward = ACTIVATIONS[activation].backward
    assert backward is not None
    return backward


# --- moving values around -----------------------------------------------------------------------


@layer("Identity")
def identity(x: Array, **_: Any) -> Array:
    """Return x."""
    return x


@identity.gradient
def _(dy: Array, x: Array, **_: Any) -> tuple[Array]:
    return (dy,)


LAYERS["InputLayer"] = identity


@layer("Flatten")
def flatten(x: Array, data_format: str = "channels_last") -> Array:
    """Return (batch, all else); "channels_first" has axis 1 vary fastest."""
    return np.reshape(_channels_last(x, data_format), (len(x), -1))


@flatten.gradient
def _(dy: Array, x: Array, data_format: str = "channels_last") -> tuple[Array]:
    moved = dy.reshape(_channels_last(x, data_format).shape)
    return (moved if data_format == "channels_last" else np.moveaxis(moved, -1, 1),)


def _channels_last(x: Array, data_format: str) -> Array:
    return x if data_format == "channels_last" else np.moveaxis(x, 1, -1)


@layer("Reshape")
def reshape(x: Array, target_shape: Sequence[int]) -> Array:
    """Return (batch, *target_shape)."""
    return np.reshape(x, (len(x), *target_shape))


@reshape.gradient
def _(dy: Array, x: Array, target_shape: Sequence[int]) -> tuple[Array]:
    return (dy.reshape(x.shape),)


@layer("Permute")
def permute(x: Array, dims: Sequence[int]) -> Array:
    """Return an array whose axis i is x's axis dims[i - 1]."""
    return np.transpose(x, (0, *dims))


@permute.gradient
def _(dy: Array, x: Array, dims: Sequence[int]) -> tuple[Array]:
    return (np.transpose(dy, np.argsort((0, *dims))),)


@layer("RepeatVector")
def repeat_vector(x: Array, n: int) -> Array:
    """Return n copies of each row, (batch, features) -> (batch, n, features)."""
    return np.repeat(x[:, None], n, axis=1)


@repeat_vector.gradient
def _(dy: Array, x: Array, n: int) -> tuple[Array]:
    return (np.sum(dy, axis=1),)


# --- activations --------------------------------------------------------------------------------


@layer("Lambda")
def apply_function(
    x: Array, function: Formula, slope: Formula, arguments: dict[str, Any] | None = None
) -> Array:
    """Return function(x); `slope` is its derivative."""
    return np.asarray(function(x, **(arguments or {})))


@apply_function.gradient
def _(
    dy: Array, x: Array, function: Formula, slope: Formula, arguments: dict[str, Any] | None = None
) -> tuple[Array]:
    return (dy * slope(x, **(arguments or {})),)


@layer("Activation")
def activation(x: Array, activation: str) -> Array:
    """Return activation(x)."""
    return np.asarray(ACTIVATIONS[activation].forward(x))


@activation.gradient
def _(dy: Array, x: Array, activation: str) -> tuple[Array | None, ...]:
    return _backward(activation)(dy, x)


def piecewise(name: str, forward: Formula, slope: Formula) -> None:
    """Enter a layer that is a function of one variable."""
    LAYERS[name] = Reference(forward, lambda dy, x, **options: (dy * slope(x, **options),))


def _relu(
    x: Array, max_value: float | None = None, negative_slope: float = 0, threshold: float = 0
) -> Array:
    """Return min(x, max_value) above the threshold, negative_slope (x - threshold) below."""
    top = np.inf if max_value is None else max_value
    return np.where(x > threshold, np.minimum(x, top), negative_slope * (x - threshold))


def _relu_slope(
    x: Array, max_value: float | None = None, negative_slope: float = 0, threshold: float = 0
) -> Array:
    top = np.inf if max_value is None else max_value
    return np.where(x > threshold, np.where(x < top, 1.0, 0.0), negative_slope)


piecewise("ReLU", _relu, _relu_slope)
piecewise(
    "LeakyReLU",
    lambda x, negative_slope=0.3: np.where(x > 0, x, negative_slope * x),
    lambda x, negative_slope=0.3: np.where(x > 0, 1.0, negative_slope),
)
piecewise(
    "ELU",
    lambda x, alpha=1.0: np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0))),
    lambda x, alpha=1.0: np.where(x > 0, 1.0, alpha * np.exp(np.minimum(x, 0))),
)


@layer("PReLU")
def prelu(x: Array, alpha: Array, **_: Any) -> Array:
    """Return x where it is positive, alpha x elsewhere."""
    return np.where(x > 0, x, alpha * x)


@prelu.gradient
def _(dy: Array, x: Array, alpha: Array, **_: Any) -> tuple[Array, Array]:
    return dy * np.where(x > 0, 1, alpha), unbroadcast(dy * np.minimum(x, 0), alpha.shape)


@layer("Softmax")
def softmax(x: Array, axis: Axis = -1, mask: Array | None = None) -> Array:
    """Return exp(x) / sum(exp(x)) over the axes and what the mask lets through, 0 elsewhere."""
    axes = (axis,) if isinstance(axis, int) else tuple(axis)
    seen = np.where(np.ones_like(x, bool) if mask is None else mask, x, -np.inf)
    largest = seen.max(axis=axes, keepdims=True)
    e = np.exp(seen - np.where(np.isinf(largest), 0, largest))
    total = e.sum(axis=axes, keepdims=True)
    return np.asarray(e / np.where(total == 0, 1, total))


@softmax.gradient
def _(dy: Array, x: Array, axis: Axis = -1, mask: Array | None = None) -> tuple[Array]:
    axes = (axis,) if isinstance(axis, int) else tuple(axis)
    y = softmax.forward(x, axis, mask)
    return (y * (dy - np.sum(y * dy, axis=axes, keepdims=True)),)
