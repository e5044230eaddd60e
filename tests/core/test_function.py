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


def test_strings_are_fixed_in_the_plan() -> None:
    @lamina.function
    def fn(x: Any, how: str, parts: Any = ()) -> Any:
        return {"how": how, "y": x + 1 if how == "up" else x - 1, "parts": parts}

    for _ in range(2):
        assert [float(fn(3.0, how)["y"]) for how in ("up", "down")] == [4, 2]
    found = fn(3.0, "up", ["first", (np.float32(2), None)])
    assert (found["how"], found["parts"][0], found["parts"][1][1]) == ("up", "first", None)
    assert float(found["parts"][1][0]) == 2


def test_functions_call_functions_and_themselves() -> None:
    total = Variable(0.0)

    @lamina.function
    def power(x: Any, n: int = 0) -> Any:
        total.assign_add(1.0)
        return x if n == 0 else x * power(x, n=n - 1)

    @lamina.function
    def slopes(x: Any) -> Any:
        slope = lamina.grad(power(x, n=2), x)
        return slope, lamina.grad(slope, x), total.value

    assert [float(y) for y in slopes(2.0)] == [12, 12, 3]
    assert [float(y) for y in slopes(3.0)] == [27, 18, 6]


def test_a_variable_made_inside_is_made_once_for_a_plan() -> None:
    @lamina.function
    def count(x: Any) -> Any:
        calls = Variable(0.0)
        return calls.assign_add(1.0) + 0 * x

    assert [float(count(1.0)) for _ in range(3)] == [1, 2, 3]


def test_an_error_names_the_line_that_it_is_of() -> None:
    @lamina.function
    def fn(x: Any) -> Any:
        doubled = x * 2
        return doubled @ np.ones((4, 4), np.float32)  # the line

    with pytest.raises(ValueError, match="matmul") as caught:
        fn(np.ones((2, 3), np.float32))
    assert any("# the line" in str(entry.statement) for entry in caught.traceback)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (lambda x: np.sin(x), "use lamina.ops on it, not NumPy"),
        (lambda x: np.mean(x), "use lamina.ops on it, not NumPy"),
        (lambda x: x if ops.sum(x) > 0 else -x, "use lamina.ops.cond or lamina.ops.where"),
        (lambda x: max(x), "use lamina.ops.cond or lamina.ops.where"),
        (lambda x: float(ops.sum(x)), "has no value yet: it is no float"),
        (lambda x: f"{ops.sum(x):.2f}", "return it, and print what is returned"),
        (lambda x: x.__setitem__(0, 1), "ops.slice_update and ops.scatter_update"),
    ],
)
def test_what_needs_values_is_refused(body: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        lamina.function(body)(np.ones(3, np.float32))
