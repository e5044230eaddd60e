"""Schedules, initializers, regularizers and constraints against the NumPy reference."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import lamina
from lamina import constraints, initializers, registry, regularizers
from lamina.optimizers import schedules
from lamina.reference.constraints import CONSTRAINTS
from lamina.reference.initializers import DISTRIBUTIONS, VALUES
from lamina.reference.regularizers import REGULARIZERS
from lamina.reference.schedules import SCHEDULES

Options = dict[str, Any]
Row = tuple[str, Options]

SCHEDULE_ROWS: list[Row] = [
    ("ExponentialDecay", {"decay_steps": 7, "decay_rate": 0.6}),
    ("ExponentialDecay", {"decay_steps": 7, "decay_rate": 0.6, "staircase": True}),
    ("InverseTimeDecay", {"decay_steps": 5, "decay_rate": 0.4}),
    ("InverseTimeDecay", {"decay_steps": 5, "decay_rate": 0.4, "staircase": True}),
    ("PiecewiseConstantDecay", {"boundaries": [3, 10, 11], "values": [1.0, 0.5, 0.2, 0.1]}),
    ("PolynomialDecay", {"decay_steps": 11}),
    ("PolynomialDecay", {"decay_steps": 11, "power": 2.5, "end_learning_rate": 0.02}),
    ("PolynomialDecay", {"decay_steps": 11, "power": 0.5, "cycle": True}),
    ("CosineDecay", {"decay_steps": 13, "alpha": 0.1}),
    ("CosineDecay", {"decay_steps": 13, "warmup_target": 0.9, "warmup_steps": 4}),
    ("CosineDecayRestarts", {"first_decay_steps": 3}),
    ("CosineDecayRestarts", {"first_decay_steps": 4, "t_mul": 1.0, "m_mul": 0.7, "alpha": 0.1}),
    ("CosineDecayRestarts", {"first_decay_steps": 5, "t_mul": 1.5, "m_mul": 0.8}),
]
VALUE_ROWS: list[Row] = [
    ("Zeros", {}),
    ("Ones", {}),
    ("Constant", {"value": 2.5}),
    ("Constant", {"value": [1.0, 2.0, 3.0]}),
    ("Identity", {"gain": 2.0}),
]
DISTRIBUTION_ROWS: list[Row] = [
    *[(name, {}) for name in DISTRIBUTIONS],
    ("RandomUniform", {"minval": -1.0, "maxval": 3.0}),
    ("RandomNormal", {"mean": 1.0, "stddev": 0.5}),
    ("TruncatedNormal", {"mean": 1.0, "stddev": 0.5}),
    ("Orthogonal", {"gain": 1.5}),
    *[
        ("VarianceScaling", {"scale": 3.0, "mode": mode, "distribution": distribution})
        for mode in ("fan_in", "fan_out", "fan_avg")
        for distribution in ("uniform", "truncated_normal", "untruncated_normal")
    ],
]
REGULARIZER_ROWS: list[Row] = [
    ("L1", {}),
    ("L1", {"l1": 0.3}),
    ("L2", {}),
    ("L2", {"l2": 0.3}),
    ("L1L2", {}),
    ("L1L2", {"l1": 0.1, "l2": 0.02}),
    ("OrthogonalRegularizer", {}),
    ("OrthogonalRegularizer", {"factor": 0.5, "mode": "columns"}),
]
CONSTRAINT_ROWS: list[Row] = [
    ("NonNeg", {}),
    ("UnitNorm", {}),
    ("UnitNorm", {"axis": 1}),
    ("UnitNorm", {"axis": [0, 1]}),
    ("MinMaxNorm", {}),
    ("MinMaxNorm", {"min_value": 1.5, "max_value": 2.5, "rate": 0.3, "axis": 1}),
    ("MaxNorm", {}),
    ("MaxNorm", {"max_value": 0.5, "axis": [0, 1]}),
]


def names(rows: list[Row]) -> set[str]:
    return {name for name, _ in rows}


def test_every_entry_has_a_reference_and_a_case() -> None:
    assert set(registry.schedules.names()) == set(SCHEDULES) == names(SCHEDULE_ROWS)
    assert set(registry.initializers.names()) == {*VALUES, *DISTRIBUTIONS}
    assert set(VALUES) == names(VALUE_ROWS)
    assert set(registry.regularizers.names()) == set(REGULARIZERS) == names(REGULARIZER_ROWS)
    assert set(registry.constraints.names()) == set(CONSTRAINTS) == names(CONSTRAINT_ROWS)


@pytest.mark.parametrize(("name", "options"), SCHEDULE_ROWS)
def test_schedules(name: str, options: Options) -> None:
    if name != "PiecewiseConstantDecay":
        options = {"initial_learning_rate": 0.3, **options}
    schedule = getattr(schedules, name)(**options)
    for step in range(60):
        assert float(schedule(step)) == pytest.approx(SCHEDULES[name](step, **options), abs=1e-14)


@pytest.mark.parametrize(("name", "options"), VALUE_ROWS)
def test_initial_values(name: str, options: Options) -> None:
    values = getattr(initializers, name)(**options)((5, 3))
    np.testing.assert_array_equal(values, VALUES[name]((5, 3), **options))


@pytest.mark.parametrize("shape", [(301, 199), (3, 5, 61, 67)])
@pytest.mark.parametrize(("name", "options"), DISTRIBUTION_ROWS)
def test_initial_distributions(name: str, options: Options, shape: tuple[int, ...]) -> None:
    values = getattr(initializers, name)(**options, seed=1)(shape, "float64").numpy()
    expected = DISTRIBUTIONS[name](shape, **options)
    error = expected.stddev / values.size**0.5  # of the mean; of the deviation it is less
    assert values.mean() == pytest.approx(expected.mean, abs=5 * error)
    assert values.std() == pytest.approx(expected.stddev, abs=5 * error)
    assert expected.low <= values.min()
    assert values.max() <= expected.high
    if name != "Orthogonal" and np.isfinite(expected.high):  # all of the range is used
        width = expected.high - expected.low
        assert values.max() > expected.high - 0.02 * width
        assert values.min() < expected.low + 0.02 * width


@pytest.mark.parametrize(("name", "options"), REGULARIZER_ROWS)
def test_regularizers(name: str, options: Options) -> None:
    w = np.random.default_rng(3).normal(size=(7, 5))
    regularizer, reference = getattr(regularizers, name)(**options), REGULARIZERS[name]
    expected = reference.value(w, **options)
    assert float(regularizer(lamina.Variable(w))) == pytest.approx(expected, rel=1e-12)
    slopes = lamina.function(lambda w: lamina.grad(regularizer(w), w))(w)
    slopes = np.zeros_like(w) if slopes is None else slopes  # of a penalty of nothing
    np.testing.assert_allclose(slopes, reference.gradient(w, **options), rtol=1e-10, atol=1e-15)


@pytest.mark.parametrize(("name", "options"), CONSTRAINT_ROWS)
@pytest.mark.parametrize("scale", [1.0, 1e-3, 0.0])
def test_constraints(name: str, options: Options, scale: float) -> None:
    w = scale * np.random.default_rng(4).normal(size=(7, 5))
    actual = getattr(constraints, name)(**options)(lamina.Variable(w))
    np.testing.assert_allclose(actual, CONSTRAINTS[name](w, **options), rtol=1e-12)
