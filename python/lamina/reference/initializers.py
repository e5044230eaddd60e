"""Where weights start: exact values, or the distribution they are drawn from."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lamina.reference.registry import Array


@dataclass
class Distribution:
    """Moments and limits of a weight's elements."""

    mean: float
    stddev: float
    low: float = -math.inf
    high: float = math.inf


Shape = Sequence[int]

VALUES: dict[str, Callable[..., Array]] = {
    "Zeros": np.zeros,
    "Ones": np.ones,
    "Constant": lambda shape, value=0.0: np.full(shape, value),
    "Identity": lambda shape, gain=1.0: gain * np.eye(*shape),
}


def uniform(shape: Shape, minval: float = -0.05, maxval: float = 0.05) -> Distribution:
    """Return the uniform distribution: variance (max - min)^2 / 12."""
    return Distribution((minval + maxval) / 2, (maxval - minval) / math.sqrt(12), minval, maxval)


def normal(shape: Shape, mean: float = 0.0, stddev: float = 0.05) -> Distribution:
    """Return the normal distribution."""
    return Distribution(mean, stddev)


def truncated_normal(shape: Shape, mean: float = 0.0, stddev: float = 0.05) -> Distribution:
    """Return the normal distribution cut at two deviations.

    Its variance is s^2 (1 - 4 density(2) / mass(-2, 2)).
    """
    density = math.exp(-2) / math.sqrt(2 * math.pi)
    shrunk = stddev * math.sqrt(1 - 4 * density / math.erf(math.sqrt(2)))
    return Distribution(mean, shrunk, mean - 2 * stddev, mean + 2 * stddev)


def variance_scaling(
    shape: Shape,
    scale: float = 1.0,
    mode: str = "fan_in",
    distribution: str = "truncated_normal",
) -> Distribution:
    """Return the distribution of variance scale / fan.

    The last two axes count inputs and outputs; every other axis multiplies both.
    """
    field = math.prod(shape[:-2])
    fan_in, fan_out = field * shape[-2], field * shape[-1]
    fan = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[mode]
    stddev = math.sqrt(scale / fan)
    if distribution == "untruncated_normal":
        return Distribution(0, stddev)
    if distribution == "uniform":
        return uniform(shape, -math.sqrt(3) * stddev, math.sqrt(3) * stddev)
    cut = truncated_normal(shape, 0, 1)
    return Distribution(0, stddev, -2 * stddev / cut.stddev, 2 * stddev / cut.stddev)


def orthogonal(shape: Shape, gain: float = 1.0) -> Distribution:
    """Return the moments of an element of a matrix of orthonormal columns (or rows)."""
    rows, columns = math.prod(shape[:-1]), shape[-1]
    return Distribution(0, gain / math.sqrt(max(rows, columns)), -gain, gain)


def _preset(scale: float, mode: str, distribution: str) -> Callable[..., Any]:
    return functools.partial(variance_scaling, scale=scale, mode=mode, distribution=distribution)


DISTRIBUTIONS: dict[str, Callable[..., Distribution]] = {
    "RandomUniform": uniform,
    "RandomNormal": normal,
    "TruncatedNormal": truncated_normal,
    "VarianceScaling": variance_scaling,
    "Orthogonal": orthogonal,
    "GlorotUniform": _preset(1, "fan_avg", "uniform"),
    "GlorotNormal": _preset(1, "fan_avg", "truncated_normal"),
    "HeUniform": _preset(2, "fan_in", "uniform"),
    "HeNormal": _preset(2, "fan_in", "truncated_normal"),
    "LecunUniform": _preset(1, "fan_in", "uniform"),
    "LecunNormal": _preset(1, "fan_in", "truncated_normal"),
}
