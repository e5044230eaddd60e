"""From what a user gives as a loss to a Loss."""

from __future__ import annotations

from typing import Any

from lamina.losses.base import Loss, LossFunctionWrapper
from lamina.registry import losses

Shape = tuple[int | None, ...]


def resolve(identifier: Any, y_true_shape: Shape, y_pred_shape: Shape) -> Loss:
    """Return the loss of a name, a function of (y_true, y_pred), a class, a config or a Loss.

    "crossentropy" and "ce" mean the one that fits the shapes of targets and predictions.
    """
    if isinstance(identifier, str) and identifier.lower() in ("crossentropy", "ce"):
        identifier = f"{kind_of_classification(y_true_shape, y_pred_shape)}_crossentropy"
    found = losses.get(identifier)
    if isinstance(found, Loss):
        return found
    if hasattr(found, "get_config"):  # a layer, a metric, ...: callable, but no loss
        raise ValueError(
            f"expected a loss by name, config or object, or a function of (y_true, y_pred), "
            f"received {identifier!r} ({type(identifier).__name__})"
        )
    return LossFunctionWrapper(found)


def kind_of_classification(y_true_shape: Shape, y_pred_shape: Shape) -> str:
    """Return "binary", "sparse_categorical" or "categorical", as the shapes say."""
    if y_pred_shape[-1] == 1:
        return "binary"
    if len(y_true_shape) < len(y_pred_shape) or y_true_shape[-1] == 1:
        return "sparse_categorical"
    return "categorical"
