"""Learning rates after t steps, a number each."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

Schedule = Callable[..., float]

SCHEDULES: dict[str, Schedule] = {}


def schedule(name: str) -> Callable[[Schedule], Schedule]:
    """Enter a function into the table under the name of its class."""

    def enter(rate: Schedule) -> Schedule:
        SCHEDULES[name] = rate
        return rate

    return enter


def _periods(t: float, length: float, staircase: bool) -> float:
    return math.floor(t / length) if staircase else t / length


@schedule("ExponentialDecay")
def exponential(
    t: int,
    initial_learning_rate: float,
    decay_steps: float,
    decay_rate: float,
    staircase: bool = False,
) -> float:
    """Return r decay_rate^(t / decay_steps)."""
    return float(initial_learning_rate * decay_rate ** _periods(t, decay_steps, staircase))


@schedule("InverseTimeDecay")
def inverse_time(
    t: int,
    initial_learning_rate: float,
    decay_steps: float,
    decay_rate: float,
    staircase: bool = False,
) -> float:
    """Return r / (1 + decay_rate t / decay_steps)."""
    return initial_learning_rate / (1 + decay_rate * _periods(t, decay_steps, staircase))


@schedule("PiecewiseConstantDecay")
def piecewise_constant(t: int, boundaries: Sequence[float], values: Sequence[float]) -> float:
    """Return the value with as many boundaries before t as before it in the list."""
    return values[sum(boundary < t for boundary in boundaries)]


@schedule("PolynomialDecay")
def polynomial(
    t: int,
    initial_learning_rate: float,
    decay_steps: float,
    end_learning_rate: float = 0.0001,
    power: float = 1.0,
    cycle: bool = False,
) -> float:
    """Return (r - end) (1 - t / decay_steps)^power + end; with cycle in ever longer periods."""
    if cycle:
        decay_steps *= max(1, math.ceil(t / decay_steps))
    left = 1 - min(t, decay_steps) / decay_steps
    return float((initial_learning_rate - end_learning_rate) * left**power + end_learning_rate)


def _half_cosine(fraction: float) -> float:
    return (1 + math.cos(math.pi * min(max(fraction, 0), 1))) / 2


@schedule("CosineDecay")
def cosine(
    t: int,
    initial_learning_rate: float,
    decay_steps: float,
    alpha: float = 0.0,
    warmup_target: float | None = None,
    warmup_steps: float = 0,
) -> float:
    """Return half a cosine from r to alpha r, after a line up to the target (Loshchilov 2016)."""
    if warmup_target is None:
        top, begin = initial_learning_rate, 0.0
    else:
        top, begin = warmup_target, warmup_steps
        if t < warmup_steps:
            return initial_learning_rate + (top - initial_learning_rate) * t / warmup_steps
    return top * ((1 - alpha) * _half_cosine((t - begin) / decay_steps) + alpha)


@schedule("CosineDecayRestarts")
def cosine_restarts(
    t: int,
    initial_learning_rate: float,
    first_decay_steps: float,
    t_mul: float = 2.0,
    m_mul: float = 1.0,
    alpha: float = 0.0,
) -> float:
    """Return cosines in turn, each t_mul times as long and m_mul times as high (SGDR)."""
    begin, length, height = 0.0, float(first_decay_steps), 1.0
    while t >= begin + length:
        begin, length, height = begin + length, length * t_mul, height * m_mul
    decayed = (1 - alpha) * _half_cosine((t - begin) / length) * height + alpha
    return initial_learning_rate * decayed
