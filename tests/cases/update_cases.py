"""Inputs for the optimizers' updates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from op_case import Array, Case, case, integers, values

OPTIMIZERS: list[tuple[str, int, dict[str, Any]]] = [  # name, slots, hyperparameters
    ("sgd", 0, {"momentum": 0.0, "nesterov": False}),
    ("sgd", 1, {"momentum": 0.9, "nesterov": False}),
    ("sgd", 1, {"momentum": 0.9, "nesterov": True}),
    ("adam", 2, {"beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7, "amsgrad": False}),
    ("adam", 3, {"beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7, "amsgrad": True}),
    ("adamax", 2, {"beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}),
    ("nadam", 2, {"beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}),
    *[
        ("rmsprop", 1 + (m > 0) + c, {"rho": 0.9, "momentum": m, "epsilon": 1e-7, "centered": c})
        for m in (0.0, 0.5)
        for c in (False, True)
    ],
    ("adagrad", 1, {"epsilon": 1e-7}),
    ("adadelta", 2, {"rho": 0.95, "epsilon": 1e-7}),
    ("lion", 1, {"beta_1": 0.9, "beta_2": 0.99}),
    ("lamb", 2, {"beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}),
    ("manhattan", 0, {}),
    ("rprop", 2, {"eta_minus": 0.5, "eta_plus": 1.2, "step_min": 0.1, "step_max": 0.8}),
    (
        "ftrl",
        2,
        {
            "learning_rate_power": -0.5,
            "l1_regularization_strength": 0.1,
            "l2_regularization_strength": 0.2,
            "l2_shrinkage_regularization_strength": 0.3,
            "beta": 0.1,
        },
    ),
]


def separate_cases() -> list[Case]:
    """Return the cases of updates by gradients: three weights, with and without decay."""
    shapes = [(67, 3), (1,), (130,)]
    cases = []
    for name, slots, parameters in OPTIMIZERS:
        # A centered slot must not exceed the root of the mean square, so slots are drawn apart.
        slot_draws = [
            values(*s, low=1, high=3) if i == 0 else values(*s, low=0.1, high=0.9)
            for i in range(slots)
            for s in shapes
        ]
        draws = [values(*s) for s in shapes], slot_draws, [values(*s) for s in shapes]
        rate, steps = (lambda rng: np.array(0.01)), integers(5, 6, dtype="int64")
        for decay in ([], [0.0, 0.1, 0.2]):
            attributes = {"count": len(shapes), "weight_decay": decay, **parameters}
            cases.append(
                case(name, *(d for group in draws for d in group), rate, steps, **attributes)
            )
    return cases


def fractions(*shape: int) -> Callable[[np.random.Generator], Array]:
    """Return a drawer of eighths, so that no sum of products depends on its order."""
    return lambda rng: rng.integers(-8, 9, shape) / 8


def factored_cases() -> list[Case]:
    """Return the cases of updates whose gradient is a product, in sizes of several blocks."""
    cases = []
    for (m, n, k), ta, tb, blocks in [
        ((67, 19, 5), True, False, {}),
        ((30, 300, 33), True, False, {}),
        ((16, 16, 1), False, False, {}),
        ((25, 130, 300), True, True, {}),
        ((13, 192, 7), True, False, {"b_blocks": 4}),
        ((96, 32, 7), True, False, {"a_blocks": 3, "b_blocks": 2}),
        ((1024, 901, 73), True, True, {}),  # in pieces, with A copied for all
        ((701, 901, 107), True, False, {}),
    ]:
        a, b = (k, m) if ta else (m, k), (n, k) if tb else (k, n)
        few = [rule for rule in OPTIMIZERS if rule[0] == "adam"]
        for name, slots, parameters in OPTIMIZERS if m < 512 else few:
            slot_draws = [
                values(m, n, low=1, high=3) if i == 0 else values(m, n, low=0.1, high=0.9)
                for i in range(slots)
            ]
            rate, steps = (lambda rng: np.array(0.01)), integers(5, 6, dtype="int64")
            factors = [fractions(*shape) for shape in (a, b)]
            draws = values(m, n), *slot_draws, rate, steps, *factors
            attributes = {"rule": name, "transpose_a": ta, "transpose_b": tb, **parameters}
            attributes["sparse_a"] = k == 33
            cases.append(case("matmul_update", *draws, weight_decay=0.1, **blocks, **attributes))
    return cases


def update_cases() -> list[Case]:
    """Return the cases of all updates."""
    return [*separate_cases(), *factored_cases()]
