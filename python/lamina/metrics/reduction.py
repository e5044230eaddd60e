"""Sums and means of values, and the mean of any function of (y_true, y_pred)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from lamina import ops
from lamina.losses.base import merge_mask, squeeze_or_expand_to_same_rank, to_float
from lamina.metrics.base import Metric
from lamina.registry import metrics
from lamina.tensor import TensorBase, mask_of


@metrics.register()
class Sum(Metric):
    """Sum of all values, each times its sample weight."""

    def __init__(self, name: str | None = "sum", dtype: str | None = None) -> None:
        super().__init__(name, dtype)
        self.total = self.add_variable(name="total")

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        values, _ = weigh(to_float(values, self.dtype), sample_weight, ops.sum)
        self.total.assign_add(ops.cast(ops.sum(values), "float64"))

    def result(self) -> TensorBase:
        return self.total.value


class MeanAccumulator(Metric):
    """A mean over samples: Σ w v / Σ w; a sample of several values counts by their mean."""

    def __init__(self, name: str | None = None, dtype: str | None = None) -> None:
        super().__init__(name, dtype)
        self.total = self.add_variable(name="total")
        self.count = self.add_variable(name="count")

    def add(self, values: Any, sample_weight: Any = None) -> None:
        """Add a batch of values."""
        values, weights = weigh(to_float(values, self.dtype), sample_weight, ops.mean)
        self.total.assign_add(ops.cast(ops.sum(values), "float64"))
        if weights is not None:
            self.count.assign_add(ops.cast(ops.sum(weights), "float64"))
        else:
            self.count.assign_add(float(values.shape[0] if values.ndim else 1))

    def result(self) -> TensorBase:
        return ops.divide_no_nan(self.total.value, self.count.value)


@metrics.register()
class Mean(MeanAccumulator):
    """Mean of values: Σ w v / Σ w; a sample of several values counts by their mean."""

    def __init__(self, name: str | None = "mean", dtype: str | None = None) -> None:
        super().__init__(name, dtype)

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        self.add(values, sample_weight)


class FunctionMetric(MeanAccumulator):
    """A mean of a function of (y_true, y_pred): the class names it and its options."""

    fn: Callable[..., TensorBase]
    options: ClassVar[tuple[str, ...]] = ()  # attributes handed to fn by keyword

    def __init__(self, name: str | None = None, dtype: str | None = None) -> None:
        super().__init__(name or self.fn.__name__, dtype)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        options = {option: getattr(self, option) for option in self.options}
        self.add(self.fn(y_true, y_pred, **options), _masked(sample_weight, y_pred))


class MeanMetricWrapper(MeanAccumulator):
    """The mean of any function of (y_true, y_pred) composing `lamina.ops`, with keywords for it."""

    def __init__(
        self,
        fn: Callable[..., TensorBase],
        name: str | None = None,
        dtype: str | None = None,
        **options: Any,
    ) -> None:
        super().__init__(name or getattr(fn, "__name__", None), dtype)
        self.fn = fn
        self.options = options

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        self.add(self.fn(y_true, y_pred, **self.options), _masked(sample_weight, y_pred))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **self.options}


def weigh(
    values: TensorBase, sample_weight: Any, reduce: Callable[..., TensorBase]
) -> tuple[TensorBase, TensorBase | None]:
    """Return one weighted value per sample, and the samples' weights.

    Axes that the weights do not have are reduced before weighing, those that they have after it.
    """
    weights = None
    if sample_weight is not None:
        weights = ops.convert_to_tensor(sample_weight, values.dtype)
        values, weights = squeeze_or_expand_to_same_rank(values, weights)
        if values.ndim > weights.ndim:
            values = reduce(values, axis=tuple(range(weights.ndim, values.ndim)))
        weights = ops.broadcast_to(weights, values.shape)
        values = values * weights
        if weights.ndim > 1:
            weights = reduce(weights, axis=tuple(range(1, weights.ndim)))
    if values.ndim > 1:
        values = reduce(values, axis=tuple(range(1, values.ndim)))
    return values, weights


def _masked(sample_weight: Any, y_pred: Any) -> Any:
    """Return the weights, 0 where the mask that y_pred carries leaves a step out."""
    mask = mask_of(y_pred)
    if mask is None:
        return sample_weight
    mask = ops.cast(mask, to_float(y_pred).dtype)
    weights = None if sample_weight is None else ops.convert_to_tensor(sample_weight, mask.dtype)
    return merge_mask(weights, mask, "sum")
