"""LAMB: Adam for large batches, with steps in proportion to the weights."""

from __future__ import annotations

from collections.abc import Sequence

from lamina import ops
from lamina.ops._apply import apply as apply_op
from lamina.optimizers.adam import BetaOptimizer
from lamina.registry import optimizers
from lamina.tensor import TensorBase
from lamina.variable import Variable


@optimizers.register()
class Lamb(BetaOptimizer):
    """w -= rate |w| / |d| d, with d = m̂ / (sqrt(v̂) + ε) from Adam's moments without their bias.

    |.| is the norm over one weight tensor; the factor |w| / |d| is 1 where either is 0.
    Source: You et al. 2019, "Large Batch Optimization for Deep Learning", arXiv:1904.00962.
    """

    update_op = "lamb"

    def slots(self) -> Sequence[tuple[str, ...]]:
        return [("momentum", "velocity")]

    def update(
        self,
        gradients: Sequence[TensorBase],
        weights: Sequence[Variable],
        learning_rate: TensorBase,
    ) -> None:
        for weight in weights:
            if decay := self._decay_of(weight):
                weight.assign(weight - weight * decay * learning_rate)
        directions = self._update_state(gradients, weights, learning_rate)
        for weight, direction in zip(weights, directions, strict=True):
            weight.assign(
                apply_op(
                    "sgd",
                    weight,
                    direction,
                    learning_rate * _trust(weight, direction),
                    self.iterations,
                    count=1,
                    momentum=0.0,
                    nesterov=False,
                )
            )


def _trust(weight: Variable, direction: TensorBase) -> TensorBase:
    """Return |weight| / |direction|, 1 where either is 0."""
    size, length = (ops.sqrt(ops.sum(ops.square(x))) for x in (weight, direction))
    ratio = size / ops.where(length > 0, length, 1.0)
    return ops.where(ops.logical_and(size > 0, length > 0), ratio, 1.0)
