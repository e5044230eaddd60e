"""Cross-entropies along the last axis, of logits and of probabilities."""

from __future__ import annotations

import numpy as np

from lamina.reference import indexing
from lamina.reference.registry import Array, op
from lamina.reference.softmax import log_softmax, softmax


@op("softmax_crossentropy")
def softmax_crossentropy(logits: Array, targets: Array) -> Array:
    """Return -sum(targets * log_softmax(logits)) over the last axis."""
    return np.asarray(-np.sum(targets * log_softmax.forward(logits), axis=-1))


@softmax_crossentropy.gradient
def _(dy: Array, logits: Array, targets: Array) -> tuple[Array, Array]:
    d_logits = softmax_crossentropy_grad.forward(logits, targets, dy)
    return d_logits, -dy[..., None] * log_softmax.forward(logits)


@op("softmax_crossentropy_grad")
def softmax_crossentropy_grad(logits: Array, targets: Array, dy: Array) -> Array:
    """Return dy (softmax(logits) sum(targets) - targets)."""
    mass = np.sum(targets, axis=-1, keepdims=True)
    return np.asarray(dy[..., None] * (softmax.forward(logits) * mass - targets))


@op("sparse_softmax_crossentropy")
def sparse_softmax_crossentropy(logits: Array, labels: Array) -> Array:
    """Return -log_softmax(logits)[label] over the last axis."""
    chosen = np.take_along_axis(log_softmax.forward(logits), labels[..., None].astype(np.int64), -1)
    return -chosen[..., 0]


@sparse_softmax_crossentropy.gradient
def _(dy: Array, logits: Array, labels: Array) -> tuple[Array, None]:
    return sparse_softmax_crossentropy_grad.forward(logits, labels, dy), None


@op("sparse_softmax_crossentropy_grad")
def sparse_softmax_crossentropy_grad(logits: Array, labels: Array, dy: Array) -> Array:
    """Return dy (softmax(logits) - one_hot(label))."""
    return np.asarray(dy[..., None] * (softmax.forward(logits) - one_hot(labels, logits)))


@op("crossentropy")
def crossentropy(p: Array, targets: Array, epsilon: float = 1e-7) -> Array:
    """Return -sum(targets * log(q)), q = p / sum(p) clipped to [epsilon, 1 - epsilon]."""
    return np.asarray(-np.sum(targets * log_of(p, epsilon), axis=-1))


@crossentropy.gradient
def _(dy: Array, p: Array, targets: Array, epsilon: float = 1e-7) -> tuple[Array, Array]:
    d_p = crossentropy_grad.forward(p, targets, dy, epsilon)
    return d_p, -dy[..., None] * log_of(p, epsilon)


@op("crossentropy_grad")
def crossentropy_grad(p: Array, targets: Array, dy: Array, epsilon: float = 1e-7) -> Array:
    """Return dy (sum(t) / sum(p) - t / p), t the targets where q was not clipped, else 0."""
    total = np.sum(p, axis=-1, keepdims=True)
    kept = (p / total >= epsilon) & (p / total <= 1 - epsilon)
    t = np.where(kept, targets, 0)
    share = np.sum(t, axis=-1, keepdims=True) / total
    return np.asarray(dy[..., None] * (share - t / np.where(kept, p, 1)))


@op("sparse_crossentropy")
def sparse_crossentropy(p: Array, labels: Array, epsilon: float = 1e-7) -> Array:
    """Return -log(q[label]), q = p / sum(p) clipped to [epsilon, 1 - epsilon]."""
    return np.asarray(crossentropy.forward(p, one_hot(labels, p), epsilon))


@sparse_crossentropy.gradient
def _(dy: Array, p: Array, labels: Array, epsilon: float = 1e-7) -> tuple[Array, None]:
    return sparse_crossentropy_grad.forward(p, labels, dy, epsilon), None


@op("sparse_crossentropy_grad")
def sparse_crossentropy_grad(p: Array, labels: Array, dy: Array, epsilon: float = 1e-7) -> Array:
    """Return the gradient of `crossentropy` with one_hot(label) as targets."""
    return np.asarray(crossentropy_grad.forward(p, one_hot(labels, p), dy, epsilon))


def log_of(p: Array, epsilon: float) -> Array:
    """Return log(q), q = p / sum(p) clipped to [epsilon, 1 - epsilon]."""
    q = p / np.sum(p, axis=-1, keepdims=True)
    return np.asarray(np.log(np.clip(q, epsilon, 1 - epsilon)))


def one_hot(labels: Array, like: Array) -> Array:
    """Return 1 at each label's class and 0 elsewhere, of the shape and dtype of `like`."""
    return np.asarray(indexing.one_hot.forward(labels, like.shape[-1], like.dtype.name))
