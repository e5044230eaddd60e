"""Derivatives of compiled functions, held to differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lamina
from lamina import ops
from op_case import Array


def check_slopes(fn: Callable[..., Any], *inputs: Array) -> None:
    """Hold first and second derivatives to central differences, along random directions."""
    draw = np.random.default_rng(5)
    along = [draw.normal(size=x.shape) for x in inputs]

    @lamina.function
    def value(*xs: Any) -> Any:
        return ops.sum(ops.sin(fn(*xs)))

    @lamina.function
    def slope(*xs: Any) -> Any:
        found = lamina.grad(value(*xs), list(xs))
        return sum(ops.sum(d * a) for d, a in zip(found, along, strict=True) if d is not None)

    @lamina.function
    def curvature(*xs: Any) -> Any:
        found = lamina.grad(slope(*xs), list(xs))
        return sum(ops.sum(d * a) for d, a in zip(found, along, strict=True) if d is not None)

    step = 1e-5
    for lower, upper in ((value, slope), (slope, curvature)):
        right = lower(*(x + step * a for x, a in zip(inputs, along, strict=True)))
        left = lower(*(x - step * a for x, a in zip(inputs, along, strict=True)))
        expected = (float(right) - float(left)) / (2 * step)
        assert float(upper(*inputs)) == pytest.approx(expected, rel=1e-6, abs=1e-8)
