"""Draws from the less common distributions: moments, bounds, seeds, and in compiled functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lamina
from lamina import random

N = 40000
ALPHA = np.array([[0.3], [1.0], [7.5]])
# A draw, its mean and its variance, for each of three rows.
DRAWS: list[tuple[str, Callable[[Any], Any], Any, Any]] = [
    (
        "truncated_normal",
        lambda seed: random.truncated_normal((3, N), 1.0, 2.0, "float64", seed),
        1.0,
        4 * 0.7737413,
    ),
    ("gamma", lambda seed: random.gamma((3, N), ALPHA, seed=seed), ALPHA, ALPHA),
    (
        "beta",
        lambda seed: random.beta((3, N), ALPHA, 2.0, "float64", seed),
        ALPHA / (ALPHA + 2),
        2 * ALPHA / ((ALPHA + 2) ** 2 * (ALPHA + 3)),
    ),
    (
        "binomial",
        lambda seed: random.binomial((3, N), [[1], [9], [300]], 0.3, seed=seed),
        np.array([[0.3], [2.7], [90]]),
        np.array([[0.21], [1.89], [63]]),
    ),
]
by_draw = pytest.mark.parametrize("draw", DRAWS, ids=[row[0] for row in DRAWS])


@by_draw
def test_moments(draw: Any) -> None:
    _, call, mean, variance = draw
    x = call(1).numpy()
    assert np.isfinite(x).all()
    error = np.abs(x.mean(1, keepdims=True) - mean) / np.sqrt(np.asarray(variance) / N)
    assert error.max() < 4  # standard errors
    np.testing.assert_allclose(x.var(1, keepdims=True), np.broadcast_to(variance, (3, 1)), rtol=0.1)


@by_draw
def test_seeds(draw: Any) -> None:
    _, call, _, _ = draw
    np.testing.assert_array_equal(call(1), call(1))
    assert not np.array_equal(call(1), call(2))
    generator = random.SeedGenerator(5)
    compiled = lamina.function(lambda: call(generator))
    first, second = compiled(), compiled()
    assert not np.array_equal(first, second)
    again = random.SeedGenerator(5)
    np.testing.assert_allclose(first, call(again), rtol=1e-6)
    np.testing.assert_allclose(second, call(again), rtol=1e-6)


def test_bounds() -> None:
    x = random.truncated_normal((N,), seed=3).numpy()
    assert x.dtype == np.float32
    assert 1.9 < np.abs(x).max() <= 2
    for drawn in (random.gamma((N,), 0.05, seed=1), random.beta((N,), 0.1, 0.1, seed=1)):
        assert (drawn.numpy() >= 0).all()
    counts = random.binomial((N,), 4, 0.5, "int32", seed=1).numpy()
    assert counts.dtype == np.int32
    np.testing.assert_allclose(
        np.bincount(counts) / N, [1 / 16, 1 / 4, 3 / 8, 1 / 4, 1 / 16], atol=0.01
    )


def test_gamma_has_its_distribution() -> None:
    # Of alpha = 1 that is the exponential one: the largest distance of the distribution functions.
    x = np.sort(random.gamma((N,), 1.0, seed=2).numpy())
    distance = np.abs(1 - np.exp(-x) - (np.arange(N) + 0.5) / N).max()
    assert distance < 1.6 / np.sqrt(N)  # Kolmogorov's bound at about 1 %
