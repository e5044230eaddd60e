"""From what a user gives as a metric to a Metric."""

from __future__ import annotations

from typing import Any

from lamina.losses.base import Loss
from lamina.losses.resolve import Shape, kind_of_classification
from lamina.metrics.base import Metric
from lamina.metrics.reduction import MeanMetricWrapper
from lamina.registry import metrics


def resolve(identifier: Any, y_true_shape: Shape, y_pred_shape: Shape) -> Metric:
    """Return the metric of a name, a function of (y_true, y_pred), a class, a config or a Metric.

    "accuracy" and "acc", "crossentropy" and "ce" mean the ones that fit the shapes of targets and
    predictions. A metric asked for by name bears that name.
    """
    found = metrics.get(_by_shapes(identifier, y_true_shape, y_pred_shape))
    if isinstance(found, Loss):
        found = MeanMetricWrapper(found, name=found.name)
    if not isinstance(found, Metric) and hasattr(found, "get_config"):
        raise ValueError(
            f"expected a metric by name, config or object, or a function of (y_true, y_pred), "
            f"received {identifier!r} ({type(identifier).__name__})"
        )
    metric = found if isinstance(found, Metric) else MeanMetricWrapper(found)
    if isinstance(identifier, str):
        metric.name = identifier
    return metric


def resolve_accuracy(y_true_shape: Shape, y_pred_shape: Shape) -> Metric:
    """Return the accuracy that "accuracy" means for targets and predictions of these shapes."""
    return resolve("accuracy", y_true_shape, y_pred_shape)


def _by_shapes(identifier: Any, y_true_shape: Shape, y_pred_shape: Shape) -> Any:
    for names, meaning in (
        (("accuracy", "acc"), "accuracy"),
        (("crossentropy", "ce"), "crossentropy"),
    ):
        if isinstance(identifier, str) and identifier.lower() in names:
            return f"{kind_of_classification(y_true_shape, y_pred_shape)}_{meaning}"
    return identifier
