"""Learning rate schedules: rates after so many steps, by hand and in a plan; errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import lamina
from lamina.optimizers import schedules
from lamina.registry import schedules as registry

STEPS = (0, 1, 2, 5, 6, 10)
# Class, options, rates after so many steps (by another implementation, in float32).
SCHEDULES: list[tuple[str, dict[str, Any], list[float]]] = [
    (
        "ExponentialDecay",
        {"initial_learning_rate": 0.1, "decay_steps": 4, "decay_rate": 0.5},
        [0.1, 0.0840896, 0.0707107, 0.0420448, 0.0353553, 0.0176777],
    ),
    (
        "ExponentialDecay",
        {"initial_learning_rate": 0.1, "decay_steps": 4, "decay_rate": 0.5, "staircase": True},
        [0.1, 0.1, 0.1, 0.05, 0.05, 0.025],
    ),
    (
        "InverseTimeDecay",
        {"initial_learning_rate": 0.1, "decay_steps": 4, "decay_rate": 0.5},
        [0.1, 0.0888889, 0.08, 0.0615385, 0.0571429, 0.0444444],
    ),
    (
        "InverseTimeDecay",
        {"initial_learning_rate": 0.1, "decay_steps": 4, "decay_rate": 0.5, "staircase": True},
        [0.1, 0.1, 0.1, 0.0666667, 0.0666667, 0.05],
    ),
    (
        "PiecewiseConstantDecay",
        {"boundaries": [1, 6], "values": [0.1, 0.05, 0.01]},
        [0.1, 0.1, 0.05, 0.05, 0.05, 0.01],
    ),
    (
        "PolynomialDecay",
        {"initial_learning_rate": 0.1, "decay_steps": 4, "end_learning_rate": 0.01, "power": 2.0},
        [0.1, 0.060625, 0.0325, 0.01, 0.01, 0.01],
    ),
    (
        "PolynomialDecay",
        {
            "initial_learning_rate": 0.1,
            "decay_steps": 4,
            "end_learning_rate": 0.01,
            "power": 2.0,
            "cycle": True,
        },
        [0.1, 0.060625, 0.0325, 0.0226563, 0.015625, 0.0125],
    ),
    (
        "CosineDecay",
        {"initial_learning_rate": 0.1, "decay_steps": 8, "alpha": 0.1},
        [0.1, 0.0965746, 0.0868198, 0.0377792, 0.0231802, 0.01],
    ),
    (
        "CosineDecay",
        {"initial_learning_rate": 0.01, "decay_steps": 4, "warmup_target": 0.1, "warmup_steps": 2},
        [0.01, 0.055, 0.1, 0.0146447, 0, 0],
    ),
    (
        "CosineDecayRestarts",
        {"initial_learning_rate": 0.1, "first_decay_steps": 3},
        [0.1, 0.075, 0.025, 0.075, 0.05, 0.0982963],
    ),
    (
        "CosineDecayRestarts",
        {
            "initial_learning_rate": 0.1,
            "first_decay_steps": 3,
            "t_mul": 1.0,
            "m_mul": 0.5,
            "alpha": 0.1,
        },
        [0.1, 0.0775, 0.0325, 0.02125, 0.0325, 0.0184375],
    ),
]


def test_every_registered_schedule_has_a_case() -> None:
    assert set(registry.names()) == {name for name, *_ in SCHEDULES}


@pytest.mark.parametrize(("name", "options", "expected"), SCHEDULES)
def test_schedules(name: str, options: dict[str, Any], expected: list[float]) -> None:
    schedule = getattr(schedules, name)(**options)
    traced = lamina.function(lambda step: schedule(step))
    again = registry.deserialize(registry.serialize(schedule))
    for step, rate in zip(STEPS, expected, strict=True):
        assert float(schedule(step)) == pytest.approx(rate, rel=1e-5, abs=1e-9)
        assert float(traced(np.int64(step))) == pytest.approx(float(schedule(step)), rel=1e-12)
        assert float(again(step)) == float(schedule(step))


def test_restarts_come_on_time() -> None:
    """log(3^5) / log(3) is a little less than 5 in float64."""
    schedule = schedules.CosineDecayRestarts(1.0, 1, t_mul=3.0)
    starts = [(3**i - 1) // 2 for i in range(8)]
    assert [float(schedule(start)) for start in starts] == pytest.approx([1.0] * 8)


def test_errors() -> None:
    with pytest.raises(ValueError, match="decay_steps"):
        schedules.CosineDecay(0.1, 0)
    with pytest.raises(ValueError, match="boundaries"):
        schedules.PiecewiseConstantDecay([1, 2], [0.1, 0.2])
