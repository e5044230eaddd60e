"""The losses as metrics: the mean of each over all samples."""

from __future__ import annotations

from typing import Any

from lamina import losses, ops
from lamina.losses.base import merge_mask, to_float
from lamina.losses.crossentropy import sparse_labels
from lamina.metrics.reduction import FunctionMetric
from lamina.registry import metrics


class _LossMetric(FunctionMetric):
    _direction = "down"


@metrics.register("mse", "MSE")
class MeanSquaredError(_LossMetric):
    """mean((y_true - y_pred)²)."""

    fn = staticmethod(losses.mean_squared_error)


@metrics.register("sse", "SSE")
class SumSquaredError(_LossMetric):
    """Mean over the samples of Σ(y_true - y_pred)²."""

    fn = staticmethod(losses.sum_squared_error)


@metrics.register("mae", "MAE")
class MeanAbsoluteError(_LossMetric):
    """mean(|y_true - y_pred|)."""

    fn = staticmethod(losses.mean_absolute_error)


@metrics.register("mape", "MAPE")
class MeanAbsolutePercentageError(_LossMetric):
    """100 mean(|y_true - y_pred| / max(|y_true|, ε))."""

    fn = staticmethod(losses.mean_absolute_percentage_error)


@metrics.register("msle", "MSLE")
class MeanSquaredLogarithmicError(_LossMetric):
    """mean((log(1 + y_true) - log(1 + y_pred))²)."""

    fn = staticmethod(losses.mean_squared_logarithmic_error)


@metrics.register("logcosh")
class LogCoshError(_LossMetric):
    """mean(log(cosh(y_pred - y_true)))."""

    fn = staticmethod(losses.log_cosh)

    def __init__(self, name: str | None = "logcosh", dtype: str | None = None) -> None:
        super().__init__(name, dtype)


@metrics.register()
class Huber(_LossMetric):
    """The mean of e²/2 where |e| <= delta, else delta |e| - delta²/2."""

    fn = staticmethod(losses.huber)
    options = ("delta",)

    def __init__(
        self, name: str | None = None, dtype: str | None = None, delta: float = 1.0
    ) -> None:
        super().__init__(name, dtype)
        self.delta = delta


@metrics.register()
class Poisson(_LossMetric):
    """mean(y_pred - y_true log(y_pred))."""

    fn = staticmethod(losses.poisson)


@metrics.register("kld", "KLD")
class KLDivergence(_LossMetric):
    """Σ y_true log(y_true / y_pred)."""

    fn = staticmethod(losses.kl_divergence)


@metrics.register()
class Hinge(_LossMetric):
    """mean(max(1 - y_true y_pred, 0))."""

    fn = staticmethod(losses.hinge)


@metrics.register()
class SquaredHinge(_LossMetric):
    """mean(max(1 - y_true y_pred, 0)²)."""

    fn = staticmethod(losses.squared_hinge)


@metrics.register()
class CategoricalHinge(_LossMetric):
    """max(1 + max((1 - y_true) y_pred) - Σ y_true y_pred, 0)."""

    fn = staticmethod(losses.categorical_hinge)


@metrics.register("bce", "BCE")
class BinaryCrossentropy(_LossMetric):
    """The mean of -t log p - (1 - t) log(1 - p)."""

    fn = staticmethod(losses.binary_crossentropy)
    options = ("from_logits", "label_smoothing")

    def __init__(
        self,
        name: str | None = None,
        dtype: str | None = None,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(name, dtype)
        self.from_logits, self.label_smoothing = from_logits, label_smoothing


@metrics.register()
class CategoricalCrossentropy(_LossMetric):
    """-Σ t log p, targets one-hot."""

    fn = staticmethod(losses.categorical_crossentropy)
    options = ("from_logits", "label_smoothing", "axis")

    def __init__(
        self,
        name: str | None = None,
        dtype: str | None = None,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
    ) -> None:
        super().__init__(name, dtype)
        self.from_logits, self.label_smoothing, self.axis = from_logits, label_smoothing, axis


@metrics.register()
class SparseCategoricalCrossentropy(_LossMetric):
    """-log p[label], targets integers."""

    fn = staticmethod(losses.sparse_categorical_crossentropy)
    options = ("from_logits", "ignore_class", "axis")

    def __init__(
        self,
        name: str | None = None,
        dtype: str | None = None,
        from_logits: bool = False,
        ignore_class: int | None = None,
        axis: int = -1,
    ) -> None:
        super().__init__(name, dtype)
        self.from_logits, self.ignore_class, self.axis = from_logits, ignore_class, axis

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        # As in Keras the ignored samples leave the count of a weighted mean only.
        if sample_weight is not None and self.ignore_class is not None:
            y_pred = to_float(y_pred)
            weights = ops.convert_to_tensor(sample_weight, y_pred.dtype)
            labels = sparse_labels(y_true, y_pred.shape, self.axis)
            valid = ops.cast(ops.not_equal(labels, self.ignore_class), y_pred.dtype)
            sample_weight = merge_mask(weights, valid, "sum")
        super().update_state(y_true, y_pred, sample_weight)
