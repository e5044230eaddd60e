"""Accuracies: how often predictions match targets."""

from __future__ import annotations

from typing import Any

from lamina import config, ops
from lamina.losses.base import match, to_float
from lamina.losses.crossentropy import sparse_labels
from lamina.metrics.reduction import FunctionMetric
from lamina.registry import metrics
from lamina.tensor import TensorBase


class _AccuracyMetric(FunctionMetric):
    _direction = "up"


def accuracy(y_true: Any, y_pred: Any) -> TensorBase:
    """Return 1 where y_true equals y_pred, else 0."""
    return _matches(*match(y_true, y_pred))


@metrics.register()
class Accuracy(_AccuracyMetric):
    """How often y_pred equals y_true."""

    fn = staticmethod(accuracy)


def binary_accuracy(y_true: Any, y_pred: Any, threshold: float = 0.5) -> TensorBase:
    """Return 1 where y_pred > threshold says what y_true (0 or 1) says, else 0."""
    y_true, y_pred = match(y_true, y_pred)
    return _matches(y_true, ops.cast(y_pred > threshold, y_true.dtype))


@metrics.register()
class BinaryAccuracy(_AccuracyMetric):
    """How often y_pred > threshold agrees with y_true of 0 and 1."""

    fn = staticmethod(binary_accuracy)
    options = ("threshold",)

    def __init__(
        self, name: str | None = None, dtype: str | None = None, threshold: float = 0.5
    ) -> None:
        super().__init__(name, dtype)
        self.threshold = threshold


def categorical_accuracy(y_true: Any, y_pred: Any) -> TensorBase:
    """Return 1 where the largest of y_pred's last axis is at y_true's largest, else 0."""
    y_true, y_pred = match(y_true, y_pred)
    return _matches(ops.argmax(y_true, axis=-1), ops.argmax(y_pred, axis=-1))


@metrics.register()
class CategoricalAccuracy(_AccuracyMetric):
    """How often the class of the largest prediction is the one-hot target's."""

    fn = staticmethod(categorical_accuracy)


def sparse_categorical_accuracy(y_true: Any, y_pred: Any) -> TensorBase:
    """Return 1 where the largest of y_pred's last axis is at the label, else 0."""
    y_pred = to_float(y_pred)
    return _matches(sparse_labels(y_true, y_pred.shape), ops.argmax(y_pred, axis=-1))


@metrics.register()
class SparseCategoricalAccuracy(_AccuracyMetric):
    """How often the class of the largest prediction is the integer label."""

    fn = staticmethod(sparse_categorical_accuracy)


def top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5) -> TensorBase:
    """Return 1 where y_true's largest is among the k largest of y_pred's last axis, else 0."""
    y_true, y_pred = match(y_true, y_pred)
    return _in_top_k(ops.argmax(y_true, axis=-1), y_pred, k)


@metrics.register()
class TopKCategoricalAccuracy(_AccuracyMetric):
    """How often the one-hot target's class is among the k largest predictions."""

    fn = staticmethod(top_k_categorical_accuracy)
    options = ("k",)

    def __init__(self, k: int = 5, name: str | None = None, dtype: str | None = None) -> None:
        super().__init__(name, dtype)
        self.k = k


def sparse_top_k_categorical_accuracy(
    y_true: Any, y_pred: Any, k: int = 5, from_sorted_ids: bool = False
) -> TensorBase:
    """Return 1 where the label is among the k largest of y_pred's last axis, else 0.

    With from_sorted_ids y_pred holds class numbers, the likeliest first.
    """
    y_pred = ops.convert_to_tensor(y_pred)
    labels = sparse_labels(y_true, y_pred.shape)
    if not from_sorted_ids:
        return _in_top_k(labels, y_pred, k)
    found = ops.equal(ops.expand_dims(labels, -1), ops.cast(y_pred[..., :k], "int32"))
    return ops.cast(ops.any(found, axis=-1), config.floatx())


@metrics.register()
class SparseTopKCategoricalAccuracy(_AccuracyMetric):
    """How often the integer label is among the k largest predictions."""

    fn = staticmethod(sparse_top_k_categorical_accuracy)
    options = ("k", "from_sorted_ids")

    def __init__(
        self,
        k: int = 5,
        name: str | None = None,
        dtype: str | None = None,
        from_sorted_ids: bool = False,
    ) -> None:
        super().__init__(name, dtype)
        self.k, self.from_sorted_ids = k, from_sorted_ids


def _matches(a: TensorBase, b: TensorBase) -> TensorBase:
    return ops.cast(ops.equal(a, b), config.floatx())


def _in_top_k(labels: TensorBase, y_pred: TensorBase, k: int) -> TensorBase:
    return ops.cast(ops.in_top_k(labels, y_pred, k), config.floatx())
