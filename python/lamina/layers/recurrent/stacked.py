"""Several cells as one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lamina import nest, ops
from lamina.layers.base import Layer
from lamina.registry import layers
from lamina.tensor import TensorBase


@layers.register()
class StackedRNNCells(Layer):
    """Cells on top of each other as one: each takes the output of the one before.

    Its states are a list with those of each cell.
    """

    def __init__(self, cells: Sequence[Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not cells:
            raise ValueError(f"{self._title}: expected at least one cell, received none")
        for cell in cells:
            for needed in ("call", "state_size"):
                if not hasattr(cell, needed):
                    raise ValueError(
                        f"{self._title}: expected cells with call(inputs, states) and state_size, "
                        f"received {cell!r} without {needed}"
                    )
        self.cells = list(cells)

    @property
    def state_size(self) -> list[Any]:
        """The state size of each cell."""
        return [cell.state_size for cell in self.cells]

    @property
    def output_size(self) -> int:
        """The number of features of the last cell's output."""
        return _output_size(self.cells[-1])

    def get_initial_state(self, batch_size: int) -> list[Any]:
        """Return the initial states of each cell."""
        return [self._first_states(cell, batch_size) for cell in self.cells]

    def _first_states(self, cell: Any, batch_size: int) -> Any:
        make = getattr(cell, "get_initial_state", None)
        if make is not None:
            return make(batch_size=batch_size)
        return nest.map_structure(
            lambda units: ops.zeros((batch_size, units), dtype=self.compute_dtype), cell.state_size
        )

    def build(self, input_shape: Any) -> None:
        for cell in self.cells:
            if isinstance(cell, Layer) and not cell.built:
                cell.build(input_shape)
            input_shape = (input_shape[0], _output_size(cell))

    def call(
        self, inputs: TensorBase, states: Sequence[Any], training: bool = False
    ) -> tuple[TensorBase, list[Any]]:
        new_states = []
        for cell, state in zip(self.cells, states, strict=True):
            alone = not isinstance(state, (list, tuple))
            options = {"training": training} if "training" in _parameters(cell) else {}
            step = cell if callable(cell) else cell.call
            inputs, new = step(inputs, [state] if alone else list(state), **options)
            new = list(new) if isinstance(new, (list, tuple)) else [new]
            new_states.append(new[0] if alone else new)
        return inputs, new_states

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Return the cells; each is made from its own config."""
        return cls(**{**config, "cells": [layers.get(cell) for cell in config["cells"]]})


def _output_size(cell: Any) -> int:
    size = getattr(cell, "output_size", None)
    if size is None:
        size = cell.state_size
    return int(size[0]) if isinstance(size, (list, tuple)) else int(size)


def _parameters(cell: Any) -> Any:
    return getattr(cell, "_call_parameters", {})
