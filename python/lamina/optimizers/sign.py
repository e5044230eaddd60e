"""Optimizers that heed the sign of a gradient and not its size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lamina.optimizers.base import Optimizer
from lamina.optimizers.options import CommonOptions, Rate, in_range
from lamina.registry import optimizers

if TYPE_CHECKING:
    from typing_extensions import Unpack


@optimizers.register()
class Lion(Optimizer):
    """w -= rate sign(β₁ m + (1 - β₁) g), m = β₂ m + (1 - β₂) g.

    Source: Chen et al. 2023, "Symbolic Discovery of Optimization Algorithms", arXiv:2302.06675.
    """

    update_op = "lion"
    hyperparameters = ("beta_1", "beta_2")

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.99,
        **common: Unpack[CommonOptions],
    ) -> None:
        super().__init__(learning_rate, **common)
        self.beta_1 = in_range("beta_1", beta_1, 0, 1)
        self.beta_2 = in_range("beta_2", beta_2, 0, 1)

    def slots(self) -> Sequence[tuple[str, ...]]:
        return [("momentum",)]


@optimizers.register()
class Manhattan(Optimizer):
    """w -= rate sign(g): Manhattan propagation, a step of the same size for every weight."""

    update_op = "manhattan"

    def __init__(self, learning_rate: Rate = 0.001, **common: Unpack[CommonOptions]) -> None:
        super().__init__(learning_rate, **common)


@optimizers.register()
class Rprop(Optimizer):
    """Resilient propagation: w -= step sign(g), with a step of its own for every weight.

    A step grows by eta_plus, to step_max at most, where g has the sign of the last update; it
    shrinks by eta_minus, to step_min at least, where the sign is the other: there the weight rests
    once. learning_rate, a number, is the first step. For full batches: `batch_size=len(x)`.
    Source: Riedmiller & Braun 1993, "A direct adaptive method for faster backpropagation
    learning"; in the form iRprop- of Igel & Hüsken 2000, "Improving the Rprop learning algorithm".
    """

    update_op = "rprop"
    hyperparameters = ("eta_minus", "eta_plus", "step_min", "step_max")

    def __init__(
        self,
        learning_rate: float = 0.1,
        eta_minus: float = 0.5,
        eta_plus: float = 1.2,
        step_min: float = 1e-6,
        step_max: float = 50.0,
        **common: Unpack[CommonOptions],
    ) -> None:
        super().__init__(learning_rate, **common)
        if not isinstance(learning_rate, (int, float)):
            raise TypeError(
                f"{self.name}: expected learning_rate, the first step, to be a number, "
                f"received {learning_rate!r}"
            )
        self.eta_minus = in_range("eta_minus", eta_minus, 0, 1)
        self.eta_plus = in_range("eta_plus", eta_plus, 1)
        self.step_min = in_range("step_min", step_min, 0)
        self.step_max = in_range("step_max", step_max, step_min)

    def slots(self) -> Sequence[tuple[str, ...]]:
        return [("last_gradient", "step_size")]

    def initial_value(self, slot: str) -> float:
        return float(self.learning_rate) if slot == "step_size" else 0.0
