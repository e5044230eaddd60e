"""Learning rates that follow the number of steps done.

A schedule composes `lamina.ops` on the step, so it runs inside the compiled training step; called
with a number it computes at once. It works in float64: step counts stay exact, and rates do not
round before they are used.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from lamina import ops
from lamina.registry import Configurable, schedules
from lamina.tensor import TensorBase


class LearningRateSchedule(Configurable):
    """Map the number of steps done to a learning rate; a subclass overrides `rate`."""

    def __call__(self, step: Any) -> TensorBase:
        """Return the learning rate (a float64 scalar) after `step` steps."""
        return self.rate(ops.cast(step, "float64"))

    def rate(self, step: TensorBase) -> TensorBase:
        """Return the learning rate after `step` (float64) steps."""
        raise NotImplementedError(f"{type(self).__name__} must override rate(step)")


@schedules.register()
class ExponentialDecay(LearningRateSchedule):
    """initial decay_rate^(step / decay_steps); with staircase the exponent is rounded down."""

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        decay_rate: float,
        staircase: bool = False,
        name: str = "ExponentialDecay",
    ) -> None:
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = _positive("decay_steps", decay_steps)
        self.decay_rate, self.staircase, self.name = decay_rate, staircase, name

    def rate(self, step: TensorBase) -> TensorBase:
        periods = _periods(step, self.decay_steps, self.staircase)
        return self.initial_learning_rate * ops.power(self.decay_rate, periods)


@schedules.register()
class InverseTimeDecay(LearningRateSchedule):
    """initial / (1 + decay_rate step / decay_steps); staircase rounds the quotient down."""

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        decay_rate: float,
        staircase: bool = False,
        name: str = "InverseTimeDecay",
    ) -> None:
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = _positive("decay_steps", decay_steps)
        self.decay_rate, self.staircase, self.name = decay_rate, staircase, name

    def rate(self, step: TensorBase) -> TensorBase:
        periods = _periods(step, self.decay_steps, self.staircase)
        return self.initial_learning_rate / (1.0 + self.decay_rate * periods)


@schedules.register()
class PiecewiseConstantDecay(LearningRateSchedule):
    """values[0] up to and including step boundaries[0], values[1] up to boundaries[1], ..."""

    def __init__(
        self,
        boundaries: Sequence[float],
        values: Sequence[float],
        name: str = "PiecewiseConstant",
    ) -> None:
        if len(boundaries) != len(values) - 1 or list(boundaries) != sorted(boundaries):
            raise ValueError(
                f"PiecewiseConstantDecay: expected ascending boundaries, one fewer than values, "
                f"received boundaries={boundaries}, values={values}"
            )
        self.boundaries, self.values, self.name = list(boundaries), list(values), name

    def rate(self, step: TensorBase) -> TensorBase:
        rate = ops.convert_to_tensor(self.values[-1], "float64")
        for boundary, value in zip(self.boundaries[::-1], self.values[-2::-1], strict=True):
            rate = ops.where(step <= boundary, value, rate)
        return rate


@schedules.register()
class PolynomialDecay(LearningRateSchedule):
    """(initial - end) (1 - step / decay_steps)^power + end, staying at `end`.

    With cycle, decay_steps is multiplied until it is past the step: the rate rises again.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        end_learning_rate: float = 0.0001,
        power: float = 1.0,
        cycle: bool = False,
        name: str = "PolynomialDecay",
    ) -> None:
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = _positive("decay_steps", decay_steps)
        self.end_learning_rate, self.power = end_learning_rate, power
        self.cycle, self.name = cycle, name

    def rate(self, step: TensorBase) -> TensorBase:
        fraction = step / self.decay_steps
        if self.cycle:
            fraction = fraction / ops.maximum(ops.ceil(fraction), 1.0)
        else:
            fraction = ops.minimum(fraction, 1.0)
        span = self.initial_learning_rate - self.end_learning_rate
        return span * ops.power(1.0 - fraction, self.power) + self.end_learning_rate


@schedules.register()
class CosineDecay(LearningRateSchedule):
    """Half a cosine from the initial rate down to alpha times it, over decay_steps.

    With `warmup_target`, first a line from the initial rate up to the target over `warmup_steps`,
    then the decay from there (Loshchilov & Hutter 2016, arXiv:1608.03983).
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        alpha: float = 0.0,
        name: str = "CosineDecay",
        warmup_target: float | None = None,
        warmup_steps: float = 0,
    ) -> None:
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = _positive("decay_steps", decay_steps)
        self.alpha, self.name = alpha, name
        self.warmup_target, self.warmup_steps = warmup_target, warmup_steps

    def rate(self, step: TensorBase) -> TensorBase:
        warm = self.warmup_target is not None and self.warmup_steps > 0
        start = self.initial_learning_rate if self.warmup_target is None else self.warmup_target
        done = step - float(self.warmup_steps) if warm else step
        decayed = start * _cosine(ops.clip(done / self.decay_steps, 0.0, 1.0), self.alpha)
        if not warm:
            return decayed
        line = (start - self.initial_learning_rate) * (step / self.warmup_steps)
        return ops.where(step < self.warmup_steps, line + self.initial_learning_rate, decayed)


@schedules.register()
class CosineDecayRestarts(LearningRateSchedule):
    """Cosine decays in turn, period i being t_mul^i as long and m_mul^i as high as the first.

    Source: Loshchilov & Hutter 2016, "SGDR: Stochastic Gradient Descent with Warm Restarts",
    arXiv:1608.03983.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        first_decay_steps: float,
        t_mul: float = 2.0,
        m_mul: float = 1.0,
        alpha: float = 0.0,
        name: str = "SGDRDecay",
    ) -> None:
        self.initial_learning_rate = initial_learning_rate
        self.first_decay_steps = _positive("first_decay_steps", first_decay_steps)
        self.t_mul, self.m_mul, self.alpha, self.name = t_mul, m_mul, alpha, name

    def rate(self, step: TensorBase) -> TensorBase:
        fraction = step / self.first_decay_steps
        if self.t_mul == 1:
            restarts = ops.floor(fraction)
            fraction = fraction - restarts
        else:
            # Period i starts at (1 - t_mul^i) / (1 - t_mul) first periods. The logarithms' quotient
            # is rounded down with a little room, or a restart would come a step late where it falls
            # short of i.
            exponent = ops.log(1.0 - fraction * (1.0 - self.t_mul)) / math.log(self.t_mul)
            restarts = ops.floor(exponent + 1e-12)
            length = ops.power(self.t_mul, restarts)
            fraction = (fraction - (1.0 - length) / (1.0 - self.t_mul)) / length
        height = ops.power(self.m_mul, restarts)
        return self.initial_learning_rate * _cosine(fraction, self.alpha, height)


serialize, deserialize = schedules.serialize, schedules.deserialize


def _cosine(fraction: TensorBase, alpha: float, height: TensorBase | float = 1.0) -> TensorBase:
    """Return half a cosine from `height` at 0 to alpha at 1."""
    return (1.0 + ops.cos(math.pi * fraction)) * (0.5 * (1.0 - alpha) * height) + alpha


def _periods(step: TensorBase, length: float, staircase: bool) -> TensorBase:
    periods = step / length
    return ops.floor(periods) if staircase else periods


def _positive(name: str, value: float) -> float:
    if not value > 0:
        raise ValueError(f"expected {name} > 0, received {value}")
    return value
