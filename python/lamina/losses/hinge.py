"""Hinge losses: margins between classes, each a function and the class that wraps it."""

from __future__ import annotations

from typing import Any

from lamina import ops
from lamina.losses.base import FunctionLoss, match
from lamina.registry import losses
from lamina.tensor import TensorBase


def hinge(y_true: Any, y_pred: Any) -> TensorBase:
    """Return mean(max(1 - t y_pred, 0)) over the last axis.

    y_true: t of -1 and 1; if all are 0 or 1, they stand for -1 and 1.
    """
    return ops.mean(_hinge(y_true, y_pred), axis=-1)


@losses.register()
class Hinge(FunctionLoss):
    """Hinge of two classes -1 and 1 (or 0 and 1): mean(max(1 - t y_pred, 0))."""

    fn = staticmethod(hinge)


def squared_hinge(y_true: Any, y_pred: Any) -> TensorBase:
    """Return mean(max(1 - t y_pred, 0)²) over the last axis, t as in `hinge`."""
    return ops.mean(ops.square(_hinge(y_true, y_pred)), axis=-1)


@losses.register()
class SquaredHinge(FunctionLoss):
    """Squared hinge of two classes -1 and 1 (or 0 and 1): mean(max(1 - t y_pred, 0)²)."""

    fn = staticmethod(squared_hinge)


def categorical_hinge(y_true: Any, y_pred: Any) -> TensorBase:
    """Return max(1 + max((1 - t) y_pred) - Σ t y_pred, 0) over the last axis, t one-hot."""
    t, y_pred = match(y_true, y_pred)
    right = ops.sum(t * y_pred, axis=-1)
    wrong = ops.max((1.0 - t) * y_pred, axis=-1)
    return ops.maximum(wrong - right + 1.0, 0.0)


@losses.register()
class CategoricalHinge(FunctionLoss):
    """Hinge of several classes, targets one-hot: the right score should lead by 1."""

    fn = staticmethod(categorical_hinge)


def _hinge(y_true: Any, y_pred: Any) -> TensorBase:
    y_true, y_pred = match(y_true, y_pred)
    binary = ops.all(ops.logical_or(ops.equal(y_true, 0), ops.equal(y_true, 1)))
    t = ops.where(binary, 2.0 * y_true - 1.0, y_true)
    return ops.maximum(1.0 - t * y_pred, 0.0)
