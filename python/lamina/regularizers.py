"""Regularizers: penalties on weights, added to the loss."""

from __future__ import annotations

import math

from lamina import ops
from lamina.registry import Configurable, regularizers
from lamina.tensor import TensorBase


class Regularizer(Configurable):
    """Map a weight to a scalar penalty; a subclass overrides `__call__`."""

    def __call__(self, x: TensorBase) -> TensorBase:
        raise NotImplementedError(f"{type(self).__name__} must override __call__(x)")


@regularizers.register("l1_l2")
class L1L2(Regularizer):
    """Penalise l1 Σ|x| + l2 Σx²."""

    def __init__(self, l1: float | None = 0.0, l2: float | None = 0.0) -> None:
        self.l1 = _factor("l1", 0.0 if l1 is None else l1)
        self.l2 = _factor("l2", 0.0 if l2 is None else l2)

    def __call__(self, x: TensorBase) -> TensorBase:
        terms = []
        if self.l1:
            terms.append(self.l1 * ops.sum(ops.abs(x)))
        if self.l2:
            terms.append(self.l2 * ops.sum(ops.square(x)))
        return sum(terms[1:], terms[0]) if terms else ops.zeros((), x.dtype)


@regularizers.register()
class L1(L1L2):
    """Penalise l1 Σ|x|."""

    def __init__(self, l1: float | None = 0.01) -> None:
        super().__init__(l1=0.01 if l1 is None else l1)


@regularizers.register()
class L2(L1L2):
    """Penalise l2 Σx²."""

    def __init__(self, l2: float | None = 0.01) -> None:
        super().__init__(l2=0.01 if l2 is None else l2)


@regularizers.register()
class OrthogonalRegularizer(Regularizer):
    """Penalise rows (or columns) of a matrix that are not orthogonal: factor Σ|cos| / pairs.

    The sum goes over the cosines of all pairs i < j. mode: "rows" or "columns".
    """

    def __init__(self, factor: float = 0.01, mode: str = "rows") -> None:
        if mode not in ("rows", "columns"):
            raise ValueError(f"expected mode 'rows' or 'columns', received {mode!r}")
        self.factor, self.mode = _factor("factor", factor), mode

    def __call__(self, x: TensorBase) -> TensorBase:
        if x.ndim != 2:
            raise ValueError(f"OrthogonalRegularizer: expected a matrix, received shape {x.shape}")
        unit = ops.normalize(x if self.mode == "rows" else ops.transpose(x), axis=1)
        cosines = ops.abs(ops.matmul(unit, ops.transpose(unit)))
        size = unit.shape[0]
        total = ops.sum(cosines * (1.0 - ops.eye(size, dtype=x.dtype)))
        return self.factor * total / (max(size * (size - 1), 1) / 2) / 2


def _factor(name: str, value: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < math.inf:
        raise ValueError(f"expected {name} to be a finite number >= 0, received {value!r}")
    return float(value)


l1, l2, l1_l2 = L1, L2, L1L2
orthogonal_regularizer = OrthogonalRegularizer
get, serialize, deserialize = regularizers.get, regularizers.serialize, regularizers.deserialize
