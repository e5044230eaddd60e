"""How much memory plans take: the arena against what is alive in it."""

from __future__ import annotations

import numpy as np
import pytest

from lamina import _core, layers, models
from lamina.data import array_data

SPREAD = {  # a step of training each: features, layers, batch, optimizer
    "narrow": (13, (256, 128, 64, 1), 128, "adam"),
    "wide": (784, (1024, 1024, 10), 256, "adam"),
    "short batch": (784, (128, 10), 32, "sgd"),
    "deep": (40, (64, 200, 32, 300, 16, 128, 8, 1), 77, "rmsprop"),
}


def training_plan(
    features: int, units: tuple[int, ...], batch: int, optimizer: str
) -> tuple[_core.Plan, int]:
    """Return the plan of a training step of dense layers, and the bytes of its gradients."""
    stack = [
        layer
        for count in units[:-1]
        for layer in (layers.Dense(count, "relu"), layers.Dropout(0.2))
    ]
    model = models.Sequential([layers.Input((features,)), *stack, layers.Dense(units[-1])])
    model.compile(optimizer, "mse", metrics=["mae"])
    x = np.zeros((batch, features), np.float32)
    y = np.zeros((batch, units[-1]), np.float32)
    model.fit(x, y, batch, verbose=0)
    plan = model._steps.get("train", array_data(x, y), batch).plan
    return plan, sum(4 * int(np.prod(w.shape)) for w in model.trainable_variables)


@pytest.mark.parametrize("name", list(SPREAD))
def test_the_arena_is_hardly_larger_than_what_is_alive(name: str) -> None:
    plan, _ = training_plan(*SPREAD[name])
    assert 0 < plan.live_bytes <= plan.arena_bytes <= 1.1 * plan.live_bytes


def test_gradients_of_large_weights_are_never_held() -> None:
    plan, gradients = training_plan(*SPREAD["short batch"])
    assert plan.arena_bytes < 0.5 * gradients
