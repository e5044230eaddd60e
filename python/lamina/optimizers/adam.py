"""Adam and its relatives. t counts updates from 1; powers, roots and products are elementwise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lamina.optimizers.base import Optimizer
from lamina.optimizers.options import ClipOptions, CommonOptions, Rate, in_range
from lamina.registry import optimizers

if TYPE_CHECKING:
    from typing_extensions import Unpack


@optimizers.register()
class Adam(Optimizer):
    """m += (1 - β₁)(g - m), v += (1 - β₂)(g² - v), w -= α m / (sqrt(v) + ε).

    α = rate sqrt(1 - β₂ᵗ) / (1 - β₁ᵗ) makes up for m and v starting at 0.
    With amsgrad the largest v so far takes v's place (Reddi et al. 2018).
    Source: Kingma & Ba 2014, arXiv:1412.6980.
    """

    update_op = "adam"
    hyperparameters = ("beta_1", "beta_2", "epsilon", "amsgrad")

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **common: Unpack[CommonOptions],
    ) -> None:
        super().__init__(learning_rate, **common)
        self.beta_1 = in_range("beta_1", beta_1, 0, 1)
        self.beta_2 = in_range("beta_2", beta_2, 0, 1)
        self.epsilon = in_range("epsilon", epsilon, 0)
        self.amsgrad = amsgrad

    def slots(self) -> Sequence[tuple[str, ...]]:
        return [("momentum", "velocity"), *([("velocity_hat",)] if self.amsgrad else [])]


@optimizers.register("adamw")
class AdamW(Adam):
    """Adam with decoupled weight decay: w -= weight_decay rate w before Adam's update.

    Source: Loshchilov & Hutter 2017, arXiv:1711.05101.
    """

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        weight_decay: float = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **common: Unpack[ClipOptions],
    ) -> None:
        super().__init__(
            learning_rate, beta_1, beta_2, epsilon, amsgrad, weight_decay=weight_decay, **common
        )
        if weight_decay is None:
            raise ValueError("AdamW: expected weight_decay to be a number, received None")


class BetaOptimizer(Optimizer):
    """What Adamax, Nadam and Lamb have in common: two moments with Adam's hyperparameters."""

    hyperparameters = ("beta_1", "beta_2", "epsilon")

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        **common: Unpack[CommonOptions],
    ) -> None:
        super().__init__(learning_rate, **common)
        self.beta_1 = in_range("beta_1", beta_1, 0, 1)
        self.beta_2 = in_range("beta_2", beta_2, 0, 1)
        self.epsilon = in_range("epsilon", epsilon, 0)


@optimizers.register()
class Adamax(BetaOptimizer):
    """Adam under the infinity norm: u = max(β₂ u, |g|), w -= rate / (1 - β₁ᵗ) m / (u + ε).

    Source: Kingma & Ba 2014, arXiv:1412.6980, section 7.1.
    """

    update_op = "adamax"

    def slots(self) -> Sequence[tuple[str, ...]]:
        return [("momentum", "norm")]


@optimizers.register()
class Nadam(BetaOptimizer):
    """Adam with Nesterov's momentum, β₁ growing as uₜ = β₁ (1 - 0.96ᵗ / 2).

    Source: Dozat 2016, "Incorporating Nesterov Momentum into Adam".
    """

    update_op = "nadam"

    def slots(self) -> Sequence[tuple[str, ...]]:
        return [("momentum", "velocity")]
