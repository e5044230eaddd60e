"""One call of an op of the core with drawn inputs, and the drawers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Draw = Callable[[np.random.Generator], list[Array]]


@dataclass
class Case:
    """One call of an op: a function that draws its inputs, and the attributes."""

    op: str
    draw: Draw
    attributes: dict[str, Any] = field(default_factory=dict)

    def inputs(self, dtype: str) -> list[Array]:
        """Return the inputs with their floating-point arrays in `dtype`."""
        arrays = self.draw(np.random.default_rng(7))
        return [a.astype(dtype) if a.dtype.kind == "f" else a for a in arrays]

    def __str__(self) -> str:
        shapes = "-".join("x".join(map(str, a.shape)) or "scalar" for a in self.inputs("float32"))
        return f"{self.op}-{shapes}-{self.attributes}".replace(" ", "")


def values(*shape: int, low: float = -3, high: float = 3) -> Callable[[np.random.Generator], Array]:
    """Return a drawer of uniform numbers away from the kinks at whole and half numbers."""

    def draw(rng: np.random.Generator) -> Array:
        x = rng.uniform(low, high, shape)
        near = np.round(2 * x) / 2
        return np.asarray(
            np.where(np.abs(x - near) < 0.02, near + 0.04 * np.sign(x - near + 1e-9), x)
        )

    return draw


def distinct(*shape: int) -> Callable[..., Array]:
    """Return a drawer of numbers of which no two are close."""
    return lambda rng: rng.permutation(int(np.prod(shape))).reshape(shape) / 8.0


def integers(low: int, high: int, *shape: int, dtype: str = "int32") -> Callable[..., Array]:
    """Return a drawer of integers in low..high-1."""
    return lambda rng: rng.integers(low, high, shape).astype(dtype)


def booleans(*shape: int) -> Callable[..., Array]:
    """Return a drawer of truth values."""
    return lambda rng: rng.random(shape) < 0.5


def case(op: str, *draws: Callable[..., Array], **attributes: Any) -> Case:
    """Return a case whose inputs are drawn one after the other."""
    return Case(op, lambda rng: [draw(rng) for draw in draws], attributes)
