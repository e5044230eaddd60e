"""Recurrent layers: cells walked through time.

A cell is named by its layer and that layer's arguments, as in ("LSTMCell", {"units": 4}).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from lamina.reference.layers import LAYERS
from lamina.reference.recurrent_cells import CELLS, Arrays
from lamina.reference.registry import Array, Reference

Named: TypeAlias = tuple[str, dict[str, Any]]


@dataclass
class Stack:
    """Cells on top of each other; states and weights are those of all, one after the other."""

    cells: Sequence[Named]

    def parts(self, states: Arrays, weights: Arrays) -> list[tuple[Named, Arrays, Arrays]]:
        """Return each cell with its states and weights."""
        result, states, weights = [], list(states), list(weights)
        for name, options in self.cells:
            count, n = CELLS[name].states, 2 + options.get("use_bias", True)
            result.append(((name, options), states[:count], weights[:n]))
            states, weights = states[count:], weights[n:]
        return result

    def step(self, x: Array, states: Arrays, weights: Arrays) -> tuple[Array, Arrays]:
        """Return the last cell's output and all new states."""
        new: Arrays = []
        for (name, options), own, part in self.parts(states, weights):
            result = CELLS[name].step(x, own, part, options)
            new, x = new + result, result[0]
        return x, new

    def step_back(
        self, dy: Array, dnew: Arrays, x: Array, states: Arrays, weights: Arrays
    ) -> tuple[Array, Arrays, Arrays]:
        """Return the gradients of x, states and weights."""
        parts = self.parts(states, weights)
        inputs = [x]
        for (name, options), own, part in parts:
            inputs.append(CELLS[name].step(inputs[-1], own, part, options)[0])
        dstates: Arrays = []
        dweights: Arrays = []
        end = len(dnew)
        for ((name, options), own, part), seen in reversed(list(zip(parts, inputs, strict=False))):
            incoming = list(dnew[end - len(own) : end])
            end -= len(own)
            incoming[0] = incoming[0] + dy
            dy, dold, dpart = CELLS[name].step_back(incoming, seen, own, part, options)
            dstates, dweights = dold + dstates, dpart + dweights
        return dy, dstates, dweights

    def zeros(self, x: Array) -> Arrays:
        """Return initial states of zeros."""
        sizes = [o["units"] for name, o in self.cells for _ in range(CELLS[name].states)]
        return [np.zeros((len(x), units), x.dtype) for units in sizes]


def walk(
    stack: Stack,
    x: Array,
    weights: Arrays,
    mask: Array | None = None,
    initial_state: Arrays | None = None,
    go_backwards: bool = False,
    zero_output_for_mask: bool = False,
    **_: Any,
) -> tuple[Array, list[tuple[int, Arrays]]]:
    """Return the outputs, each at its time, and (time, states before) of every step."""
    states = list(initial_state) if initial_state is not None else stack.zeros(x)
    steps, outputs = [], {}
    order = range(x.shape[1])
    first = CELLS[stack.cells[-1][0]].states
    output = states[-first]
    for t in reversed(order) if go_backwards else order:
        steps.append((t, states))
        new_output, new_states = stack.step(x[:, t], states, weights)
        takes = np.ones((len(x), 1), bool) if mask is None else mask[:, t, None]
        output = np.where(takes, new_output, output)
        states = [np.where(takes, new, old) for new, old in zip(new_states, states, strict=True)]
        outputs[t] = np.where(takes, output, 0) if zero_output_for_mask else output
    return np.stack([outputs[t] for t in order], axis=1), steps


