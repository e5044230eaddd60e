"""F-scores: weighted harmonic means of precision and recall."""

from __future__ import annotations

from typing import Any

from lamina import config, ops
from lamina.losses.base import match
from lamina.metrics.base import Metric
from lamina.registry import metrics
from lamina.tensor import TensorBase
from lamina.variable import Variable

_AVERAGES = (None, "micro", "macro", "weighted")


@metrics.register("fbeta_score")
class FBetaScore(Metric):
    """(1 + β²) precision recall / (β² precision + recall), of shape (samples, classes).

    average: None gives a score per class, "macro" their mean, "weighted" their mean by the classes'
    targets, "micro" one score of all counts. threshold: a prediction above it is positive; None:
    the largest is.
    """

    _direction = "up"

    def __init__(
        self,
        average: str | None = None,
        beta: float = 1.0,
        threshold: float | None = None,
        name: str | None = "fbeta_score",
        dtype: str | None = None,
    ) -> None:
        super().__init__(name, dtype)
        if average not in _AVERAGES:
            raise ValueError(f"{self.name}: expected average in {_AVERAGES}, received {average!r}")
        if not beta > 0:
            raise ValueError(f"{self.name}: expected beta > 0, received {beta}")
        if threshold is not None and not 0 < threshold <= 1:
            raise ValueError(f"{self.name}: expected threshold in (0, 1], received {threshold}")
        self.average, self.beta, self.threshold = average, beta, threshold
        self._totals: tuple[Variable, ...] = ()

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        y_true, y_pred = match(y_true, y_pred)
        if y_pred.ndim != 2:
            raise ValueError(
                f"{self.name}: expected predictions of shape (samples, classes), "
                f"received shape {y_pred.shape}"
            )
        if not self._totals:
            shape = () if self.average == "micro" else y_pred.shape[1:]
            names = ("true_positives", "false_positives", "false_negatives", "intermediate_weights")
            self._totals = tuple(self.add_variable(shape, name=name) for name in names)
        if self.threshold is None:
            largest = ops.max(y_pred, axis=-1, keepdims=True)
            positive = ops.logical_and(y_pred >= largest, ops.abs(y_pred) > 1e-9)
        else:
            positive = y_pred > self.threshold
        p, t = ops.cast(positive, "float64"), ops.cast(y_true, "float64")
        weights = None
        if sample_weight is not None:
            weights = ops.expand_dims(ops.convert_to_tensor(sample_weight, "float64"), 1)
        axis = None if self.average == "micro" else 0
        for total, values in zip(self._totals, (p * t, p * (1 - t), (1 - p) * t, t), strict=True):
            total.assign_add(ops.sum(values if weights is None else values * weights, axis=axis))

    def result(self) -> TensorBase:
        tp, fp, fn, target = (total.value for total in self._totals)
        epsilon, beta2 = config.epsilon(), self.beta**2
        precision, recall = tp / (tp + fp + epsilon), tp / (tp + fn + epsilon)
        score = (1 + beta2) * precision * recall / (beta2 * precision + recall + epsilon)
        if self.average == "weighted":
            return ops.sum(score * target / (ops.sum(target) + epsilon))
        return score if self.average is None else ops.mean(score)


@metrics.register()
class F1Score(FBetaScore):
    """The harmonic mean of precision and recall; arguments as for `FBetaScore`."""

    def __init__(
        self,
        average: str | None = None,
        threshold: float | None = None,
        name: str | None = "f1_score",
        dtype: str | None = None,
    ) -> None:
        super().__init__(average, 1.0, threshold, name, dtype)
