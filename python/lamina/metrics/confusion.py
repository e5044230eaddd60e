"""Counts of true and false positives and negatives at thresholds, and the metrics made of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from lamina import ops
from lamina.losses.base import match, squeeze_or_expand_to_same_rank, to_float
from lamina.metrics.base import Metric
from lamina.registry import metrics
from lamina.tensor import TensorBase

# What a prediction outside the top k becomes, and the threshold where only top_k decides.
_NEVER = -1e10


def confusion_counts(
    y_true: TensorBase,
    y_pred: TensorBase,
    thresholds: Sequence[float],
    weights: TensorBase | None,
    shape: tuple[int, int],
) -> dict[str, TensorBase]:
    """Return the weighted counts of the four outcomes of `y_pred > threshold`.

    y_true (0 and 1), y_pred and weights have one shape and are reshaped to `shape`: (samples,
    labels). thresholds: ascending. Each count has shape (thresholds, labels), float64.
    """
    y_true, y_pred = ops.reshape(y_true, shape), ops.reshape(y_pred, shape)
    labels = y_pred.shape[-1]
    positive = ops.cast(ops.not_equal(y_true, 0), "float64")
    negative = 1.0 - positive
    if weights is not None:
        weights = ops.reshape(ops.cast(weights, "float64"), shape)
        positive, negative = positive * weights, negative * weights

    # A prediction is positive at the first `above` thresholds: a histogram, summed from its end.
    above = _thresholds_below(y_pred, thresholds)
    index = ops.reshape(above * labels + np.arange(labels, dtype=np.int32), (-1,))
    updates = ops.stack([ops.reshape(positive, (-1,)), ops.reshape(negative, (-1,))], axis=-1)
    cells = (len(thresholds) + 1) * labels
    histogram = ops.apply("scatter_add", index, updates, shape=[cells, 2])
    histogram = ops.reshape(histogram, (len(thresholds) + 1, labels, 2))
    cumulative = ops.cumsum(histogram, axis=0, reverse=True)
    outcome = {"true_positives": cumulative[1:, :, 0], "false_positives": cumulative[1:, :, 1]}
    outcome["false_negatives"] = cumulative[:1, :, 0] - outcome["true_positives"]
    outcome["true_negatives"] = cumulative[:1, :, 1] - outcome["false_positives"]
    return outcome


def _thresholds_below(y_pred: TensorBase, thresholds: Sequence[float]) -> TensorBase:
    """Return how many thresholds are smaller than each prediction (int32)."""
    levels = np.asarray(thresholds)
    intervals = len(levels) - 1
    if intervals > 1 and np.allclose(levels, np.arange(intervals + 1) / intervals, atol=1e-7):
        # Evenly over [0, 1]: no comparison with each. One below 0 is below everything.
        below = ops.ceil(ops.clip(y_pred, 0.0, 1.0) * float(intervals))
        return ops.cast(ops.maximum(below, 1.0) if levels[0] < 0 else below, "int32")
    larger = ops.expand_dims(y_pred, -1) > ops.convert_to_tensor(levels, y_pred.dtype)
    return ops.sum(ops.cast(larger, "int32"), axis=-1)


class ConfusionMetric(Metric):
    """A metric made of counts at thresholds; a subclass names the counts and computes `result`."""

    counts: ClassVar[tuple[str, ...]]

    def __init__(
        self,
        thresholds: float | Sequence[float] | None = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(name, dtype)
        self.thresholds = thresholds
        self.top_k = top_k
        self.class_id = class_id
        default = 0.5 if top_k is None else _NEVER
        self._levels = _check_thresholds(default if thresholds is None else thresholds)
        self._totals = {
            name: self.add_variable((len(self._levels),), name=name) for name in self.counts
        }

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        y_true, y_pred, weights = prepare(y_true, y_pred, sample_weight, self.dtype)
        if self.top_k is not None:
            y_pred = _filter_top_k(y_pred, self.top_k)
        if self.class_id is not None:
            y_true, y_pred = y_true[..., self.class_id], y_pred[..., self.class_id]
            weights = None if weights is None else weights[..., self.class_id]
        order = np.argsort(self._levels, kind="stable")
        ascending = [self._levels[i] for i in order]
        counts = confusion_counts(y_true, y_pred, ascending, weights, (-1, 1))
        for name, total in self._totals.items():
            count = ops.squeeze(counts[name], -1)
            total.assign_add(ops.take(count, np.argsort(order)) if len(order) > 1 else count)

    def total(self, name: str) -> TensorBase:
        """Return the sum so far of a count: a scalar for one threshold, else one per threshold."""
        value = self._totals[name].value
        return value[0] if len(self._levels) == 1 else value


class _Count(ConfusionMetric):
    def __init__(
        self,
        thresholds: float | Sequence[float] | None = None,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(thresholds, name=name, dtype=dtype)

    def result(self) -> TensorBase:
        return self.total(self.counts[0])


@metrics.register()
class TruePositives(_Count):
    """Number (or weight) of predictions above the threshold whose target is 1."""

    counts = ("true_positives",)


@metrics.register()
class FalsePositives(_Count):
    """Number (or weight) of predictions above the threshold whose target is 0."""

    counts = ("false_positives",)


@metrics.register()
class TrueNegatives(_Count):
    """Number (or weight) of predictions not above the threshold whose target is 0."""

    counts = ("true_negatives",)


@metrics.register()
class FalseNegatives(_Count):
    """Number (or weight) of predictions not above the threshold whose target is 1."""

    counts = ("false_negatives",)


class _Ratio(ConfusionMetric):
    """The first count over the sum of both."""

    _direction = "up"

    def result(self) -> TensorBase:
        part, rest = (self.total(name) for name in self.counts)
        return ops.divide_no_nan(part, part + rest)


@metrics.register()
class Precision(_Ratio):
    """Which part of the positive predictions is right: TP / (TP + FP).

    thresholds: one or several, a prediction being positive above it (0.5; with top_k none but
    top_k's). top_k: only the k largest predictions of a sample can be positive. class_id: look at
    this class only.
    """

    counts = ("true_positives", "false_positives")


@metrics.register()
class Recall(_Ratio):
    """Which part of the positive targets is found: TP / (TP + FN); arguments as for `Precision`."""

    counts = ("true_positives", "false_negatives")


def prepare(
    y_true: Any, y_pred: Any, sample_weight: Any, dtype: str | None
) -> tuple[TensorBase, TensorBase, TensorBase | None]:
    """Return targets, predictions and weights (None: all 1) as tensors of one shape."""
    y_true, y_pred = match(y_true, to_float(y_pred, dtype))
    if sample_weight is None:
        return y_true, y_pred, None
    weights = ops.expand_dims(ops.convert_to_tensor(sample_weight, y_pred.dtype), -1)
    _, weights = squeeze_or_expand_to_same_rank(y_true, weights, expand_rank_1=False)
    return y_true, y_pred, ops.broadcast_to(weights, y_pred.shape)


def _filter_top_k(y_pred: TensorBase, k: int) -> TensorBase:
    _, indices = ops.top_k(y_pred, k)
    chosen = ops.sum(ops.one_hot(indices, y_pred.shape[-1], dtype=y_pred.dtype), axis=-2)
    return ops.where(chosen > 0, y_pred, _NEVER)


def _check_thresholds(thresholds: float | Sequence[float]) -> list[float]:
    levels: list[float] = np.ravel(thresholds).tolist()
    if not levels or not all(t == _NEVER or 0 <= t <= 1 for t in levels):
        raise ValueError(f"expected thresholds in [0, 1], received {thresholds}")
    return levels