def walk_back(
    dy: Array,
    stack: Stack,
    x: Array,
    weights: Arrays,
    mask: Array | None = None,
    zero_output_for_mask: bool = False,
    **options: Any,
) -> tuple[Array, ...]:
    """Return the gradients of x and the weights, given that of the outputs at their times."""
    _, steps = walk(stack, x, weights, mask, **options)
    dx, dweights = np.zeros_like(x), [np.zeros_like(w) for w in weights]
    dstates = [np.zeros_like(state) for state in steps[0][1]]
    first = CELLS[stack.cells[-1][0]].states
    for t, states in reversed(steps):
        takes = np.ones((len(x), 1), bool) if mask is None else mask[:, t, None]
        passing = dy[:, t] if not zero_output_for_mask else np.where(takes, dy[:, t], 0)
        coming = [np.where(takes, d, 0) for d in dstates]
        staying = [np.where(takes, 0, d) for d in dstates]
        staying[-first] = staying[-first] + np.where(takes, 0, passing)
        dx[:, t], dold, dstep = stack.step_back(
            np.where(takes, passing, 0), coming, x[:, t], states, weights
        )
        dstates = [new + stays for new, stays in zip(dold, staying, strict=True)]
        dweights = [total + d for total, d in zip(dweights, dstep, strict=True)]
    return dx, *dweights


# --- layers -------------------------------------------------------------------------------------


def result_of(outputs: Array, options: dict[str, Any]) -> Array:
    """Return what the layer gives: all outputs in the order they were made, or the last."""
    backwards = options.get("go_backwards", False)
    if options.get("return_sequences"):
        return outputs[:, ::-1] if backwards else outputs
    return outputs[:, 0 if backwards else -1]


def outputs_gradient(dy: Array, steps: int, options: dict[str, Any]) -> Array:
    """Return the gradient of all outputs, given that of what the layer gives."""
    backwards = options.get("go_backwards", False)
    if options.get("return_sequences"):
        return dy[:, ::-1] if backwards else dy
    spread = np.zeros((len(dy), steps, dy.shape[-1]), dy.dtype)
    spread[:, 0 if backwards else -1] = dy
    return spread


def _enter_walk(name: str, stack_of: Callable[[dict[str, Any]], Stack]) -> None:
    def forward(x: Array, *weights: Array, **options: Any) -> Array:
        """Return the last output, or all of them."""
        outputs, _ = walk(stack_of(options), x, list(weights), **options)
        return result_of(outputs, options)

    def backward(dy: Array, x: Array, *weights: Array, **options: Any) -> tuple[Array, ...]:
        spread = outputs_gradient(dy, x.shape[1], options)
        return walk_back(spread, stack_of(options), x, list(weights), **options)

    LAYERS[name] = Reference(forward, backward)


def _enter_cell(name: str) -> None:
    def forward(x: Array, *weights: Array, states: Arrays, **options: Any) -> Array:
        """Return the output of one step."""
        return CELLS[name].step(x, states, list(weights), options)[0]

    def backward(
        dy: Array, x: Array, *weights: Array, states: Arrays, **options: Any
    ) -> tuple[Array, ...]:
        dstates = [dy, *(np.zeros_like(state) for state in states[1:])]
        dx, _, dweights = CELLS[name].step_back(dstates, x, states, list(weights), options)
        return dx, *dweights

    LAYERS[name] = Reference(forward, backward)


for _name in CELLS:
    _enter_cell(_name)


def _own_cell(cell: str) -> Callable[[dict[str, Any]], Stack]:
    return lambda options: Stack([(cell, options)])


for _name in ("SimpleRNN", "LSTM", "GRU"):
    _enter_walk(_name, _own_cell(f"{_name}Cell"))


def _cells_of(options: dict[str, Any]) -> Stack:
    cell = options["cell"]
    return Stack(cell if isinstance(cell, list) else [cell])


_enter_walk("RNN", _cells_of)


def stacked_cells(
    x: Array, *weights: Array, cells: list[Named], states: list[Arrays], **_: Any
) -> Array:
    """Return the last cell's output of one step."""
    flat = [state for own in states for state in own]
    return Stack(cells).step(x, flat, list(weights))[0]


def stacked_cells_back(
    dy: Array, x: Array, *weights: Array, cells: list[Named], states: list[Arrays], **_: Any
) -> tuple[Array, ...]:
    """Return the gradients of x and the weights."""
    flat = [state for own in states for state in own]
    nothing = [np.zeros_like(state) for state in flat]
    dx, _dstates, dweights = Stack(cells).step_back(dy, nothing, x, flat, list(weights))
    return dx, *dweights


LAYERS["StackedRNNCells"] = Reference(stacked_cells, stacked_cells_back)
