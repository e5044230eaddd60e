"""Losses per sample (over the last axis) and their gradients with respect to the prediction.

`value` gives one number a sample; `gradient` that of the sum of all of them. Probabilities are kept
within EPSILON of 0 and 1 before a logarithm is taken, and have no gradient beyond.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from lamina.reference.crossentropy import (
    crossentropy,
    crossentropy_grad,
    one_hot,
    softmax_crossentropy,
    softmax_crossentropy_grad,
)
from lamina.reference.registry import Array
from lamina.reference.unary import sigmoid, softplus

EPSILON = 1e-7
Formula = Callable[..., Any]


@dataclass
class LossReference:
    """A loss's value(y_true, y_pred) per sample and gradient(y_true, y_pred)."""

    value: Formula
    gradient: Formula


LOSSES: dict[str, LossReference] = {}


def loss(name: str, gradient: Formula) -> Callable[[Formula], Formula]:
    """Enter a loss's value and gradient into the table under its function's name."""

    def enter(value: Formula) -> Formula:
        LOSSES[name] = LossReference(value, gradient)
        return value

    return enter


def pointwise(name: str, value: Formula, slope: Formula, average: bool = True) -> None:
    """Enter a loss that is the mean (or sum) of value(y, p) over the last axis."""
    reduce = np.mean if average else np.sum

    def total(y: Array, p: Array, **options: Any) -> Array:
        return np.asarray(reduce(value(y, p, **options), axis=-1))

    def gradient(y: Array, p: Array, **options: Any) -> Array:
        return np.asarray(slope(y, p, **options) / (p.shape[-1] if average else 1))

    LOSSES[name] = LossReference(total, gradient)


def _bound(p: Array) -> Array:
    return np.clip(p, EPSILON, 1 - EPSILON)


def _inside(p: Array) -> Array:
    return (p >= EPSILON) & (p <= 1 - EPSILON)


def _smooth_bits(y: Array, amount: float) -> Array:
    return y * (1 - amount) + 0.5 * amount


def _smooth_classes(y: Array, amount: float) -> Array:
    return np.asarray(y * (1 - amount) + amount / y.shape[-1])


def _signs(y: Array) -> Array:
    """Return targets as -1 and 1; targets of 0 and 1 are converted."""
    return 2 * y - 1 if np.isin(y, (0, 1)).all() else y


# --- regression ---------------------------------------------------------------------------------

pointwise("mean_squared_error", lambda y, p: (y - p) ** 2, lambda y, p: 2 * (p - y))
pointwise("sum_squared_error", lambda y, p: (y - p) ** 2, lambda y, p: 2 * (p - y), average=False)
pointwise("mean_absolute_error", lambda y, p: np.abs(y - p), lambda y, p: np.sign(p - y))
pointwise(
    "mean_absolute_percentage_error",
    lambda y, p: 100 * np.abs(y - p) / np.maximum(np.abs(y), EPSILON),
    lambda y, p: 100 * np.sign(p - y) / np.maximum(np.abs(y), EPSILON),
)


def _log1p(x: Array) -> Array:
    return np.asarray(np.log(np.maximum(x, EPSILON) + 1))


pointwise(
    "mean_squared_logarithmic_error",
    lambda y, p: (_log1p(y) - _log1p(p)) ** 2,
    lambda y, p: 2 * (_log1p(p) - _log1p(y)) * (p > EPSILON) / (np.maximum(p, EPSILON) + 1),
)
pointwise(
    "huber",
    lambda y, p, delta=1.0: np.where(
        np.abs(y - p) <= delta, 0.5 * (y - p) ** 2, delta * np.abs(y - p) - 0.5 * delta**2
    ),
    lambda y, p, delta=1.0: np.clip(p - y, -delta, delta),
)
pointwise(
    "log_cosh",
    lambda y, p: (p - y) + softplus(-2 * (p - y)) - np.log(2),
    lambda y, p: np.tanh(p - y),
)
pointwise("poisson", lambda y, p: p - y * np.log(p + EPSILON), lambda y, p: 1 - y / (p + EPSILON))


def _unit(x: Array) -> Array:
    return np.asarray(x / np.sqrt(np.maximum(np.sum(x * x, axis=-1, keepdims=True), 1e-12)))


def _cosine_gradient(y: Array, p: Array) -> Array:
    length = np.sqrt(np.sum(p * p, axis=-1, keepdims=True))
    along = np.sum(_unit(y) * _unit(p), axis=-1, keepdims=True)
    return np.asarray(-(_unit(y) - along * _unit(p)) / length)


@loss("cosine_similarity", _cosine_gradient)
def cosine_similarity(y: Array, p: Array) -> Array:
    """Return minus the cosine of the angle between y and p."""
    return np.asarray(-np.sum(_unit(y) * _unit(p), axis=-1))


# --- margins ------------------------------------------------------------------------------------

pointwise(
    "hinge",
    lambda y, p: np.maximum(1 - _signs(y) * p, 0),
    lambda y, p: -_signs(y) * (_signs(y) * p < 1),
)
pointwise(
    "squared_hinge",
    lambda y, p: np.maximum(1 - _signs(y) * p, 0) ** 2,
    lambda y, p: -2 * _signs(y) * np.maximum(1 - _signs(y) * p, 0),
)


def _categorical_hinge_gradient(y: Array, p: Array) -> Array:
    others = (1 - y) * p
    worst = others == others.max(axis=-1, keepdims=True)
    worst = worst / worst.sum(axis=-1, keepdims=True)
    active = categorical_hinge(y, p)[..., None] > 0
    return np.asarray(active * ((1 - y) * worst - y))


