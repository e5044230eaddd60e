"""Softmax and its logarithm."""

from __future__ import annotations

import numpy as np

from lamina.reference.registry import Array, op


@op("softmax")
def softmax(x: Array, axis: int = -1) -> Array:
    """Return exp(x) / sum(exp(x)), with the maximum taken off first."""
    e = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return np.asarray(e / np.sum(e, axis=axis, keepdims=True))


@softmax.gradient
def _(dy: Array, x: Array, axis: int = -1) -> tuple[Array]:
    return (softmax_grad.forward(softmax.forward(x, axis), dy, axis),)


@op("softmax_grad")
def softmax_grad(y: Array, dy: Array, axis: int = -1) -> Array:
    """Return y (dy - sum(y dy)): the gradient of softmax in terms of its output."""
    return np.asarray(y * (dy - np.sum(y * dy, axis=axis, keepdims=True)))


@softmax_grad.gradient
def _(g: Array, y: Array, dy: Array, axis: int = -1) -> tuple[Array, Array]:
    along = np.sum(y * dy, axis=axis, keepdims=True)
    mixed = np.sum(g * y, axis=axis, keepdims=True)
    return g * (dy - along) - dy * mixed, softmax_grad.forward(y, g, axis)


@op("log_softmax")
def log_softmax(x: Array, axis: int = -1) -> Array:
    """Return x - log(sum(exp(x)))."""
    shifted = x - np.max(x, axis=axis, keepdims=True)
    return np.asarray(shifted - np.log(np.sum(np.exp(shifted), axis=axis, keepdims=True)))


@log_softmax.gradient
def _(dy: Array, x: Array, axis: int = -1) -> tuple[Array]:
    return (log_softmax_grad.forward(log_softmax.forward(x, axis), dy, axis),)


@op("log_softmax_grad")
def log_softmax_grad(y: Array, dy: Array, axis: int = -1) -> Array:
    """Return dy - exp(y) sum(dy): the gradient of log_softmax in terms of its output."""
    return np.asarray(dy - np.exp(y) * np.sum(dy, axis=axis, keepdims=True))


@log_softmax_grad.gradient
def _(g: Array, y: Array, dy: Array, axis: int = -1) -> tuple[Array, Array]:
    total = np.sum(dy, axis=axis, keepdims=True)
    mixed = np.sum(g * np.exp(y), axis=axis, keepdims=True)
    return -g * np.exp(y) * total, g - mixed
