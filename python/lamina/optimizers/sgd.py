"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lamina.optimizers.base import Optimizer
from lamina.optimizers.options import CommonOptions, Rate, in_range
from lamina.registry import optimizers

if TYPE_CHECKING:
    from typing_extensions import Unpack


@optimizers.register()
class SGD(Optimizer):
    """w -= rate g; with momentum m = momentum m - rate g, w += m.

    nesterov: w += momentum m - rate g instead.
    Source: Sutskever et al. 2013, "On the importance of initialization and momentum in deep
    learning".
    """

    update_op = "sgd"
    hyperparameters = ("momentum", "nesterov")

    def __init__(
        self,
        learning_rate: Rate = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        **common: Unpack[CommonOptions],
    ) -> None:
        super().__init__(learning_rate, **common)
        self.momentum = in_range("momentum", momentum, 0, 1)
        self.nesterov = nesterov

    def slots(self) -> Sequence[tuple[str, ...]]:
        return [("momentum",)] if self.momentum else []
