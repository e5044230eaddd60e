"""Metrics of regression that are more than the mean of a loss."""

from __future__ import annotations

import math
from typing import Any

from lamina import ops
from lamina.losses.base import match
from lamina.losses.regression import cosine_similarity as cosine_loss
from lamina.metrics.base import Metric
from lamina.metrics.reduction import FunctionMetric, MeanAccumulator
from lamina.registry import metrics
from lamina.tensor import TensorBase
from lamina.variable import Variable

_AGGREGATIONS = (None, "uniform_average", "variance_weighted_average")


@metrics.register("rmse", "RMSE")
class RootMeanSquaredError(MeanAccumulator):
    """sqrt(mean((y_true - y_pred)²)), in the units of the targets."""

    _direction = "down"

    def __init__(
        self, name: str | None = "root_mean_squared_error", dtype: str | None = None
    ) -> None:
        super().__init__(name, dtype)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        y_true, y_pred = match(y_true, y_pred)
        self.add(ops.square(y_pred - y_true), sample_weight)

    def result(self) -> TensorBase:
        return ops.sqrt(super().result())


def cosine_similarity(y_true: Any, y_pred: Any, axis: int = -1) -> TensorBase:
    """Return the cosine of the angle between y_true and y_pred along `axis`."""
    return -cosine_loss(y_true, y_pred, axis)


@metrics.register()
class CosineSimilarity(FunctionMetric):
    """Cosine of the angle: 1 for the same direction, -1 for the opposite."""

    _direction = "up"
    fn = staticmethod(cosine_similarity)
    options = ("axis",)

    def __init__(
        self, name: str | None = "cosine_similarity", dtype: str | None = None, axis: int = -1
    ) -> None:
        super().__init__(name, dtype)
        self.axis = axis


@metrics.register()
class R2Score(Metric):
    """Coefficient of determination 1 - Σ(y_true - y_pred)² / Σ(y_true - mean(y_true))².

    Targets and predictions have shape (samples, outputs). class_aggregation: "uniform_average" of
    the outputs' scores, "variance_weighted_average", or None for a score per output. num_regressors
    p > 0 gives the adjusted 1 - (1 - R²)(n - 1) / (n - p - 1).
    """

    _direction = "up"

    def __init__(
        self,
        class_aggregation: str | None = "uniform_average",
        num_regressors: int = 0,
        name: str | None = "r2_score",
        dtype: str | None = None,
    ) -> None:
        super().__init__(name, dtype)
        if class_aggregation not in _AGGREGATIONS:
            raise ValueError(
                f"{self.name}: expected class_aggregation in {_AGGREGATIONS}, "
                f"received {class_aggregation!r}"
            )
        if num_regressors < 0:
            raise ValueError(
                f"{self.name}: expected num_regressors >= 0, received {num_regressors}"
            )
        self.class_aggregation, self.num_regressors = class_aggregation, num_regressors
        self.num_samples = self.add_variable(name="num_samples")
        self._totals: tuple[Variable, ...] = ()

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        # In float64 from the start: the result is a small difference of large sums of squares.
        y_true, y_pred = (ops.cast(y, "float64") for y in match(y_true, y_pred))
        if y_pred.ndim != 2:
            raise ValueError(
                f"{self.name}: expected predictions of shape (samples, outputs), "
                f"received shape {y_pred.shape}"
            )
        if not self._totals:
            names = ("squared_sum", "sum", "residual", "count")
            self._totals = tuple(self.add_variable(y_pred.shape[1:], name=name) for name in names)
        weights = ops.convert_to_tensor(1.0 if sample_weight is None else sample_weight, "float64")
        weights = ops.expand_dims(weights, 1) if weights.ndim == 1 else weights
        weights = ops.broadcast_to(weights, y_true.shape)
        terms = (y_true * y_true, y_true, ops.square(y_true - y_pred), ops.ones_like(y_true))
        for total, values in zip(self._totals, terms, strict=True):
            total.assign_add(ops.sum(values * weights, axis=0))
        self.num_samples.assign_add(float(math.prod(y_true.shape)))

    def result(self) -> TensorBase:
        squared_sum, total_sum, residual, count = (total.value for total in self._totals)
        variation = squared_sum - total_sum * total_sum / count
        scores = 1.0 - residual / variation
        scores = ops.where(ops.isinf(scores), 0.0, scores)
        if self.class_aggregation == "uniform_average":
            scores = ops.mean(scores)
        elif self.class_aggregation == "variance_weighted_average":
            scores = ops.sum(variation * scores) / ops.sum(variation)
        if not self.num_regressors:
            return scores
        freedom = self.num_samples.value - (self.num_regressors + 1.0)
        adjusted = 1.0 - (1.0 - scores) * (self.num_samples.value - 1.0) / freedom
        return ops.where(freedom > 0, adjusted, scores)
