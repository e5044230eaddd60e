"""Cross-entropies: each a function of (y_true, y_pred) and the class that wraps it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lamina import config, ops
from lamina.losses.base import FunctionLoss, match, to_float
from lamina.registry import losses
from lamina.tensor import TensorBase


def binary_crossentropy(
    y_true: Any,
    y_pred: Any,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> TensorBase:
    """Return the mean along `axis` of -t log p - (1 - t) log(1 - p), p clipped to [ε, 1 - ε].

    y_true: t in [0, 1], smoothed to t (1 - s) + s/2.
    y_pred: p, or with from_logits log(p / (1 - p)).
    """
    y_true, y_pred = match(y_true, y_pred)
    y_true = smooth(y_true, label_smoothing, 2)
    return ops.mean(ops.binary_crossentropy(y_true, y_pred, from_logits), axis=axis)


class _Crossentropy(FunctionLoss):
    """What the cross-entropies of targets that are probabilities have in common."""

    options = ("from_logits", "label_smoothing", "axis")

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(reduction, name, dtype)
        self.from_logits, self.axis = from_logits, axis
        self.label_smoothing = check_fraction("label_smoothing", label_smoothing)


@losses.register("bce", "BCE")
class BinaryCrossentropy(_Crossentropy):
    """Cross-entropy of two classes, or of several that do not exclude each other.

    The mean of -t log p - (1 - t) log(1 - p).
    """

    fn = staticmethod(binary_crossentropy)


def categorical_crossentropy(
    y_true: Any,
    y_pred: Any,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> TensorBase:
    """Return -Σ t log p along `axis`, p scaled to sum to 1 and clipped to [ε, 1 - ε].

    y_true: t, one-hot or probabilities, smoothed to t (1 - s) + s / classes.
    y_pred: p, or with from_logits any logits, p = softmax(logits).
    """
    y_true, y_pred = match(y_true, y_pred)
    y_true = smooth(y_true, label_smoothing, y_true.shape[-1])
    return ops.categorical_crossentropy(y_true, y_pred, from_logits, axis)


@losses.register()
class CategoricalCrossentropy(_Crossentropy):
    """Cross-entropy of classes that exclude each other, targets one-hot: -Σ t log p."""

    fn = staticmethod(categorical_crossentropy)


def sparse_categorical_crossentropy(
    y_true: Any,
    y_pred: Any,
    from_logits: bool = False,
    ignore_class: int | None = None,
    axis: int = -1,
) -> TensorBase:
    """Return -log p[label] along `axis`, p scaled to sum to 1 and clipped to [ε, 1 - ε].

    y_true: labels 0..classes - 1, of y_pred's shape without `axis` (or with 1 there); those equal
    to `ignore_class` give 0. y_pred: p, or with from_logits any logits, p = softmax(logits).
    """
    y_pred = to_float(y_pred)
    labels = sparse_labels(y_true, y_pred.shape, axis)
    if ignore_class is None:
        return ops.sparse_categorical_crossentropy(labels, y_pred, from_logits, axis)
    valid = ops.not_equal(labels, ignore_class)
    labels = ops.where(valid, labels, 0)
    losses = ops.sparse_categorical_crossentropy(labels, y_pred, from_logits, axis)
    return ops.where(valid, losses, 0.0)


@losses.register()
class SparseCategoricalCrossentropy(FunctionLoss):
    """Cross-entropy of classes that exclude each other, targets integers: -log p[label]."""

    fn = staticmethod(sparse_categorical_crossentropy)
    options = ("from_logits", "ignore_class", "axis")

    def __init__(
        self,
        from_logits: bool = False,
        ignore_class: int | None = None,
        reduction: str | None = "sum_over_batch_size",
        axis: int = -1,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(reduction, name, dtype)
        self.from_logits, self.ignore_class, self.axis = from_logits, ignore_class, axis

    def prepare_targets(self, y_true: Any, y_pred: TensorBase) -> TensorBase:
        return sparse_labels(y_true, y_pred.shape, self.axis)

    def mask(self, y_true: TensorBase, y_pred: TensorBase) -> TensorBase | None:
        return None if self.ignore_class is None else ops.not_equal(y_true, self.ignore_class)

    def check_targets(self, y_true: NDArray[Any], y_pred_shape: tuple[int, ...]) -> None:
        check_labels(y_true, y_pred_shape[self.axis], self.ignore_class, self.name)


def kl_divergence(y_true: Any, y_pred: Any) -> TensorBase:
    """Return Σ y_true log(y_true / y_pred) over the last axis, both clipped to [ε, 1]."""
    y_true, y_pred = (ops.clip(y, config.epsilon(), 1.0) for y in match(y_true, y_pred))
    return ops.sum(y_true * ops.log(y_true / y_pred), axis=-1)


@losses.register("kld", "KLD")
class KLDivergence(FunctionLoss):
    """Kullback-Leibler divergence of the predicted from the true distribution."""

    fn = staticmethod(kl_divergence)


def sparse_labels(y_true: Any, y_pred_shape: tuple[int, ...], axis: int = -1) -> TensorBase:
    """Return labels as int32 of the predictions' shape without the classes' axis."""
    rank = len(y_pred_shape)
    if not -rank <= axis < rank:
        raise ValueError(f"expected classes along an axis of {y_pred_shape}, received axis={axis}")
    expected = list(y_pred_shape)
    del expected[axis]
    labels = ops.convert_to_tensor(y_true)
    if labels.ndim == rank and labels.shape[axis] == 1:
        labels = ops.squeeze(labels, axis)
    if labels.shape != tuple(expected):
        raise ValueError(
            f"expected labels of shape {tuple(expected)} for predictions of shape {y_pred_shape}, "
            f"received shape {labels.shape}; one-hot targets go with categorical_crossentropy"
        )
    return ops.cast(labels, "int32")


def check_labels(
    labels: NDArray[Any], num_classes: int, ignore_class: int | None = None, where: str = "labels"
) -> None:
    """Raise ValueError naming the first label that is not a whole number in 0..num_classes - 1."""
    wrong = ~((labels >= 0) & (labels < num_classes) & (labels == np.floor(labels)))
    if ignore_class is not None:
        wrong &= labels != ignore_class
    if wrong.any():
        row = np.argwhere(wrong)[0]
        others = np.count_nonzero(wrong) - 1
        raise ValueError(
            f"{where}: expected labels in 0..{num_classes - 1}, "
            f"received {labels[tuple(row)]} in row {row[0]}"
            + (f" (and {others} more like it)" if others else "")
        )


def smooth(y_true: TensorBase, amount: float, classes: int) -> TensorBase:
    """Return targets moved towards the uniform distribution: t (1 - amount) + amount / classes."""
    return y_true * (1.0 - amount) + amount / classes if amount else y_true


def check_fraction(name: str, value: float) -> float:
    """Return value if it lies in [0, 1]; raise ValueError otherwise."""
    if not 0 <= value <= 1:
        raise ValueError(f"expected {name} in [0, 1], received {value}")
    return value
