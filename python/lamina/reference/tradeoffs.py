"""Metrics of overlap and of one rate given another, over all data at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lamina.reference.metrics import EDGE, METRICS, counts, metric
from lamina.reference.registry import Array


@metric("IoU")
def iou(
    y: Array,
    p: Array,
    num_classes: int,
    target_class_ids: Sequence[int],
    ignore_class: int | None = None,
    sparse_y_true: bool = True,
    sparse_y_pred: bool = True,
) -> Array:
    """Return the mean over classes that came of |y and p are it| / |y or p is it|."""
    y = y.ravel() if sparse_y_true else y.argmax(-1).ravel()
    p = p.ravel() if sparse_y_pred else p.argmax(-1).ravel()
    kept = (y >= 0) & (y < num_classes) & (p >= 0) & (p < num_classes) & (y != ignore_class)
    y, p = y[kept], p[kept]
    found = []
    for label in target_class_ids:
        union = np.sum((y == label) | (p == label))
        if union:
            found.append(np.sum((y == label) & (p == label)) / union)
    return np.asarray(np.mean(found) if found else 0.0)


@metric("MeanIoU")
def mean_iou(y: Array, p: Array, num_classes: int, **options: int | None) -> Array:
    """Return `iou` over all classes."""
    return iou(y, p, num_classes, range(num_classes), **options)


@metric("BinaryIoU")
def binary_iou(y: Array, p: Array, threshold: float = 0.5) -> Array:
    """Return `iou` of two classes, 1 where p >= threshold."""
    return iou(y, (p >= threshold).astype(int), 2, (0, 1))


@metric("OneHotIoU")
def one_hot_iou(y: Array, p: Array, num_classes: int, target_class_ids: Sequence[int]) -> Array:
    """Return `iou` of the largest targets and scores."""
    return iou(y.argmax(-1), p.argmax(-1), num_classes, target_class_ids)


@metric("OneHotMeanIoU")
def one_hot_mean_iou(y: Array, p: Array, num_classes: int) -> Array:
    """Return `mean_iou` of the largest targets and scores."""
    return mean_iou(y.argmax(-1), p.argmax(-1), num_classes)


def _best(y: Array, p: Array, wanted: str, asked: str, least: float, num_thresholds: int) -> Array:
    """Return the largest of one rate where the other is at least so much, 0 if nowhere."""
    inner = np.arange(1, num_thresholds - 1) / (num_thresholds - 1)
    best = 0.0
    for threshold in [-EDGE, *inner.tolist(), 1.0]:
        tp, fp, tn, fn = counts(y, p, threshold)
        parts = {"recall": (tp, fn), "specificity": (tn, fp), "precision": (tp, fp)}
        rates = {name: a / (a + b) if a + b else 0.0 for name, (a, b) in parts.items()}
        if rates[asked] >= least:
            best = max(best, rates[wanted])
    return np.asarray(best)


METRICS["SensitivityAtSpecificity"] = lambda y, p, specificity, num_thresholds=200: _best(
    y, p, "recall", "specificity", specificity, num_thresholds
)
METRICS["SpecificityAtSensitivity"] = lambda y, p, sensitivity, num_thresholds=200: _best(
    y, p, "specificity", "recall", sensitivity, num_thresholds
)
METRICS["PrecisionAtRecall"] = lambda y, p, recall, num_thresholds=200: _best(
    y, p, "precision", "recall", recall, num_thresholds
)
METRICS["RecallAtPrecision"] = lambda y, p, precision, num_thresholds=200: _best(
    y, p, "recall", "precision", precision, num_thresholds
)
