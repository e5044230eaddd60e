"""Functions of two arrays, broadcast against each other by NumPy's rule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from lamina.reference.registry import OPS, Array, Reference, in_dtype, unbroadcast
from lamina.reference.unary import sigmoid, softplus

Formula = Callable[[Array, Array], Any]


def _halves(wins: Formula) -> tuple[Formula, Formula]:
    """Return the slopes of maximum or minimum: the winner takes all, ties share equally."""
    return (
        lambda x, y: np.where(wins(x, y), 1.0, 0.0) + 0.5 * (x == y),
        lambda x, y: np.where(wins(y, x), 1.0, 0.0) + 0.5 * (x == y),
    )


def _power_slope_in_exponent(x: Array, y: Array) -> Array:
    positive = np.where(x > 0, x, 1)
    return np.asarray(np.where(x > 0, x**y * np.log(positive), 0))


def _divide_no_nan(x: Array, y: Array) -> Array:
    return np.asarray(np.where(y == 0, 0, x / np.where(y == 0, 1, y)))


# name: (forward, slope in x, slope in y)
SMOOTH: dict[str, tuple[Formula, Formula, Formula]] = {
    "add": (np.add, lambda x, y: np.ones_like(x), lambda x, y: np.ones_like(y)),
    "subtract": (np.subtract, lambda x, y: np.ones_like(x), lambda x, y: -np.ones_like(y)),
    "multiply": (np.multiply, lambda x, y: y, lambda x, y: x),
    "divide": (np.divide, lambda x, y: 1 / y, lambda x, y: -x / y**2),
    "divide_no_nan": (
        _divide_no_nan,
        lambda x, y: _divide_no_nan(np.ones_like(x), y),
        lambda x, y: -_divide_no_nan(x, y**2),
    ),
    "power": (np.power, lambda x, y: y * x ** (y - 1), _power_slope_in_exponent),
    "maximum": (np.maximum, *_halves(lambda x, y: x > y)),
    "minimum": (np.minimum, *_halves(lambda x, y: x < y)),
    "arctan2": (
        np.arctan2,
        lambda x, y: y / (x**2 + y**2),
        lambda x, y: -x / (x**2 + y**2),
    ),
    "mod": (np.mod, lambda x, y: np.ones_like(x), lambda x, y: -np.floor(x / y)),
    "sigmoid_crossentropy": (
        lambda x, y: softplus(x) - x * y,
        lambda x, y: sigmoid(x) - y,
        lambda x, y: -x,
    ),
}


def _enter(name: str, formula: Formula, slope_x: Formula, slope_y: Formula) -> None:
    def forward(x: Array, y: Array) -> Array:
        return in_dtype(formula(x, y), x)

    def backward(dy: Array, x: Array, y: Array) -> tuple[Array, Array]:
        return (
            unbroadcast(in_dtype(dy * slope_x(x, y), x), x.shape),
            unbroadcast(in_dtype(dy * slope_y(x, y), y), y.shape),
        )

    OPS[name] = Reference(forward, backward)


for _name, _row in SMOOTH.items():
    _enter(_name, *_row)

for _name, _function in {
    "floor_divide": np.floor_divide,
    "equal": np.equal,
    "not_equal": np.not_equal,
    "less": np.less,
    "less_equal": np.less_equal,
    "greater": np.greater,
    "greater_equal": np.greater_equal,
    "logical_and": np.logical_and,
    "logical_or": np.logical_or,
    "logical_xor": np.logical_xor,
}.items():
    OPS[_name] = Reference(_function)
