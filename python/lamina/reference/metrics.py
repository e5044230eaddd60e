"""Metrics over all data at once: what the streaming ones must add up to."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lamina.reference.losses import LOSSES
from lamina.reference.registry import Array

Metric = Callable[..., Array]
METRICS: dict[str, Metric] = {}


def metric(name: str) -> Callable[[Metric], Metric]:
    """Enter a metric into the table under its class's name."""

    def enter(function: Metric) -> Metric:
        METRICS[name] = function
        return function

    return enter


def _mean_of(loss_name: str) -> Metric:
    def value(y: Array, p: Array) -> Array:
        return np.asarray(np.mean(LOSSES[loss_name].value(y, p)))

    return value


for _name, _loss in {
    "MeanSquaredError": "mean_squared_error",
    "SumSquaredError": "sum_squared_error",
    "MeanAbsoluteError": "mean_absolute_error",
    "MeanAbsolutePercentageError": "mean_absolute_percentage_error",
    "MeanSquaredLogarithmicError": "mean_squared_logarithmic_error",
    "Huber": "huber",
    "LogCoshError": "log_cosh",
    "Poisson": "poisson",
    "KLDivergence": "kl_divergence",
    "Hinge": "hinge",
    "SquaredHinge": "squared_hinge",
    "CategoricalHinge": "categorical_hinge",
    "BinaryCrossentropy": "binary_crossentropy",
    "CategoricalCrossentropy": "categorical_crossentropy",
    "SparseCategoricalCrossentropy": "sparse_categorical_crossentropy",
}.items():
    METRICS[_name] = _mean_of(_loss)


@metric("Mean")
def mean(values: Array) -> Array:
    """Return sum(values) / count."""
    return np.asarray(np.mean(values))


@metric("Sum")
def sum_(values: Array) -> Array:
    """Return sum(values)."""
    return np.asarray(np.sum(values))


@metric("CosineSimilarity")
def cosine_similarity(y: Array, p: Array) -> Array:
    """Return the mean cosine of the angles between y and p (not negated, unlike the loss)."""
    return np.asarray(-np.mean(LOSSES["cosine_similarity"].value(y, p)))


@metric("RootMeanSquaredError")
def root_mean_squared_error(y: Array, p: Array) -> Array:
    """Return sqrt(mean((y - p)^2))."""
    return np.asarray(np.sqrt(np.mean((y - p) ** 2)))


@metric("R2Score")
def r2_score(y: Array, p: Array) -> Array:
    """Return the mean over outputs of 1 - sum((y - p)^2) / sum((y - mean(y))^2)."""
    spread = np.sum((y - y.mean(axis=0)) ** 2, axis=0)
    return np.asarray(np.mean(1 - np.sum((y - p) ** 2, axis=0) / spread))


# --- accuracy -----------------------------------------------------------------------------------


@metric("Accuracy")
def accuracy(y: Array, p: Array) -> Array:
    """Return the share of predictions that equal their target."""
    return np.asarray(np.mean(y == p))


@metric("BinaryAccuracy")
def binary_accuracy(y: Array, p: Array, threshold: float = 0.5) -> Array:
    """Return the share of targets met by p > threshold."""
    return np.asarray(np.mean(y == (p > threshold)))


@metric("CategoricalAccuracy")
def categorical_accuracy(y: Array, p: Array) -> Array:
    """Return the share of samples whose largest score stands where the one-hot target has its 1."""
    return np.asarray(np.mean(y.argmax(-1) == p.argmax(-1)))


@metric("SparseCategoricalAccuracy")
def sparse_categorical_accuracy(labels: Array, p: Array) -> Array:
    """Return the share of samples whose largest score is their label's."""
    return np.asarray(np.mean(labels == p.argmax(-1)))


@metric("SparseTopKCategoricalAccuracy")
def sparse_top_k_categorical_accuracy(labels: Array, p: Array, k: int = 5) -> Array:
    """Return the share of labels among their sample's k largest scores."""
    right = np.take_along_axis(p, labels[:, None].astype(np.int64), -1)
    return np.asarray(np.mean(np.sum(p > right, axis=-1) < k))


@metric("TopKCategoricalAccuracy")
def top_k_categorical_accuracy(y: Array, p: Array, k: int = 5) -> Array:
    """Return the same for one-hot targets."""
    return sparse_top_k_categorical_accuracy(y.argmax(-1), p, k)


# --- yes or no ----------------------------------------------------------------------------------


def counts(y: Array, p: Array, threshold: float = 0.5) -> tuple[float, float, float, float]:
    """Return how many are truly positive, falsely positive, truly negative, falsely negative."""
    yes, positive = p > threshold, y.astype(bool)
    return (
        float(np.sum(yes & positive)),
        float(np.sum(yes & ~positive)),
        float(np.sum(~yes & ~positive)),
        float(np.sum(~yes & positive)),
    )


def _ratio(part: float, rest: float) -> float:
    return part / (part + rest) if part + rest else 0.0


METRICS["TruePositives"] = lambda y, p: np.asarray(counts(y, p)[0])
METRICS["FalsePositives"] = lambda y, p: np.asarray(counts(y, p)[1])
METRICS["TrueNegatives"] = lambda y, p: np.asarray(counts(y, p)[2])
METRICS["FalseNegatives"] = lambda y, p: np.asarray(counts(y, p)[3])


@metric("Precision")
def precision(y: Array, p: Array) -> Array:
    """Return TP / (TP + FP)."""
    tp, fp, _, _ = counts(y, p)
    return np.asarray(_ratio(tp, fp))


@metric("Recall")
def recall(y: Array, p: Array) -> Array:
    """Return TP / (TP + FN)."""
    tp, _, _, fn = counts(y, p)
    return np.asarray(_ratio(tp, fn))


@metric("AUC")
def auc(y: Array, p: Array, num_thresholds: int = 200) -> Array:
    """Return the area under TPR against FPR by trapezoids between evenly spaced thresholds."""
    inner = np.arange(1, num_thresholds - 1) / (num_thresholds - 1)
    thresholds = np.concatenate([[-EDGE], inner, [1 + EDGE]])
    rates = []
    for threshold in thresholds:
        tp, fp, tn, fn = counts(y, p, float(threshold))
        rates.append((_ratio(fp, tn), _ratio(tp, fn)))
    x, height = np.array(rates).T
    return np.asarray(np.sum((x[:-1] - x[1:]) * (height[:-1] + height[1:]) / 2))


EDGE = 1e-7  # the outer thresholds lie this far beyond 0 and 1


def _f_beta(y: Array, p: Array, beta: float) -> Array:
    best = (p == p.max(axis=-1, keepdims=True)) & (p > 0)
    tp = np.sum(best & (y == 1), axis=0)
    fp, fn = np.sum(best & (y == 0), axis=0), np.sum(~best & (y == 1), axis=0)
    total = (1 + beta**2) * tp + beta**2 * fn + fp
    return np.asarray((1 + beta**2) * tp / np.where(total == 0, 1, total))


@metric("F1Score")
def f1_score(y: Array, p: Array) -> Array:
    """Return 2 TP / (2 TP + FP + FN) for each class, the largest score counting as the guess."""
    return _f_beta(y, p, 1)


@metric("FBetaScore")
def f_beta_score(y: Array, p: Array, beta: float = 1.0) -> Array:
    """Return (1 + beta^2) TP / ((1 + beta^2) TP + beta^2 FN + FP) for each class."""
    return _f_beta(y, p, beta)
