"""Cases of the ops that draw random numbers."""

from __future__ import annotations

import numpy as np

from op_case import Array, Case, case, integers, values


def state(rng: np.random.Generator) -> Array:
    """Draw a random generator's state."""
    return rng.integers(0, 2**62, 2)


def random_cases() -> list[Case]:
    """Return the cases of random ops."""
    cases = [case("next_random_state", state)]
    for shape in ([1], [3, 5], [1000], [0]):
        for dtype in ("float32", "float64"):
            cases.append(
                case("random_uniform", state, shape=shape, minval=-2.0, maxval=3.0, dtype=dtype)
            )
            cases.append(
                case("random_normal", state, shape=shape, mean=1.0, stddev=2.0, dtype=dtype)
            )
        cases.append(case("random_int", state, shape=shape, minval=-5, maxval=11))
        cases += [case("dropout", values(*shape), state, rate=r) for r in (0.0, 0.2, 0.9)]
        cases.append(case("bernoulli", values(*shape, low=-0.1, high=1.1), state))
    for rows, classes, most in [(1, 1, 2), (3, 5, 8), (130, 3, 2), (2, 40, 700), (0, 4, 1)]:
        p, totals = values(rows, classes, low=0, high=1), integers(0, most, rows, dtype="float64")
        cases.append(case("multinomial", p, totals, state))
    nothing, totals = values(2, 3, low=-1e-30, high=-1e-31), values(2, low=-2, high=3)
    cases.append(case("multinomial", nothing, totals, state))
    return cases
