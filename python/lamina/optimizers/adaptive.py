"""Optimizers that scale each weight's step by the size of its past gradients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lamina.initializers import Constant
from lamina.optimizers.base import CommonOptions, Optimizer, Rate, in_range
from lamina.registry import optimizers

if TYPE_CHECKING:
    from typing_extensions import Unpack


@optimizers.register("rmsprop")
class RMSprop(Optimizer):
    """v = ρ v + (1 - ρ) g², step = rate g / sqrt(v + ε), w -= step.

    centered: v - a² takes v's place, a being the same average of g. With momentum
    m = momentum m + step, w -= m. Source: Tieleman & Hinton 2012, lecture 6.5 of "Neural Networks
    for Machine Learning".
    """

    update_op = "rmsprop"
    hyperparameters = ("rho", "momentum", "epsilon", "centered")

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
        **common: Unpack[CommonOptions],
    ) -> None:
        super().__init__(learning_rate, **common)
        self.rho = in_range("rho", rho, 0, 1)
        self.momentum = in_range("momentum", momentum, 0, 1)
        self.epsilon = in_range("epsilon", epsilon, 0)
        self.centered = centered

    def slots(self) -> Sequence[tuple[str, ...]]:
        used = {"velocity": True, "momentum": self.momentum > 0, "average_gradient": self.centered}
        return [(name,) for name, kept in used.items() if kept]


@optimizers.register()
class Adagrad(Optimizer):
    """a += g², w -= rate g / sqrt(a + ε), a starting at initial_accumulator_value.

    Source: Duchi et al. 2011, "Adaptive Subgradient Methods for Online Learning and Stochastic
    Optimization".
    """

    update_op = "adagrad"
    hyperparameters = ("epsilon",)

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-7,
        **common: Unpack[CommonOptions],
    ) -> None:
        super().__init__(learning_rate, **common)
        self.initial_accumulator_value = in_range(
            "initial_accumulator_value", initial_accumulator_value, 0
        )
        self.epsilon = in_range("epsilon", epsilon, 0)
        self.slot_initializer = Constant(initial_accumulator_value)

    def slots(self) -> Sequence[tuple[str, ...]]:
        return [("accumulator",)]


@optimizers.register()
class Adadelta(Optimizer):
    """a = ρ a + (1 - ρ) g², δ = g sqrt(d + ε) / sqrt(a + ε), d = ρ d + (1 - ρ) δ², w -= rate δ.

    Source: Zeiler 2012, arXiv:1212.5701.
    """

    update_op = "adadelta"
    hyperparameters = ("rho", "epsilon")

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        rho: float = 0.95,
        epsilon: float = 1e-7,
        **common: Unpack[CommonOptions],
    ) -> None:
        super().__init__(learning_rate, **common)
        self.rho = in_range("rho", rho, 0, 1)
        self.epsilon = in_range("epsilon", epsilon, 0)

    def slots(self) -> Sequence[tuple[str, ...]]:
        return [("accumulated_grad", "accumulated_delta_var")]
