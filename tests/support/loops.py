"""Loops and a choice that several tests are made of."""

from __future__ import annotations

from typing import Any

import numpy as np

from lamina import ops

rng = np.random.default_rng(0)
W = rng.normal(size=(3, 3)) * 0.5
XS = rng.normal(size=(5, 2, 3))
INIT = rng.normal(size=(2, 3))


def rnn(init: Any, xs: Any, w: Any, reverse: bool = False) -> Any:
    def step(carry: Any, x: Any) -> Any:
        carry = ops.tanh(carry @ w + x)
        return carry, carry * x

    return ops.scan(step, init, xs, reverse=reverse)


def power_loop(x: Any, limit: Any) -> Any:
    """Return x, x², x⁴, ... summed up, until the power passes a limit."""
    return ops.while_loop(
        lambda power, total, _: ops.max(power) < limit,
        lambda power, total, n: (power * power, total + power, n + 1),
        (x, ops.zeros_like(x), 0),
        maximum_iterations=5,
    )[1:]


def choice(x: Any, y: Any) -> Any:
    return ops.cond(ops.sum(x) > 0, lambda: x * ops.sin(y), lambda: ops.square(y))
