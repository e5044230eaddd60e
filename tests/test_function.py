"""Compiled functions as users write them: arguments, methods, state, training steps."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import lamina
from lamina import Variable, layers, models, ops, optimizers

X = np.arange(6, dtype=np.float32).reshape(2, 3)


@lamina.function
def scaled(x: Any, by: Any = 2.0, shift: float = 0.0) -> Any:
    return x * by + shift


class Scaler:
    """Has a method that is compiled for each object."""

    def __init__(self, factor: float) -> None:
        self.factor = factor
        self.calls = 0

    @lamina.function
    def scale(self, x: Any) -> Any:
        self.calls += 1
        return x * self.factor


def test_arrays_by_keyword_are_inputs() -> None:
    np.testing.assert_array_equal(scaled(x=X), 2 * X)
    np.testing.assert_array_equal(scaled(X, by=X), X * X)
    np.testing.assert_array_equal(scaled(X, by=X[0], shift=1.0), X * X[0] + 1)
    np.testing.assert_array_equal(scaled(X, by=2 * X), 2 * X * X)  # the same plan, other numbers
    inside = lamina.function(lambda x: scaled(x, by=x))
    np.testing.assert_array_equal(inside(X), X * X)


def test_what_can_be_neither_input_nor_constant_is_refused() -> None:
    with pytest.raises(TypeError, match="scaled: expected arrays or values that can be hashed"):
        scaled(X, by=[1, 2, 3])


def test_methods_are_compiled_for_each_object() -> None:
    two, three = Scaler(2.0), Scaler(3.0)
    for _ in range(2):
        np.testing.assert_array_equal(two.scale(X), 2 * X)
        np.testing.assert_array_equal(three.scale(X), 3 * X)
    assert (two.calls, three.calls) == (1, 1)
    for other in (copy.deepcopy(two), pickle.loads(pickle.dumps(two))):
        np.testing.assert_array_equal(other.scale(X), 2 * X)


def test_python_cannot_branch_on_what_is_not_known_yet() -> None:
    @lamina.function
    def fn(x: Any) -> Any:
        return x if ops.sum(x) > 0 else -x

    with pytest.raises(TypeError, match=r"use lamina\.ops\.cond or lamina\.ops\.where"):
        fn(X)


def test_functions_share_variables() -> None:
    total = Variable(np.zeros(3, np.float32))
    add = lamina.function(lambda x: total.assign_add(x))
    mean = lamina.function(lambda: ops.mean(total))
    reset = lamina.function(lambda: total.assign(ops.zeros(3)))
    add(X[0])
    add(X[1])
    assert float(mean()) == pytest.approx(X.sum() / 3)
    reset()
    assert float(mean()) == 0


def test_an_update_is_seen_by_what_follows_it() -> None:
    w = Variable(np.float32(1))
    optimizer = optimizers.SGD(0.1)

    @lamina.function
    def step(x: Any) -> Any:
        losses = []
        for _ in range(3):
            loss = ops.square(w * x)
            losses.append(loss)
            optimizer.apply([lamina.grad(loss, w)], [w])
        return losses, w.value

    losses, after = step(1.0)
    np.testing.assert_allclose(losses, [0.8 ** (2 * i) for i in range(3)], rtol=1e-6)
    assert float(after) == pytest.approx(0.8**3)
    assert float(w) == float(after)
    assert int(optimizer.iterations) == 3


def penalty(critic: Any, x: Any) -> Any:
    """Return the mean of (|critic's slope| - 1)² (Gulrajani et al. 2017)."""
    slope = lamina.grad(critic(x), x)
    return ops.mean((ops.sqrt(ops.sum(ops.square(slope), axis=1)) - 1) ** 2)


def test_the_gradient_of_a_gradient_penalty_matches_differences() -> None:
    with_weights = [(4, 5), (5, 1)]
    rng = np.random.default_rng(1)
    weights = [Variable(rng.normal(size=s)) for s in with_weights]

    def critic(x: Any) -> Any:
        return ops.tanh(x @ weights[0]) @ weights[1]

    value = lamina.function(lambda x: penalty(critic, x))
    slopes = lamina.function(lambda x: lamina.grad(penalty(critic, x), weights))
    x, step = rng.normal(size=(7, 4)), 1e-6
    for weight, slope in zip(weights, slopes(x), strict=True):
        start, along = weight.numpy(), rng.normal(size=weight.shape)
        sides = []
        for sign in (1, -1):
            weight.assign(start + sign * step * along)
            sides.append(float(value(x)))
        weight.assign(start)
        difference = (sides[0] - sides[1]) / (2 * step)
        assert float(np.sum(slope * along)) == pytest.approx(difference, rel=1e-6)


def test_a_critic_learns_under_its_penalty() -> None:
    lamina.utils.set_random_seed(2)
    critic = models.Sequential([layers.Input((2,)), layers.Dense(16, "tanh"), layers.Dense(1)])
    optimizer = optimizers.Adam(0.01)

    @lamina.function
    def step(real: Any, fake: Any) -> Any:
        distance = ops.mean(critic(real)) - ops.mean(critic(fake))
        loss = 10 * penalty(critic, (real + fake) / 2) - distance
        weights = critic.trainable_variables
        optimizer.apply(lamina.grad(loss, weights), weights)
        return distance

    rng = np.random.default_rng(0)
    real = rng.normal(size=(64, 2)).astype(np.float32)
    fake = real + np.float32([3, 0])
    distances = [float(step(real, fake)) for _ in range(300)]
    assert distances[0] < 2
    assert 2.5 < distances[-1] < 3.8  # Wasserstein's distance of the two is 3
