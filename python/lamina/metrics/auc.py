"""The area under a curve of classification quality over thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lamina import config, ops
from lamina.metrics.base import Metric
from lamina.metrics.confusion import confusion_counts, prepare
from lamina.registry import metrics
from lamina.tensor import TensorBase
from lamina.variable import Variable

_COUNTS = ("true_positives", "false_positives", "true_negatives", "false_negatives")
_HEIGHTS = {
    "interpolation": lambda left, right: (left + right) / 2.0,
    "minoring": ops.minimum,
    "majoring": ops.maximum,
}


@metrics.register()
class AUC(Metric):
    """Area under the ROC curve ("ROC") or the precision-recall curve ("PR"), as a Riemann sum.

    num_thresholds: how many, spread evenly over [0, 1], unless `thresholds` lists those between 0
    and 1. summation_method: "interpolation" (trapezoids; for PR Davis & Goadrich 2006, "The
    relationship between precision-recall and ROC curves"), "minoring" or "majoring" (the smaller or
    larger end as the height). multi_label: one curve per label of (samples, labels), then their
    mean weighted by `label_weights`; otherwise `label_weights` weigh the samples' labels.
    from_logits: predictions go through a sigmoid.
    """

    _direction = "up"

    def __init__(
        self,
        num_thresholds: int = 200,
        curve: str = "ROC",
        summation_method: str = "interpolation",
        name: str | None = None,
        dtype: str | None = None,
        thresholds: Sequence[float] | None = None,
        multi_label: bool = False,
        num_labels: int | None = None,
        label_weights: Sequence[float] | None = None,
        from_logits: bool = False,
    ) -> None:
        super().__init__(name, dtype)
        if curve.upper() not in ("ROC", "PR"):
            raise ValueError(f"AUC: expected curve 'ROC' or 'PR', received {curve!r}")
        if summation_method.lower() not in _HEIGHTS:
            raise ValueError(
                f"AUC: expected summation_method in {sorted(_HEIGHTS)}, "
                f"received {summation_method!r}"
            )
        if thresholds is None and num_thresholds < 2:
            raise ValueError(f"AUC: expected num_thresholds > 1, received {num_thresholds}")
        if thresholds is not None and not all(0 <= t <= 1 for t in thresholds):
            raise ValueError(f"AUC: expected thresholds in [0, 1], received {thresholds}")
        if num_labels is not None and not multi_label:
            raise ValueError("AUC: num_labels is for multi_label=True only")
        self.num_thresholds = num_thresholds if thresholds is None else len(thresholds) + 2
        self.curve, self.summation_method = curve.upper(), summation_method.lower()
        self.thresholds, self.multi_label, self.num_labels = thresholds, multi_label, num_labels
        self.label_weights, self.from_logits = label_weights, from_logits

        inner = [i / (num_thresholds - 1) for i in range(1, num_thresholds - 1)]
        inner = inner if thresholds is None else sorted(thresholds)
        # The ends lie just outside [0, 1], so that everything and nothing is positive there.
        self._levels = [-config.epsilon(), *inner, 1.0 + config.epsilon()]
        self._totals: dict[str, Variable] = {}
        if not multi_label or num_labels is not None:
            self._build(num_labels or 1)

    def _build(self, labels: int) -> None:
        shape = (self.num_thresholds, labels)
        self._totals = {name: self.add_variable(shape, name=name) for name in _COUNTS}

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        y_true, y_pred, weights = prepare(y_true, y_pred, sample_weight, self.dtype)
        if self.multi_label and y_pred.ndim != 2:
            raise ValueError(
                f"AUC: expected predictions of shape (samples, labels) with multi_label=True, "
                f"received shape {y_pred.shape}"
            )
        if self.from_logits:
            y_pred = ops.sigmoid(y_pred)
        if self.label_weights is not None and not self.multi_label:
            by_label = ops.convert_to_tensor(self.label_weights, y_pred.dtype)
            weights = (
                ops.broadcast_to(by_label, y_pred.shape) if weights is None else weights * by_label
            )
        if not self._totals:
            self._build(y_pred.shape[-1])
        shape = (-1, y_pred.shape[-1] if self.multi_label else 1)
        counts = confusion_counts(y_true, y_pred, self._levels, weights, shape)
        for name, count in counts.items():
            self._totals[name].assign_add(count)

    def result(self) -> TensorBase:
        tp, fp, tn, fn = (self._totals[name].value for name in _COUNTS)
        if self.curve == "PR" and self.summation_method == "interpolation":
            terms = _interpolated_precision_recall(tp, fp, fn)
        else:
            recall = ops.divide_no_nan(tp, tp + fn)
            if self.curve == "ROC":
                x, y = ops.divide_no_nan(fp, fp + tn), recall
            else:
                x, y = recall, ops.divide_no_nan(tp, tp + fp)
            terms = (x[:-1] - x[1:]) * _HEIGHTS[self.summation_method](y[:-1], y[1:])
        areas = ops.sum(terms, axis=0)
        if not self.multi_label or self.label_weights is None:
            return ops.mean(areas)
        weights = ops.convert_to_tensor(self.label_weights, areas.dtype)
        return ops.divide_no_nan(ops.sum(areas * weights), ops.sum(weights))


def _interpolated_precision_recall(tp: TensorBase, fp: TensorBase, fn: TensorBase) -> TensorBase:
    # Between two thresholds TP is linear in the number of positives P: precision = slope +
    # intercept / P, whose integral over TP is slope (ΔTP + intercept log(P_left / P_right)).
    positives = tp + fp
    left, right = positives[:-1], positives[1:]
    dtp = tp[:-1] - tp[1:]
    slope = ops.divide_no_nan(dtp, ops.maximum(left - right, 0.0))
    intercept = tp[1:] - slope * right
    both = ops.logical_and(left > 0, right > 0)
    ratio = ops.where(both, ops.divide_no_nan(left, right), 1.0)
    area = slope * (dtp + intercept * ops.log(ratio))
    return ops.divide_no_nan(area, ops.maximum(tp[1:] + fn[1:], 0.0))