@loss("categorical_hinge", _categorical_hinge_gradient)
def categorical_hinge(y: Array, p: Array) -> Array:
    """Return max(0, 1 + the best wrong score - the right one)."""
    return np.asarray(np.maximum(0, 1 + np.max((1 - y) * p, axis=-1) - np.sum(y * p, axis=-1)))


# --- probabilities ------------------------------------------------------------------------------


def _kl_gradient(y: Array, p: Array) -> Array:
    return np.asarray(
        -np.clip(y, EPSILON, 1) / np.clip(p, EPSILON, 1) * ((p >= EPSILON) & (p <= 1))
    )


@loss("kl_divergence", _kl_gradient)
def kl_divergence(y: Array, p: Array) -> Array:
    """Return sum(y log(y / p))."""
    y, p = np.clip(y, EPSILON, 1), np.clip(p, EPSILON, 1)
    return np.asarray(np.sum(y * np.log(y / p), axis=-1))


def _bits_gradient(
    y: Array, p: Array, from_logits: bool = False, label_smoothing: float = 0
) -> Array:
    y, n = _smooth_bits(y, label_smoothing), p.shape[-1]
    if from_logits:
        return np.asarray((sigmoid(p) - y) / n)
    q = _bound(p)
    return np.asarray((q - y) / (q * (1 - q)) * _inside(p) / n)


@loss("binary_crossentropy", _bits_gradient)
def binary_crossentropy(
    y: Array, p: Array, from_logits: bool = False, label_smoothing: float = 0
) -> Array:
    """Return the mean of -(y log p + (1 - y) log(1 - p)); logits x give softplus(x) - x y."""
    y = _smooth_bits(y, label_smoothing)
    if from_logits:
        return np.asarray(np.mean(softplus(p) - p * y, axis=-1))
    p = _bound(p)
    return np.asarray(np.mean(-(y * np.log(p) + (1 - y) * np.log(1 - p)), axis=-1))


def _classes_gradient(
    y: Array, p: Array, from_logits: bool = False, label_smoothing: float = 0
) -> Array:
    gradient = softmax_crossentropy_grad if from_logits else crossentropy_grad
    ones = np.ones(p.shape[:-1], p.dtype)
    return np.asarray(gradient.forward(p, _smooth_classes(y, label_smoothing), ones))


@loss("categorical_crossentropy", _classes_gradient)
def categorical_crossentropy(
    y: Array, p: Array, from_logits: bool = False, label_smoothing: float = 0
) -> Array:
    """Return -sum(y log p), with p scaled to sum to 1; logits go through log-softmax."""
    value = softmax_crossentropy if from_logits else crossentropy
    return np.asarray(value.forward(p, _smooth_classes(y, label_smoothing)))


def _labels_gradient(labels: Array, p: Array, from_logits: bool = False) -> Array:
    return _classes_gradient(one_hot(labels, p), p, from_logits)


@loss("sparse_categorical_crossentropy", _labels_gradient)
def sparse_categorical_crossentropy(labels: Array, p: Array, from_logits: bool = False) -> Array:
    """Return categorical_crossentropy of the labels written one-hot."""
    return np.asarray(categorical_crossentropy(one_hot(labels, p), p, from_logits))


def _focal_bits(y: Array, p: Array, gamma: float) -> tuple[Array, Array]:
    right = y * _bound(p) + (1 - y) * (1 - _bound(p))
    return right, (1 - right) ** gamma


def _focal_bits_gradient(y: Array, p: Array, gamma: float = 2.0) -> Array:
    right, factor = _focal_bits(y, p, gamma)
    q = _bound(p)
    entropy = -(y * np.log(q) + (1 - y) * np.log(1 - q))
    slope = (
        factor * (q - y) / (q * (1 - q))
        - gamma * (1 - right) ** (gamma - 1) * (2 * y - 1) * entropy
    )
    return np.asarray(slope * _inside(p) / p.shape[-1])


@loss("binary_focal_crossentropy", _focal_bits_gradient)
def binary_focal_crossentropy(y: Array, p: Array, gamma: float = 2.0) -> Array:
    """Return binary cross-entropy times (1 - p_right)^gamma (Lin et al. 2017)."""
    _, factor = _focal_bits(y, p, gamma)
    q = _bound(p)
    entropy = -(y * np.log(q) + (1 - y) * np.log(1 - q))
    return np.asarray(np.mean(factor * entropy, axis=-1))


def _focal_classes_gradient(y: Array, p: Array, alpha: float = 0.25, gamma: float = 2.0) -> Array:
    total = np.sum(p, axis=-1, keepdims=True)
    q = _bound(p / total)
    slope = alpha * y * (gamma * (1 - q) ** (gamma - 1) * np.log(q) - (1 - q) ** gamma / q)
    slope = slope * _inside(p / total)
    return np.asarray((slope - np.sum(slope * p / total, axis=-1, keepdims=True)) / total)


@loss("categorical_focal_crossentropy", _focal_classes_gradient)
def categorical_focal_crossentropy(
    y: Array, p: Array, alpha: float = 0.25, gamma: float = 2.0
) -> Array:
    """Return -alpha sum((1 - p)^gamma y log p) (Lin et al. 2017)."""
    q = _bound(p / np.sum(p, axis=-1, keepdims=True))
    return np.asarray(-np.sum(alpha * (1 - q) ** gamma * y * np.log(q), axis=-1))
