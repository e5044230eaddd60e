"""The losses as metrics: the mean of each over all samples."""

from __future__ import annotations

from lamina import losses
from lamina.metrics.reduction import FunctionMetric


class _LossMetric(FunctionMetric):
    _direction = "down"


class MeanSquaredError(_LossMetric):
    """mean((y_true - y_pred)²)."""

    fn = staticmethod(losses.mean_squared_error)


class SumSquaredError(_LossMetric):
    """Mean over the samples of Σ(y_true - y_pred)²."""

    fn = staticmethod(losses.sum_squared_error)


class MeanAbsoluteError(_LossMetric):
    """mean(|y_true - y_pred|)."""

    fn = staticmethod(losses.mean_absolute_error)


class MeanAbsolutePercentageError(_LossMetric):
    """100 mean(|y_true - y_pred| / max(|y_true|, ε))."""

    fn = staticmethod(losses.mean_absolute_percentage_error)


class MeanSquaredLogarithmicError(_LossMetric):
    """mean((log(1 + y_true) - log(1 + y_pred))²)."""

    fn = staticmethod(losses.mean_squared_logarithmic_error)


class LogCoshError(_LossMetric):
    """mean(log(cosh(y_pred - y_true)))."""

    fn = staticmethod(losses.log_cosh)

    def __init__(self, name: str | None = "logcosh", dtype: str | None = None) -> None:
        super().__init__(name, dtype)


class Huber(_LossMetric):
    """The mean of e²/2 where |e| <= delta, else delta |e| - delta²/2."""

    fn = staticmethod(losses.huber)
    options = ("delta",)

    def __init__(
        self, name: str | None = None, dtype: str | None = None, delta: float = 1.0
    ) -> None:
        super().__init__(name, dtype)
        self.delta = delta


class Poisson(_LossMetric):
    """mean(y_pred - y_true log(y_pred))."""

    fn = staticmethod(losses.poisson)


class KLDivergence(_LossMetric):
    """Σ y_true log(y_true / y_pred)."""

    fn = staticmethod(losses.kl_divergence)


class Hinge(_LossMetric):
    """mean(max(1 - y_true y_pred, 0))."""

    fn = staticmethod(losses.hinge)


class SquaredHinge(_LossMetric):
    """mean(max(1 - y_true y_pred, 0)²)."""

    fn = staticmethod(losses.squared_hinge)


class CategoricalHinge(_LossMetric):
    """max(1 + max((1 - y_true) y_pred) - Σ y_true y_pred, 0)."""

    fn = staticmethod(losses.categorical_hinge)


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
