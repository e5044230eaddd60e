"""Optimizers that scale each weight's step by the size of its past gradients."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lamina.optimizers.base import Optimizer
from lamina.optimizers.options import CommonOptions, Rate, in_range
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

    def slots(self) -> Sequence[tuple[str, ...]]:
        return [("accumulator",)]

    def initial_value(self, slot: str) -> float:
        return self.initial_accumulator_value


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


@optimizers.register()
class Ftrl(Optimizer):
    """Follow the regularized leader: keep z and n, and take the w that minimises their bound.

    z += g + 2 shrinkage w - ((n + g²)^-p - n^-p) / rate w, n += g², with p = learning_rate_power:
    w = (clip(z, -l1, l1) - z) / (n^-p / rate + 2 l2 + beta / rate).
    Source: McMahan et al. 2013, "Ad Click Prediction: a View from the Trenches".
    """

    update_op = "ftrl"
    hyperparameters = (
        "learning_rate_power",
        "l1_regularization_strength",
        "l2_regularization_strength",
        "l2_shrinkage_regularization_strength",
        "beta",
    )

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        l2_shrinkage_regularization_strength: float = 0.0,
        beta: float = 0.0,
        **common: Unpack[CommonOptions],
    ) -> None:
        super().__init__(learning_rate, **common)
        self.learning_rate_power = in_range(
            "learning_rate_power", learning_rate_power, -math.inf, 0
        )
        self.initial_accumulator_value = in_range(
            "initial_accumulator_value", initial_accumulator_value, 0
        )
        self.l1_regularization_strength = in_range(
            "l1_regularization_strength", l1_regularization_strength, 0
        )
        self.l2_regularization_strength = in_range(
            "l2_regularization_strength", l2_regularization_strength, 0
        )
        self.l2_shrinkage_regularization_strength = in_range(
            "l2_shrinkage_regularization_strength", l2_shrinkage_regularization_strength, 0
        )
        self.beta = in_range("beta", beta, 0)

    def slots(self) -> Sequence[tuple[str, ...]]:
        return [("accumulator", "linear")]

    def initial_value(self, slot: str) -> float:
        return self.initial_accumulator_value if slot == "accumulator" else 0.0
