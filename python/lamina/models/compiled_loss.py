"""The loss that a model was compiled with, over all of its outputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import compress
from types import NoneType
from typing import Any, NamedTuple

import numpy as np

from lamina import losses, metrics, nest
from lamina.models.outputs import OutputNames, flatten_outputs
from lamina.tensor import TensorBase


def check_identifiers(given: Any, resolve: Callable[..., Any]) -> None:
    """Raise what `resolve` raises for the unknown names in a list or dict of losses or metrics."""
    for identifier in nest.flatten(given):
        if identifier is not None:
            # The shapes matter to "accuracy" and "crossentropy" only.
            resolve(identifier, (1, 1), (1, 1))


class Judgement(NamedTuple):
    """Which losses judged which outputs: what is needed to check targets that are still arrays."""

    names: OutputNames
    losses: list[Any]
    shapes: list[tuple[int, ...]]

    @property
    def present(self) -> list[bool]:
        """Which outputs have a loss."""
        return [loss is not None for loss in self.losses]

    def check(self, y: Any) -> None:
        """Raise ValueError for targets that a loss cannot take, naming value, row and range."""
        targets = self.names.align(y, "y", self.present)
        for loss, target, shape in zip(self.losses, targets, self.shapes, strict=True):
            if loss is not None:
                loss.check_targets(target, (target.shape[0], *shape[1:]))


class CompiledLoss:
    """Weighted sum of the losses of the outputs: Σ loss_weights[i] · loss[i](y[i], y_pred[i]).

    loss: one for all outputs, or a list or dict with one (or None) for each. `trackers` hold the
    mean of each output's own loss, unweighted, where there are several.
    """

    def __init__(self, loss: Any, loss_weights: Any) -> None:
        check_identifiers(loss, losses.resolve)
        self._loss = loss
        self._weights = loss_weights
        self.trackers: list[metrics.Mean] = []
        self.judgement: Judgement | None = None  # of the last call
        if not all(
            isinstance(w, (int, float, np.number, NoneType)) for w in nest.flatten(loss_weights)
        ):
            raise ValueError(
                f"loss_weights: expected a number, or a list or dict of them, received "
                f"{loss_weights!r}; what comes third in compile are not the metrics: name them, "
                "metrics=[...]"
            )

    def __call__(
        self, y: Any, y_pred: Any, sample_weight: Any, names: Sequence[str] | None
    ) -> TensorBase | None:
        """Return the loss of a batch; None where no output has one."""
        outputs, tensors = flatten_outputs(y_pred, names)
        given = self._loss
        each = isinstance(given, (dict, list, tuple))
        chosen = outputs.align(given, "loss") if each else [given] * len(outputs)
        present = [loss is not None for loss in chosen]
        targets = outputs.align(y, "y", present)
        sample_weights = outputs.align(sample_weight, "sample_weight", present)
        weights = outputs.align(self._weights, "loss_weights", present)
        chosen = [
            _for_shapes(*parts)
            for parts in zip(chosen, targets, tensors, outputs.names, strict=True)
        ]
        self.judgement = Judgement(outputs, chosen, [tensor.shape for tensor in tensors])
        if not self.trackers and sum(present) > 1:
            self.trackers = [
                metrics.Mean(name=f"{name}_loss") for name in compress(outputs.names, present)
            ]

        terms: list[TensorBase] = []
        for i in compress(range(len(outputs)), present):
            value = _evaluate(
                chosen[i], targets[i], tensors[i], sample_weights[i], outputs.names[i]
            )
            if self.trackers:
                self.trackers[len(terms)].update_state(value, sample_weight=tensors[i].shape[0])
            terms.append(value if weights[i] is None else value * weights[i])
        return sum(terms[1:], terms[0]) if terms else None


def _for_shapes(loss: Any, y_true: Any, y_pred: TensorBase, name: str) -> Any:
    if loss is None:
        return None
    if y_true is None:
        raise ValueError(f"y: no targets for output {name!r}, which has a loss")
    return losses.resolve(loss, y_true.shape, y_pred.shape)


def _evaluate(
    loss: Any, y_true: Any, y_pred: TensorBase, sample_weight: Any, name: str
) -> TensorBase:
    try:
        value: TensorBase = loss(y_true, y_pred, sample_weight)
    except ValueError as error:
        raise ValueError(
            f"y: targets of shape {_rows(y_true)} do not suit output {name!r} "
            f"of shape {_rows(y_pred)} under loss {loss.name!r}: {error}"
        ) from error
    if value.ndim:
        raise ValueError(
            f"loss {loss.name!r} of output {name!r}: expected a scalar, "
            f"received shape {value.shape}; a loss with reduction='none' cannot be trained on"
        )
    return value


def _rows(tensor: TensorBase) -> str:
    return f"({', '.join(['rows', *map(str, tensor.shape[1:])])})"
