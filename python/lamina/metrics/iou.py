"""Intersection over union: how well two labellings of the same elements overlap, class by class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lamina import config, ops
from lamina.metrics.base import Metric
from lamina.registry import metrics
from lamina.tensor import TensorBase


@metrics.register()
class IoU(Metric):
    """TP / (TP + FP + FN) of each class, the mean over some classes.

    num_classes: classes are 0..num_classes - 1; elements of others, or of ignore_class, are left
    out. target_class_ids: classes to average over; those that never come are left out.
    sparse_y_true, sparse_y_pred: whether they are classes, or scores along `axis` whose largest
    counts. sample_weight: of whole samples or of each element; fractions count as such.
    """

    _direction = "up"

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: str | None = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        super().__init__(name, dtype)
        self.num_classes, self.target_class_ids = num_classes, list(target_class_ids)
        if not self.target_class_ids or not all(0 <= i < num_classes for i in target_class_ids):
            raise ValueError(
                f"expected target_class_ids in 0..{num_classes - 1}, received {target_class_ids}"
            )
        self.ignore_class, self.axis = ignore_class, axis
        self.sparse_y_true, self.sparse_y_pred = sparse_y_true, sparse_y_pred
        self._confusion = self.add_variable((num_classes, num_classes), name="confusion_matrix")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        truth = self._labels(y_true, self.sparse_y_true)
        guess = self._labels(y_pred, self.sparse_y_pred)
        weights = _weights(sample_weight, truth)
        truth, guess = ops.ravel(truth), ops.ravel(guess)
        if truth.shape != guess.shape:
            raise ValueError(
                f"{type(self).__name__}: expected as many predicted classes as true ones, received "
                f"{guess.shape[0]} and {truth.shape[0]}"
            )
        size = self.num_classes
        known = (truth >= 0) & (truth < size) & (guess >= 0) & (guess < size)
        if self.ignore_class is not None:
            known = known & (truth != self.ignore_class)
        cell = ops.where(known, truth * size + guess, size * size)  # out of range: not added
        counts = ops.apply("scatter_add", cell, weights, shape=[size * size])
        self._confusion.assign_add(ops.reshape(counts, (size, size)))

    def _labels(self, y: Any, sparse: bool) -> TensorBase:
        tensor = ops.convert_to_tensor(y)
        return ops.cast(tensor if sparse else ops.argmax(tensor, axis=self.axis), "int32")

    def result(self) -> TensorBase:
        confusion = self._confusion.value
        right = ops.diagonal(confusion)
        union = ops.sum(confusion, axis=0) + ops.sum(confusion, axis=1) - right
        right, union = (ops.take(x, self.target_class_ids) for x in (right, union))
        came = ops.cast(union > 1e-9, union.dtype)
        overlap = came * right / (union + config.epsilon())
        return ops.sum(overlap) / (ops.sum(came) + config.epsilon())


def _weights(sample_weight: Any, labels: TensorBase) -> TensorBase:
    """Return a weight for each label, in one row."""
    if sample_weight is None:
        return ops.ravel(ops.ones(labels.shape, "float64"))
    weights = ops.convert_to_tensor(sample_weight, "float64")
    missing = range(weights.ndim, labels.ndim)
    return ops.ravel(ops.broadcast_to(ops.expand_dims(weights, list(missing)), labels.shape))


@metrics.register()
class MeanIoU(IoU):
    """The mean of TP / (TP + FP + FN) over the classes; arguments as for `IoU`."""

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: str | None = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        classes = range(num_classes)
        super().__init__(
            num_classes, classes, name, dtype, ignore_class, sparse_y_true, sparse_y_pred, axis
        )


@metrics.register()
class BinaryIoU(IoU):
    """`IoU` of two classes, 1 where a prediction is at least `threshold`, else 0."""

    def __init__(
        self,
        target_class_ids: Sequence[int] = (0, 1),
        threshold: float = 0.5,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(2, target_class_ids, name, dtype)
        self.threshold = threshold

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        y_pred = ops.convert_to_tensor(y_pred, "float32") >= self.threshold
        super().update_state(y_true, y_pred, sample_weight)


@metrics.register()
class OneHotIoU(IoU):
    """`IoU` where targets are one-hot along `axis`, and predictions scores."""

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: str | None = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ) -> None:
        super().__init__(
            num_classes, target_class_ids, name, dtype, ignore_class, False, sparse_y_pred, axis
        )


@metrics.register()
class OneHotMeanIoU(MeanIoU):
    """`MeanIoU` where targets are one-hot along `axis`, and predictions scores."""

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: str | None = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ) -> None:
        super().__init__(num_classes, name, dtype, ignore_class, False, sparse_y_pred, axis)
