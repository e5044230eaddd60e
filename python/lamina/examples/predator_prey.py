"""An equation's parameters are found by differentiating its solution.

Hares and lynxes after Lotka and Volterra: x' = a x - b x y, y' = c x y - d y. From counts with 3 %
noise at 100 times, gradient descent finds a, b, c and d: the equation is solved by the method of
Runge and Kutta in a loop, `ops.scan`, and the loss differentiated through it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import lamina
from lamina import ops, optimizers
from lamina.examples import AtMost

TRUE = np.array([1.1, 0.4, 0.1, 0.4])
START = np.array([10.0, 5.0])
STEP, STEPS = 0.1, 100
GOALS = {
    "largest_error": AtMost(quick=0.35, full=0.02),
    "loss": AtMost(quick=0.006, full=0.001),
}


def run(quick: bool = False, verbose: int = 0) -> dict[str, float]:
    rng = np.random.default_rng(0)
    solution = lamina.function(solve)
    noise = 1 + 0.03 * rng.normal(size=(STEPS, 2))
    counts = solution(TRUE).numpy() * noise

    logarithms = lamina.Variable(
        np.log([0.8, 0.3, 0.15, 0.5]), dtype="float64"
    )  # keeps them positive
    optimizer = optimizers.Adam(0.02)

    @lamina.function
    def step() -> Any:
        found = ops.log(solve(ops.exp(logarithms)))
        loss = ops.mean(ops.square(found - np.log(counts)))
        optimizer.apply([lamina.grad(loss, logarithms)], [logarithms])
        return loss

    steps = 150 if quick else 600
    for i in range(steps):
        loss = float(step())
        if verbose and i % 50 == 0:
            print(f"step {i}: loss {loss:.5f}, parameters {np.exp(logarithms)}")
    errors = np.abs(np.exp(logarithms) / TRUE - 1)
    return {"largest_error": float(errors.max()), "loss": loss}


def solve(parameters: Any) -> Any:
    """Return the counts at the times, (100, 2)."""
    a, b, c, d = ops.unstack(parameters)

    def slope(state: Any) -> Any:
        x, y = state[0], state[1]
        return ops.stack([a * x - b * x * y, c * x * y - d * y])

    def advance(state: Any, _: Any) -> Any:
        k1 = slope(state)
        k2 = slope(state + STEP / 2 * k1)
        k3 = slope(state + STEP / 2 * k2)
        k4 = slope(state + STEP * k3)
        state = state + STEP / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        return state, state

    return ops.scan(advance, START, length=STEPS)[1]
