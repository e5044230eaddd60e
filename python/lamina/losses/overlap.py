"""Losses of segmentation: how little two sets overlap, one of them given by probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from lamina import config, ops
from lamina.losses.base import FunctionLoss, match
from lamina.registry import losses
from lamina.tensor import TensorBase

Axis: TypeAlias = int | Sequence[int] | None


def dice(y_true: Any, y_pred: Any, axis: Axis = None) -> TensorBase:
    """Return 1 - 2 Σ t p / (Σ t + Σ p + ε), sums over `axis`: None for all, the batch too."""
    t, p = match(y_true, y_pred)
    both = ops.sum(t * p, axis=axis)
    return 1.0 - 2.0 * both / (ops.sum(t, axis=axis) + ops.sum(p, axis=axis) + config.epsilon())


@losses.register()
class Dice(FunctionLoss):
    """Dice loss: 1 less twice what both have in common by the sum of both.

    axis: what is summed over, such as (1, 2, 3) for one loss an image.
    Source: Milletari et al. 2016, arXiv:1606.04797.
    """

    fn = staticmethod(dice)
    options = ("axis",)

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        axis: Axis = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(reduction, name, dtype)
        self.axis = axis


def tversky(
    y_true: Any, y_pred: Any, alpha: float = 0.5, beta: float = 0.5, axis: Axis = None
) -> TensorBase:
    """Return 1 - Σ t p / (Σ t p + alpha Σ t (1 - p) + beta Σ (1 - t) p + ε), sums over `axis`."""
    t, p = match(y_true, y_pred)
    both = ops.sum(t * p, axis=axis)
    missed = ops.sum(t * (1.0 - p), axis=axis)
    wrong = ops.sum((1.0 - t) * p, axis=axis)
    return 1.0 - both / (both + alpha * missed + beta * wrong + config.epsilon())


@losses.register()
class Tversky(FunctionLoss):
    """Tversky loss: Dice with weights for what was missed (alpha) and wrongly found (beta).

    axis: what is summed over, such as (1, 2, 3) for one loss an image.
    Source: Salehi et al. 2017, arXiv:1706.05721; which weight is for which as in Keras.
    """

    fn = staticmethod(tversky)
    options = ("alpha", "beta", "axis")

    def __init__(
        self,
        alpha: float = 0.5,
        beta: float = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        axis: Axis = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(reduction, name, dtype)
        self.alpha, self.beta, self.axis = alpha, beta, axis
