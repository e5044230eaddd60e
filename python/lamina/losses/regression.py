"""Losses of regression: each a function of (y_true, y_pred) and the class that wraps it.

Every function takes two tensors of shape (..., d) and returns losses of shape (...).
"""

from __future__ import annotations

import math
from typing import Any

from lamina import config, ops
from lamina.losses.base import FunctionLoss, match
from lamina.registry import losses
from lamina.tensor import TensorBase


def mean_squared_error(y_true: Any, y_pred: Any) -> TensorBase:
    """Return mean((y_true - y_pred)²) over the last axis."""
    y_true, y_pred = match(y_true, y_pred)
    return ops.mean(ops.square(y_pred - y_true), axis=-1)


@losses.register("mse", "MSE")
class MeanSquaredError(FunctionLoss):
    """Mean of squared errors: mean((y_true - y_pred)²)."""

    fn = staticmethod(mean_squared_error)


def sum_squared_error(y_true: Any, y_pred: Any) -> TensorBase:
    """Return Σ(y_true - y_pred)² over the last axis."""
    y_true, y_pred = match(y_true, y_pred)
    return ops.sum(ops.square(y_pred - y_true), axis=-1)


@losses.register("sse", "SSE")
class SumSquaredError(FunctionLoss):
    """Sum of squared errors, over the batch too: Σ(y_true - y_pred)²."""

    fn = staticmethod(sum_squared_error)

    def __init__(
        self, reduction: str | None = "sum", name: str | None = None, dtype: str | None = None
    ) -> None:
        super().__init__(reduction, name, dtype)


def mean_absolute_error(y_true: Any, y_pred: Any) -> TensorBase:
    """Return mean(|y_true - y_pred|) over the last axis."""
    y_true, y_pred = match(y_true, y_pred)
    return ops.mean(ops.abs(y_pred - y_true), axis=-1)


@losses.register("mae", "MAE")
class MeanAbsoluteError(FunctionLoss):
    """Mean of absolute errors: mean(|y_true - y_pred|)."""

    fn = staticmethod(mean_absolute_error)


def mean_absolute_percentage_error(y_true: Any, y_pred: Any) -> TensorBase:
    """Return 100 mean(|y_true - y_pred| / max(|y_true|, ε)) over the last axis."""
    y_true, y_pred = match(y_true, y_pred)
    relative = (y_pred - y_true) / ops.maximum(ops.abs(y_true), config.epsilon())
    return 100.0 * ops.mean(ops.abs(relative), axis=-1)


@losses.register("mape", "MAPE")
class MeanAbsolutePercentageError(FunctionLoss):
    """Mean of relative errors in percent: 100 mean(|y_true - y_pred| / max(|y_true|, ε))."""

    fn = staticmethod(mean_absolute_percentage_error)


def mean_squared_logarithmic_error(y_true: Any, y_pred: Any) -> TensorBase:
    """Return mean((log(1 + y_true) - log(1 + y_pred))²) over the last axis, both at least ε."""
    y_true, y_pred = match(y_true, y_pred)
    log_true, log_pred = (ops.log1p(ops.maximum(y, config.epsilon())) for y in (y_true, y_pred))
    return ops.mean(ops.square(log_pred - log_true), axis=-1)


@losses.register("msle", "MSLE")
class MeanSquaredLogarithmicError(FunctionLoss):
    """Mean of squared errors of logarithms: mean((log(1 + y_true) - log(1 + y_pred))²)."""

    fn = staticmethod(mean_squared_logarithmic_error)


def huber(y_true: Any, y_pred: Any, delta: float = 1.0) -> TensorBase:
    """Return the mean over the last axis of e²/2 where |e| <= delta, else delta |e| - delta²/2."""
    y_true, y_pred = match(y_true, y_pred)
    error = ops.abs(y_pred - y_true)
    quadratic, linear = 0.5 * ops.square(error), delta * error - 0.5 * delta**2
    return ops.mean(ops.where(error <= delta, quadratic, linear), axis=-1)


@losses.register()
class Huber(FunctionLoss):
    """Squared near zero, linear beyond `delta`: the mean of e²/2 or delta |e| - delta²/2.

    Source: Huber 1964, "Robust Estimation of a Location Parameter".
    """

    fn = staticmethod(huber)
    options = ("delta",)

    def __init__(
        self,
        delta: float = 1.0,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "huber_loss",
        dtype: str | None = None,
    ) -> None:
        super().__init__(reduction, name, dtype)
        if not delta > 0:
            raise ValueError(f"Huber: expected delta > 0, received {delta}")
        self.delta = delta


def log_cosh(y_true: Any, y_pred: Any) -> TensorBase:
    """Return mean(log(cosh(y_pred - y_true))) over the last axis."""
    y_true, y_pred = match(y_true, y_pred)
    error = y_pred - y_true
    # cosh overflows at 89; log cosh e = e + log(1 + exp(-2e)) - log 2 does not.
    return ops.mean(error + ops.softplus(-2.0 * error) - math.log(2.0), axis=-1)


@losses.register("logcosh")
class LogCosh(FunctionLoss):
    """Logarithm of the hyperbolic cosine: mean(log(cosh(y_pred - y_true)))."""

    fn = staticmethod(log_cosh)


def poisson(y_true: Any, y_pred: Any) -> TensorBase:
    """Return mean(y_pred - y_true log(y_pred + ε)) over the last axis."""
    y_true, y_pred = match(y_true, y_pred)
    return ops.mean(y_pred - y_true * ops.log(y_pred + config.epsilon()), axis=-1)


@losses.register()
class Poisson(FunctionLoss):
    """Negative log-likelihood of counts y_true under rates y_pred, up to a constant."""

    fn = staticmethod(poisson)


def cosine_similarity(y_true: Any, y_pred: Any, axis: int = -1) -> TensorBase:
    """Return minus the cosine of the angle between y_true and y_pred along `axis`."""
    y_true, y_pred = match(y_true, y_pred)
    return -ops.sum(ops.normalize(y_true, axis) * ops.normalize(y_pred, axis), axis=axis)


@losses.register()
class CosineSimilarity(FunctionLoss):
    """Minus the cosine of the angle: -1 for the same direction, 1 for the opposite."""

    fn = staticmethod(cosine_similarity)
    options = ("axis",)

    def __init__(
        self,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(reduction, name, dtype)
        self.axis = axis
