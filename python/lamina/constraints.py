"""Constraints: what a weight is projected onto after each update."""

from __future__ import annotations

from collections.abc import Sequence

from lamina import config, ops
from lamina.registry import Configurable, constraints
from lamina.tensor import TensorBase

Axes = int | Sequence[int]


class Constraint(Configurable):
    """Map a weight to the nearest one that is allowed; a subclass overrides `__call__`."""

    def __call__(self, w: TensorBase) -> TensorBase:
        return w


@constraints.register()
class NonNeg(Constraint):
    """Make every element non-negative: max(w, 0)."""

    def __call__(self, w: TensorBase) -> TensorBase:
        return ops.maximum(w, 0.0)


@constraints.register()
class UnitNorm(Constraint):
    """Scale to an L2 norm of 1 over `axis`: w / (ε + ‖w‖)."""

    def __init__(self, axis: Axes = 0) -> None:
        self.axis = axis

    def __call__(self, w: TensorBase) -> TensorBase:
        return w / (config.epsilon() + _norm(w, self.axis))


@constraints.register()
class MinMaxNorm(Constraint):
    """Bring the L2 norm over `axis` into [min_value, max_value].

    w (rate clip(‖w‖, min, max) + (1 - rate) ‖w‖) / (ε + ‖w‖): `rate` below 1 goes part of the way.
    """

    def __init__(
        self,
        min_value: float = 0.0,
        max_value: float = 1.0,
        rate: float = 1.0,
        axis: Axes = 0,
    ) -> None:
        if not 0 <= min_value <= max_value:
            raise ValueError(
                f"{type(self).__name__}: expected 0 <= min_value <= max_value, "
                f"received min_value={min_value}, max_value={max_value}"
            )
        self.min_value, self.max_value, self.rate, self.axis = min_value, max_value, rate, axis

    def __call__(self, w: TensorBase) -> TensorBase:
        norm = _norm(w, self.axis)
        desired = self.rate * ops.clip(norm, self.min_value, self.max_value)
        if self.rate != 1:
            desired = desired + (1 - self.rate) * norm
        return w * (desired / (config.epsilon() + norm))


@constraints.register()
class MaxNorm(MinMaxNorm):
    """Bring the L2 norm over `axis` to at most `max_value`: w clip(‖w‖, 0, max) / (ε + ‖w‖)."""

    def __init__(self, max_value: float = 2, axis: Axes = 0) -> None:
        super().__init__(max_value=max_value, axis=axis)


def _norm(w: TensorBase, axis: Axes) -> TensorBase:
    return ops.sqrt(ops.sum(ops.square(w), axis=axis, keepdims=True))


max_norm, min_max_norm, non_neg, unit_norm = MaxNorm, MinMaxNorm, NonNeg, UnitNorm
get, serialize, deserialize = constraints.get, constraints.serialize, constraints.deserialize
