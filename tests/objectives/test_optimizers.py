"""Optimizers: values after 20 steps, state, options, traces, names, errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import lamina
from lamina import constraints, ops, optimizers
from lamina.optimizers import schedules
from lamina.registry import optimizers as registry
from optimizer_cases import CASES

START = ([0.5, -1.0, 2.0], [0.1])
TARGET = ([1.0, -2.0, 3.0], [-0.5])

IDS = [f"{name}-{'-'.join(options)}".rstrip("-") for name, options, _ in CASES]


def weights(dtype: str = "float32") -> list[lamina.Variable]:
    return [lamina.Variable(np.asarray(w, dtype), name=f"w{i}") for i, w in enumerate(START)]


def gradients(values: Any, step: int) -> list[Any]:
    return [
        (np.asarray(v) - np.asarray(t, v.dtype)) * (1 + step % 3)
        for v, t in zip(values, TARGET, strict=True)
    ]


def train(optimizer: optimizers.Optimizer, variables: list[lamina.Variable], steps: int) -> None:
    for step in range(steps):
        optimizer.apply(gradients(variables, step), variables)


def flat(variables: list[lamina.Variable]) -> Any:
    return np.concatenate([v.numpy().ravel() for v in variables])


@pytest.fixture(params=CASES, ids=IDS)
def case(request: pytest.FixtureRequest) -> tuple[str, dict[str, Any], list[float]]:
    return request.param


def test_every_registered_optimizer_has_a_case() -> None:
    assert set(registry.names()) == {name for name, *_ in CASES}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_weights_after_20_steps(case: Any, dtype: str) -> None:
    name, options, expected = case
    variables = weights(dtype)
    optimizer = getattr(optimizers, name)(**options)
    train(optimizer, variables, 20)
    np.testing.assert_allclose(flat(variables), expected, rtol=5e-5)
    assert int(optimizer.iterations) == 20


def test_in_a_plan_equals_by_hand(case: Any) -> None:
    name, options, _ = case
    eager, traced = weights(), weights()
    train(getattr(optimizers, name)(**options), eager, 5)
    optimizer = getattr(optimizers, name)(**options)
    optimizer.build(traced)
    step = lamina.function(lambda g: optimizer.apply(g, traced))
    for k in range(5):
        step(gradients(traced, k))
    np.testing.assert_allclose(flat(traced), flat(eager), rtol=1e-6)
    assert int(optimizer.iterations) == 5


def test_state_restored_continues_the_same(case: Any) -> None:
    name, options, _ = case
    variables = weights()
    first = getattr(optimizers, name)(**options)
    train(first, variables, 4)
    copies = [lamina.Variable(v.numpy(), name=v.name) for v in variables]
    second = optimizers.deserialize(optimizers.serialize(first))
    assert second.get_config() == first.get_config()
    second.build(copies)
    for new, old in zip(second.variables, first.variables, strict=True):
        new.assign(old.numpy())
    train(first, variables, 4)
    train(second, copies, 4)
    np.testing.assert_array_equal(flat(copies), flat(variables))


def test_order_of_the_state() -> None:
    optimizer = optimizers.Adam(amsgrad=True)
    optimizer.build(weights())
    assert [v.name for v in optimizer.variables] == [
        "iteration",
        "learning_rate",
        "w0_momentum",
        "w0_velocity",
        "w1_momentum",
        "w1_velocity",
        "w0_velocity_hat",
        "w1_velocity_hat",
    ]


def test_learning_rate_is_read_at_run_time() -> None:
    variables = weights()
    optimizer = optimizers.SGD(0.5)
    optimizer.build(variables)
    step = lamina.function(lambda g: optimizer.apply(g, variables))
    ones = [np.ones(3, "float32"), np.ones(1, "float32")]
    step(ones)
    np.testing.assert_allclose(variables[0].numpy(), np.asarray(START[0]) - 0.5)
    optimizer.learning_rate = 0.25
    step(ones)
    np.testing.assert_allclose(variables[0].numpy(), np.asarray(START[0]) - 0.75)
    optimizer.learning_rate.assign(0.0)
    step(ones)
    np.testing.assert_allclose(variables[0].numpy(), np.asarray(START[0]) - 0.75)
    assert float(optimizer.learning_rate) == 0.0


def test_learning_rate_is_kept_exactly() -> None:
    assert float(optimizers.Adam(0.1).learning_rate) == 0.1
    assert optimizers.Adam(0.1).get_config()["learning_rate"] == 0.1


def test_schedule_in_a_plan() -> None:
    variables = weights()
    rate = schedules.PiecewiseConstantDecay([0, 1], [1.0, 0.5, 0.25])
    optimizer = optimizers.SGD(rate)
    optimizer.build(variables)
    step = lamina.function(lambda g: optimizer.apply(g, variables))
    seen = []
    for _ in range(4):
        before = variables[1].numpy()
        seen.append(float(optimizer.learning_rate))
        step([np.ones(3, "float32"), np.ones(1, "float32")])
        assert before - variables[1].numpy() == pytest.approx(seen[-1])
    assert seen == [1.0, 0.5, 0.25, 0.25]


def test_weights_of_two_dtypes() -> None:
    variables = [lamina.Variable(np.ones(2, dtype)) for dtype in ("float32", "float64")]
    optimizers.Adam(0.1).apply([np.ones(2), np.ones(2)], variables)
    assert [v.dtype for v in variables] == ["float32", "float64"]
    np.testing.assert_allclose(variables[0].numpy(), variables[1].numpy(), rtol=1e-6)
    np.testing.assert_allclose(variables[1].numpy(), 0.9, rtol=1e-6)


def test_excluded_weights_do_not_decay() -> None:
    variables = weights()
    optimizer = optimizers.AdamW(0.5, weight_decay=0.1)
    optimizer.exclude_from_weight_decay(var_list=[variables[0]], var_names=["^nothing$"])
    optimizer.apply([np.zeros(3), np.zeros(1)], variables)
    np.testing.assert_array_equal(variables[0].numpy(), np.asarray(START[0], "float32"))
    np.testing.assert_allclose(variables[1].numpy(), np.asarray(START[1]) * 0.95, rtol=1e-6)

    by_name = optimizers.SGD(0.5, weight_decay=0.1)
    by_name.exclude_from_weight_decay(var_names=["w1"])
    variables = weights()
    by_name.apply([np.zeros(3), np.zeros(1)], variables)
    np.testing.assert_array_equal(variables[1].numpy(), np.asarray(START[1], "float32"))
    np.testing.assert_allclose(variables[0].numpy(), np.asarray(START[0]) * 0.95, rtol=1e-6)
    with pytest.raises(ValueError, match="before the first update"):
        by_name.exclude_from_weight_decay(var_names=["w0"])


def test_clipping_of_zero_gradients_is_finite() -> None:
    for option in ("clipnorm", "clipvalue", "global_clipnorm"):
        variables = weights()
        optimizers.SGD(**{option: 1.0}).apply([np.zeros(3), np.zeros(1)], variables)
        assert np.isfinite(flat(variables)).all()


def test_constraints_hold_after_the_update() -> None:
    variable = lamina.Variable(np.array([1.0, 0.5], "float32"), constraint=constraints.NonNeg())
    optimizers.SGD(1.0).apply([np.array([0.25, 2.0])], [variable])
    np.testing.assert_array_equal(variable.numpy(), [0.75, 0.0])


def test_no_gradient_leaves_a_weight_with_a_warning() -> None:
    variables = weights()
    with pytest.warns(UserWarning, match="w1"):
        optimizers.SGD(1.0).apply([np.ones(3), None], variables)
    np.testing.assert_array_equal(variables[1].numpy(), np.asarray(START[1], "float32"))
    with pytest.raises(ValueError, match="no gradients"):
        optimizers.SGD(1.0).apply([None, None], variables)


def test_apply_gradients_takes_pairs() -> None:
    variables = weights()
    optimizer = optimizers.SGD(1.0)
    count = optimizer.apply_gradients(zip(gradients(variables, 0), variables, strict=True))
    assert int(count) == 1
    np.testing.assert_allclose(flat(variables), np.concatenate(TARGET))


def test_rprop_rests_where_the_gradient_turns() -> None:
    variables = [lamina.Variable(np.zeros(1, "float32"))]
    optimizer = optimizers.Rprop(0.1, step_min=0.05, step_max=0.13)
    seen = []
    for gradient in (1.0, 2.0, -1e-30, -1e-30, 1e-30, 0.0, 1.0):
        optimizer.apply([np.array([gradient])], variables)
        seen.append(float(variables[0].numpy()[0]))
    np.testing.assert_allclose(seen, [-0.1, -0.22, -0.22, -0.16, -0.16, -0.16, -0.21], rtol=1e-5)


def test_lamb_of_weights_or_gradients_that_are_zero() -> None:
    variables = [lamina.Variable(np.zeros(2, "float32")), lamina.Variable(np.ones(2, "float32"))]
    optimizers.Lamb(0.5).apply([np.ones(2), np.zeros(2)], variables)
    np.testing.assert_allclose(variables[0].numpy(), [-0.5, -0.5], rtol=1e-5)
    np.testing.assert_array_equal(variables[1].numpy(), [1.0, 1.0])


def test_own_optimizer_of_operations() -> None:
    class SignSGD(optimizers.Optimizer):
        def update(self, gradients: Any, weights: Any, learning_rate: Any) -> None:
            for gradient, weight in zip(gradients, weights, strict=True):
                weight.assign_sub(learning_rate * ops.sign(gradient))

    variables = weights()
    SignSGD(0.5).apply([np.array([3.0, -2.0, 0.0]), np.array([1.0])], variables)
    np.testing.assert_allclose(flat(variables), [0.0, -0.5, 2.0, -0.4], rtol=1e-6)


@pytest.mark.parametrize(
    "name", ["adam", "Adam", "ADAM", "RMSprop", "sgd", "AdamW", "rprop", "manhattan", "lamb"]
)
def test_names_in_any_case(name: str) -> None:
    assert type(optimizers.get(name)).__name__.lower() == name.lower()


def test_errors() -> None:
    with pytest.raises(ValueError, match="adam"):
        optimizers.get("adamm")
    with pytest.raises(TypeError, match=r"learning_rate.*'fast'"):
        optimizers.Adam("fast")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="learning_rate"):
        optimizers.Adam(lambda: 0.1)  # type: ignore[arg-type]
    for rate in (-0.1, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="learning_rate"):
            optimizers.Adam(rate)
    with pytest.raises(ValueError, match=r"at most one.*clipnorm.*clipvalue"):
        optimizers.SGD(clipnorm=1.0, clipvalue=1.0)
    with pytest.raises(ValueError, match="momentum"):
        optimizers.SGD(momentum=1.5)
    with pytest.raises(ValueError, match="beta_1"):
        optimizers.Adam(beta_1=-0.1)
    with pytest.raises(ValueError, match="learning_rate to be a number"):
        optimizers.Rprop(schedules.CosineDecay(0.1, 10))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"eta_plus in \[1"):
        optimizers.Rprop(eta_plus=0.5)
    with pytest.raises(ValueError, match="weight_decay"):
        optimizers.AdamW(weight_decay=None)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="lr"):
        optimizers.Adam(lr=0.1)  # type: ignore[call-arg]


def test_errors_of_use() -> None:
    variables = weights()
    optimizer = optimizers.SGD(0.1)
    with pytest.raises(ValueError, match="build"):
        optimizer.apply([np.ones(3)])
    with pytest.raises(ValueError, match=r"1 gradients for 2"):
        optimizer.apply([np.ones(3)], variables)
    optimizer.build(variables)
    stranger = lamina.Variable(np.ones(2, "float32"), name="stranger")
    with pytest.raises(ValueError, match="stranger"):
        optimizer.apply([np.ones(2)], [stranger])
    with pytest.raises(TypeError, match="schedule"):
        optimizer.learning_rate = schedules.CosineDecay(0.1, 10)
    with pytest.raises(TypeError, match="CosineDecay"):
        optimizers.SGD(schedules.CosineDecay(0.1, 10)).learning_rate = 0.1
    assert int(optimizer.iterations) == 0
    np.testing.assert_array_equal(variables[0].numpy(), np.asarray(START[0], "float32"))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: optimizers.SGD(nesterov="yes"), "SGD: expected nesterov to be True or False"),
        (lambda: optimizers.Adam(epsilon=[1e-7]), "Adam: expected epsilon to be a number"),
    ],
)
def test_arguments_of_a_wrong_type(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        make()
