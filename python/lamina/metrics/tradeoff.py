"""The best that one rate can be, over thresholds, where another is at least what is asked for."""

from __future__ import annotations

from lamina import config, ops
from lamina.metrics.confusion import ConfusionMetric
from lamina.registry import metrics
from lamina.tensor import TensorBase


class _Tradeoff(ConfusionMetric):
    """The largest of one rate at the thresholds where the other is at least `least`.

    num_thresholds: how many, spread evenly over [0, 1]; 1 means 0.5. class_id: look at this class
    only.
    """

    counts = ("true_positives", "false_positives", "true_negatives", "false_negatives")
    _direction = "up"

    def __init__(
        self,
        least: float,
        num_thresholds: int,
        class_id: int | None,
        name: str | None,
        dtype: str | None,
    ) -> None:
        if not 0 <= least <= 1 or num_thresholds < 1:
            raise ValueError(
                f"expected a rate in [0, 1] and num_thresholds >= 1, received {least} and "
                f"{num_thresholds}"
            )
        super().__init__([0.5] * num_thresholds, class_id=class_id, name=name, dtype=dtype)
        self.num_thresholds, self._least = num_thresholds, least
        if num_thresholds > 1:  # the first lies just below 0, so that everything is positive there
            steps = num_thresholds - 1
            self._levels = [-config.epsilon(), *(i / steps for i in range(1, steps)), 1.0]

    def _best(self, wanted: TensorBase, asked: TensorBase) -> TensorBase:
        """Return the largest wanted rate where the one asked for is large enough, else 0."""
        return ops.max(ops.where(asked >= self._least, wanted, 0.0))

    def _rates(self, part: str, rest: str) -> TensorBase:
        """Return one count's share of two, at each threshold."""
        a, b = self._totals[part].value, self._totals[rest].value
        return ops.divide_no_nan(a, a + b)

    def _recalls(self) -> TensorBase:  # also called sensitivities
        return self._rates("true_positives", "false_negatives")

    def _specificities(self) -> TensorBase:
        return self._rates("true_negatives", "false_positives")

    def _precisions(self) -> TensorBase:
        return self._rates("true_positives", "false_positives")


@metrics.register()
class SensitivityAtSpecificity(_Tradeoff):
    """The largest TP / (TP + FN) at thresholds where TN / (TN + FP) >= `specificity`."""

    def __init__(
        self,
        specificity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(specificity, num_thresholds, class_id, name, dtype)
        self.specificity = specificity

    def result(self) -> TensorBase:
        return self._best(self._recalls(), self._specificities())


@metrics.register()
class SpecificityAtSensitivity(_Tradeoff):
    """The largest TN / (TN + FP) at thresholds where TP / (TP + FN) >= `sensitivity`."""

    def __init__(
        self,
        sensitivity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(sensitivity, num_thresholds, class_id, name, dtype)
        self.sensitivity = sensitivity

    def result(self) -> TensorBase:
        return self._best(self._specificities(), self._recalls())


@metrics.register()
class PrecisionAtRecall(_Tradeoff):
    """The largest TP / (TP + FP) at thresholds where TP / (TP + FN) >= `recall`."""

    def __init__(
        self,
        recall: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(recall, num_thresholds, class_id, name, dtype)
        self.recall = recall

    def result(self) -> TensorBase:
        return self._best(self._precisions(), self._recalls())


@metrics.register()
class RecallAtPrecision(_Tradeoff):
    """The largest TP / (TP + FN) at thresholds where TP / (TP + FP) >= `precision`."""

    def __init__(
        self,
        precision: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(precision, num_thresholds, class_id, name, dtype)
        self.precision = precision

    def result(self) -> TensorBase:
        return self._best(self._recalls(), self._precisions())
