"""Contrastive divergence, step by step, for restricted Boltzmann machines of each kind of unit.

E(v, h) = -v W h - v·b - D c·h, plus |v|² / 2 for Gaussian units. D is the number of words for
counts and 1 otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from lamina.reference.random import bernoulli, multinomial, next_random_state, random_normal
from lamina.reference.registry import Array


class Weights(NamedTuple):
    """The weights of a machine, or their gradients."""

    kernel: Array
    visible_bias: Array
    hidden_bias: Array


def states(seed: int) -> Iterator[Array]:
    """Yield the random states of one draw after the other."""
    state = np.array([seed, 0], np.int64)
    while True:
        yield state
        state = next_random_state.forward(state)


def sigmoid(x: Array) -> Array:
    return np.asarray((1 + np.tanh(x / 2)) / 2)


def trials(v: Array, visible: str) -> Array:
    """Return D, (rows, 1)."""
    return v.sum(axis=1, keepdims=True) if visible == "counts" else np.ones((len(v), 1), v.dtype)


def hidden_mean(v: Array, weights: Weights, visible: str) -> Array:
    """Return P(h = 1 | v) = σ(v W + D c)."""
    return sigmoid(v @ weights.kernel + trials(v, visible) * weights.hidden_bias)


def visible_mean(h: Array, weights: Weights, visible: str, count: Array) -> Array:
    """Return the expectation of v given h: σ(a), a or D softmax(a) of a = h Wᵀ + b."""
    a: Array = h @ weights.kernel.T + weights.visible_bias
    if visible == "gaussian":
        return a
    if visible == "binary":
        return sigmoid(a)
    e = np.exp(a - a.max(axis=1, keepdims=True))
    words: Array = count * e / e.sum(axis=1, keepdims=True)
    return words


def visible_sample(mean: Array, visible: str, count: Array, state: Array) -> Array:
    """Draw v around its expectation."""
    drawn: Array
    if visible == "gaussian":
        drawn = mean + random_normal.forward(state, mean.shape, dtype=str(mean.dtype))
    elif visible == "binary":
        drawn = bernoulli.forward(mean, state)
    else:
        drawn = multinomial.forward(mean, count[:, 0], state)
    return drawn


def contrastive_divergence(
    v: Array,
    weights: Weights,
    draws: Iterator[Array],
    k: int = 1,
    visible: str = "binary",
    chains: Array | None = None,
) -> tuple[Weights, Array | None]:
    """Return the direction of ascent by CD-k (Hinton 2002), and the chains that persist.

    chains: hidden units to go on from (PCD, Tieleman 2008); None starts at the data, with no chains
    after it. draws: random states.
    """
    h, count = hidden_mean(v, weights, visible), trials(v, visible)
    model_h = bernoulli.forward(h, next(draws))
    if chains is not None:
        model_h = chains
    for step in range(k):
        if step:
            model_h = bernoulli.forward(model_h, next(draws))
        mean = visible_mean(model_h, weights, visible, count)
        model_v = visible_sample(mean, visible, count, next(draws))
        model_h = hidden_mean(model_v, weights, visible)
    if chains is not None:
        chains = bernoulli.forward(model_h, next(draws))
    model_count = trials(model_v, visible)
    ascent = Weights(
        v.T @ h / len(v) - model_v.T @ model_h / len(model_v),
        v.mean(axis=0) - model_v.mean(axis=0),
        (count * h).mean(axis=0) - (model_count * model_h).mean(axis=0),
    )
    return ascent, chains


def energy(v: Array, h: Array, weights: Weights, visible: str = "binary") -> Array:
    """Return E(v, h), row by row."""
    own = -(v @ weights.visible_bias)
    if visible == "gaussian":
        own = np.square(v - weights.visible_bias).sum(axis=1) / 2
    kernel = np.einsum("ri,ij,rj->r", v, weights.kernel, h)
    total: Array = own - kernel - (trials(v, visible) * h) @ weights.hidden_bias
    return total
