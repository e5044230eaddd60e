"""Focal cross-entropies: examples that are classified well count less.

Source: Lin et al. 2017, "Focal Loss for Dense Object Detection", arXiv:1708.02002.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lamina import config, ops
from lamina.losses.base import FunctionLoss, match
from lamina.losses.crossentropy import check_fraction, smooth
from lamina.registry import losses
from lamina.tensor import TensorBase


def binary_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> TensorBase:
    """Return the mean along `axis` of (1 - p_t)^gamma times the cross-entropy of two classes.

    p_t = t p + (1 - t)(1 - p) is the probability given to the truth; with apply_class_balancing the
    two classes weigh alpha and 1 - alpha.
    """
    y_true, p = match(y_true, y_pred)
    t = smooth(y_true, label_smoothing, 2)
    if from_logits:
        p = ops.sigmoid(p)
    p_t = t * p + (1.0 - t) * (1.0 - p)
    losses = ops.power(1.0 - p_t, gamma) * ops.binary_crossentropy(t, p)
    if apply_class_balancing:
        losses = (t * alpha + (1.0 - t) * (1.0 - alpha)) * losses
    return ops.mean(losses, axis=axis)


@losses.register()
class BinaryFocalCrossentropy(FunctionLoss):
    """Focal cross-entropy of two classes: the mean of -(1 - p_t)^gamma log p_t."""

    fn = staticmethod(binary_focal_crossentropy)
    options = (
        "apply_class_balancing", "alpha", "gamma", "from_logits", "label_smoothing", "axis",
    )  # fmt: skip

    def __init__(
        self,
        apply_class_balancing: bool = False,
        alpha: float = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(reduction, name, dtype)
        self.apply_class_balancing = apply_class_balancing
        self.alpha, self.gamma = check_fraction("alpha", alpha), gamma
        self.from_logits, self.axis = from_logits, axis
        self.label_smoothing = check_fraction("label_smoothing", label_smoothing)


def categorical_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    alpha: float | Sequence[float] = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> TensorBase:
    """Return -Σ alpha (1 - p)^gamma t log p along `axis`, p as in `categorical_crossentropy`."""
    y_true, p = match(y_true, y_pred)
    t = smooth(y_true, label_smoothing, y_true.shape[-1])
    if from_logits:
        p = ops.softmax(p, axis=axis)
    p = p / ops.sum(p, axis=axis, keepdims=True)
    p = ops.clip(p, config.epsilon(), 1.0 - config.epsilon())
    weight = ops.convert_to_tensor(alpha, p.dtype)
    return -ops.sum(weight * ops.power(1.0 - p, gamma) * t * ops.log(p), axis=axis)


@losses.register()
class CategoricalFocalCrossentropy(FunctionLoss):
    """Focal cross-entropy of classes that exclude each other: -Σ alpha (1 - p)^gamma t log p.

    alpha: a weight for all classes, or one for each.
    """

    fn = staticmethod(categorical_focal_crossentropy)
    options = ("alpha", "gamma", "from_logits", "label_smoothing", "axis")

    def __init__(
        self,
        alpha: float | Sequence[float] = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(reduction, name, dtype)
        self.alpha, self.gamma = alpha, gamma
        self.from_logits, self.axis = from_logits, axis
        self.label_smoothing = check_fraction("label_smoothing", label_smoothing)
