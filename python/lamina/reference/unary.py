"""Functions of one variable, each with its first and second derivative, as one table.

The derivative `slope` is written in terms of v, which is the function's input x or its output y,
whichever makes the shorter formula; `curve` is the derivative of slope(v) with respect to v. The
core has ops for all three: NAME(x), NAME_grad(v, p) = p slope(v) and NAME_grad2(v, p) = p curve(v).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from lamina.reference.registry import OPS, Array, Reference, in_dtype

Formula = Callable[..., Any]

SELU_SCALE = 1.0507009873554804934193349852946  # Klambauer et al. 2017
SELU_ALPHA = 1.6732632423543772848170429916717
GELU_CUBIC = 0.044715  # Hendrycks and Gimpel 2016

_erf = np.vectorize(math.erf, otypes=[np.float64])


@dataclass(frozen=True)
class Function:
    """One row of the table."""

    forward: Formula
    via: str  # "x" or "y": what slope and curve are written in
    slope: Formula
    curve: Formula


def sigmoid(x: Array) -> Array:
    """Return 1 / (1 + exp(-x)), computed from the side where the exponential cannot overflow."""
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + small), small / (1 + small))


def softplus(x: Array) -> Array:
    """Return log(1 + exp(x)) = max(x, 0) + log(1 + exp(-|x|))."""
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def normal_cdf(x: Array) -> Array:
    """Return the standard normal distribution function, (1 + erf(x / sqrt 2)) / 2."""
    return np.asarray((1 + _erf(x / math.sqrt(2))) / 2)


def normal_pdf(x: Array) -> Array:
    """Return the standard normal density, exp(-x^2 / 2) / sqrt(2 pi)."""
    return np.asarray(np.exp(-x * x / 2) / math.sqrt(2 * math.pi))


def relu(
    x: Array, negative_slope: float = 0, max_value: float = np.inf, threshold: float = 0
) -> Array:
    """Return x between threshold and max_value, max_value above, a line of negative_slope below."""
    below = negative_slope * (x - threshold) if negative_slope else np.zeros_like(x)
    return np.where(np.isnan(x), x, np.where(x > threshold, np.minimum(x, max_value), below))


def _relu_slope(
    y: Array, negative_slope: float = 0, max_value: float = np.inf, threshold: float = 0
) -> Array:
    return np.where(y > threshold, np.where(y < max_value, 1.0, 0.0), negative_slope)


def _gelu_tanh_parts(x: Array) -> tuple[Array, Array, Array]:
    scale = math.sqrt(2 / math.pi)
    t = np.tanh(scale * (x + GELU_CUBIC * x**3))
    return t, scale * (1 + 3 * GELU_CUBIC * x * x), scale * 6 * GELU_CUBIC * x


def _gelu_tanh_slope(x: Array) -> Array:
    t, inner, _ = _gelu_tanh_parts(x)
    return np.asarray((1 + t) / 2 + x * (1 - t * t) * inner / 2)


def _gelu_tanh_curve(x: Array) -> Array:
    t, inner, inner_slope = _gelu_tanh_parts(x)
    s = 1 - t * t
    return np.asarray(s * inner + x * s * (inner_slope / 2 - t * inner * inner))


def _silu_curve(x: Array) -> Array:
    s = sigmoid(x)
    return np.asarray(s * (1 - s) * (2 + x * (1 - 2 * s)))


def _mish_slope(x: Array) -> Array:
    t, s = np.tanh(softplus(x)), sigmoid(x)
    return np.asarray(t + x * (1 - t * t) * s)


def _mish_curve(x: Array) -> Array:
    t, s = np.tanh(softplus(x)), sigmoid(x)
    return np.asarray((1 - t * t) * s * (2 + x * (1 - s) - 2 * x * t * s))


def _hard_sigmoid(x: Array) -> Array:
    return np.clip(x / 6 + 0.5, 0, 1)


def _zero(v: Array, **_: float) -> Array:
    return np.zeros_like(v)


def _one(v: Array, **_: float) -> Array:
    return np.ones_like(v)


FUNCTIONS: dict[str, Function] = {
    # arithmetic
    "negative": Function(lambda x: -x, "x", lambda x: -_one(x), _zero),
    "abs": Function(np.abs, "x", np.sign, _zero),
    "square": Function(np.square, "x", lambda x: 2 * x, lambda x: 2 * _one(x)),
    "sqrt": Function(np.sqrt, "y", lambda y: 0.5 / y, lambda y: -0.5 / y**2),
    "rsqrt": Function(lambda x: 1 / np.sqrt(x), "y", lambda y: -0.5 * y**3, lambda y: -1.5 * y**2),
    "reciprocal": Function(lambda x: 1 / x, "y", lambda y: -(y**2), lambda y: -2 * y),
    "clip": Function(
        lambda x, min=-np.inf, max=np.inf: np.clip(x, min, max),
        "x",
        lambda x, min=-np.inf, max=np.inf: ((x >= min) & (x <= max)).astype(x.dtype),
        _zero,
    ),
    "sign": Function(np.sign, "x", _zero, _zero),
    "floor": Function(np.floor, "x", _zero, _zero),
    "ceil": Function(np.ceil, "x", _zero, _zero),
    "round": Function(np.rint, "x", _zero, _zero),
    # exponentials and logarithms
    "exp": Function(np.exp, "y", lambda y: y, _one),
    "expm1": Function(np.expm1, "y", lambda y: y + 1, _one),
    "log": Function(np.log, "x", lambda x: 1 / x, lambda x: -1 / x**2),
    "log1p": Function(np.log1p, "x", lambda x: 1 / (1 + x), lambda x: -1 / (1 + x) ** 2),
    "log2": Function(
        np.log2, "x", lambda x: 1 / (x * math.log(2)), lambda x: -1 / (x**2 * math.log(2))
    ),
    "log10": Function(
        np.log10, "x", lambda x: 1 / (x * math.log(10)), lambda x: -1 / (x**2 * math.log(10))
    ),
    # trigonometric and hyperbolic
    "sin": Function(np.sin, "x", np.cos, lambda x: -np.sin(x)),
    "cos": Function(np.cos, "x", lambda x: -np.sin(x), lambda x: -np.cos(x)),
    "tan": Function(np.tan, "y", lambda y: 1 + y**2, lambda y: 2 * y),
    "sinh": Function(np.sinh, "x", np.cosh, np.sinh),
    "cosh": Function(np.cosh, "x", np.sinh, np.cosh),
    "tanh": Function(np.tanh, "y", lambda y: 1 - y**2, lambda y: -2 * y),
    "arcsin": Function(
        np.arcsin, "x", lambda x: (1 - x**2) ** -0.5, lambda x: x * (1 - x**2) ** -1.5
    ),
    "arccos": Function(
        np.arccos, "x", lambda x: -((1 - x**2) ** -0.5), lambda x: -x * (1 - x**2) ** -1.5
    ),
    "arctan": Function(
        np.arctan, "x", lambda x: 1 / (1 + x**2), lambda x: -2 * x / (1 + x**2) ** 2
    ),
    "erf": Function(
        _erf,
        "x",
        lambda x: 2 / math.sqrt(math.pi) * np.exp(-(x**2)),
        lambda x: -4 / math.sqrt(math.pi) * x * np.exp(-(x**2)),
    ),
    # activations
    "relu": Function(relu, "y", _relu_slope, _zero),
    "elu": Function(
        lambda x, alpha=1.0: np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0))),
        "y",
        lambda y, alpha=1.0: np.where(y > 0, 1, y + alpha),
        lambda y, alpha=1.0: np.where(y > 0, 0.0, 1.0),
    ),
    "selu": Function(
        lambda x: SELU_SCALE * np.where(x > 0, x, SELU_ALPHA * np.expm1(np.minimum(x, 0))),
        "y",
        lambda y: np.where(y > 0, SELU_SCALE, y + SELU_SCALE * SELU_ALPHA),
        lambda y: np.where(y > 0, 0.0, 1.0),
    ),
    "sigmoid": Function(sigmoid, "y", lambda y: y * (1 - y), lambda y: 1 - 2 * y),
    "log_sigmoid": Function(
        lambda x: -softplus(-x), "y", lambda y: -np.expm1(y), lambda y: -np.exp(y)
    ),
    "softplus": Function(softplus, "y", lambda y: -np.expm1(-y), lambda y: np.exp(-y)),
    "softsign": Function(
        lambda x: x / (1 + np.abs(x)),
        "y",
        lambda y: (1 - np.abs(y)) ** 2,
        lambda y: -2 * np.sign(y) * (1 - np.abs(y)),
    ),
    "silu": Function(
        lambda x: x * sigmoid(x),
        "x",
        lambda x: sigmoid(x) * (1 + x * (1 - sigmoid(x))),
        _silu_curve,
    ),
    "gelu": Function(
        lambda x: x * normal_cdf(x),
        "x",
        lambda x: normal_cdf(x) + x * normal_pdf(x),
        lambda x: normal_pdf(x) * (2 - x**2),
    ),
    "gelu_tanh": Function(
        lambda x: x * (1 + _gelu_tanh_parts(x)[0]) / 2, "x", _gelu_tanh_slope, _gelu_tanh_curve
    ),
    "mish": Function(lambda x: x * np.tanh(softplus(x)), "x", _mish_slope, _mish_curve),
    "hard_sigmoid": Function(
        _hard_sigmoid, "y", lambda y: np.where((y > 0) & (y < 1), 1 / 6, 0.0), _zero
    ),
    "hard_silu": Function(
        lambda x: x * _hard_sigmoid(x),
        "x",
        lambda x: np.where(np.abs(x) < 3, x / 3 + 0.5, np.where(x >= 3, 1.0, 0.0)),
        lambda x: np.where(np.abs(x) < 3, 1 / 3, 0.0),
    ),
}


def _enter(name: str, row: Function) -> None:
    def forward(x: Array, **parameters: float) -> Array:
        return in_dtype(row.forward(x, **parameters), x)

    def slope(v: Array, p: Array, **parameters: float) -> Array:
        return in_dtype(p * row.slope(v, **parameters), p)

    def curve(v: Array, p: Array, **parameters: float) -> Array:
        return in_dtype(p * row.curve(v, **parameters), p)

    def backward(dy: Array, x: Array, **parameters: float) -> tuple[Array]:
        return (slope(x if row.via == "x" else forward(x, **parameters), dy, **parameters),)

    def slope_backward(dy: Array, v: Array, p: Array, **parameters: float) -> tuple[Array, Array]:
        return curve(v, p * dy, **parameters), slope(v, dy, **parameters)

    OPS[name] = Reference(forward, backward)
    OPS[f"{name}_grad"] = Reference(slope, slope_backward)
    OPS[f"{name}_grad2"] = Reference(curve)


for _name, _row in FUNCTIONS.items():
    _enter(_name, _row)

for _name, _test in {
    "isnan": np.isnan,
    "isinf": np.isinf,
    "isfinite": np.isfinite,
    "logical_not": np.logical_not,
}.items():
    OPS[_name] = Reference(_test)
