"""Layers around layers of sequences: both directions, and every step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from lamina.reference.layers import LAYERS, layer
from lamina.reference.recurrent_layers import (
    Named,
    Stack,
    outputs_gradient,
    result_of,
    walk,
    walk_back,
)
from lamina.reference.registry import Array

_MERGED: dict[str, Callable[..., Array]] = {
    "concat": lambda a, b: np.concatenate([a, b], axis=-1),
    "sum": lambda a, b: a + b,
    "ave": lambda a, b: (a + b) / 2,
    "mul": lambda a, b: a * b,
}

_MERGED_SLOPES: dict[str, Callable[..., Any]] = {  # of dy, forward, backward
    "concat": lambda dy, a, b: np.split(dy, 2, axis=-1),
    "sum": lambda dy, a, b: (dy, dy),
    "ave": lambda dy, a, b: (dy / 2, dy / 2),
    "mul": lambda dy, a, b: (dy * b, dy * a),
}


def _ways(layer: Named, weights: tuple[Array, ...], call: dict[str, Any]) -> list[Any]:
    """Return (cells, weights, options) forward and backward."""
    name, options = layer
    half = len(weights) // 2
    stack = Stack([(f"{name}Cell", options)])
    zero = options.get("return_sequences", False)
    common = {**options, **call, "zero_output_for_mask": zero}
    return [
        (stack, list(weights[:half]), {**common, "go_backwards": False}),
        (stack, list(weights[half:]), {**common, "go_backwards": True}),
    ]


def _at_their_times(outputs: Array, options: dict[str, Any]) -> Array:
    given = result_of(outputs, options)
    turned = options["go_backwards"] and options.get("return_sequences", False)
    return given[:, ::-1] if turned else given


def _both(
    x: Array, weights: tuple[Array, ...], layer: Named, call: dict[str, Any]
) -> tuple[Array, ...]:
    ways = _ways(layer, weights, call)
    return tuple(_at_their_times(walk(stack, x, w, **o)[0], o) for stack, w, o in ways)


@layer("Bidirectional")
def bidirectional(
    x: Array, *weights: Array, layer: Named, merge_mode: str = "concat", **call: Any
) -> Array:
    """Return the outputs of both directions, merged; weights: forward, then backward."""
    return _MERGED[merge_mode](*_both(x, weights, layer, call))


@bidirectional.gradient
def _(
    dy: Array, x: Array, *weights: Array, layer: Named, merge_mode: str = "concat", **call: Any
) -> tuple[Array, ...]:
    forward, backward = _both(x, weights, layer, call)
    slopes = _MERGED_SLOPES[merge_mode](dy, forward, backward)
    dx, dweights = np.zeros_like(x), list[Array]()
    for slope, (stack, w, options) in zip(slopes, _ways(layer, weights, call), strict=True):
        turned = options["go_backwards"] and options.get("return_sequences", False)
        made = outputs_gradient(slope[:, ::-1] if turned else slope, x.shape[1], options)
        part, *found = walk_back(made, stack, x, w, **options)
        dx, dweights = dx + part, dweights + found
    return dx, *dweights


@layer("TimeDistributed")
def time_distributed(x: Array, *weights: Array, layer: Named, **_: Any) -> Array:
    """Return the layer's output for every step."""
    name, options = layer
    steps = [LAYERS[name].forward(x[:, t], *weights, **options) for t in range(x.shape[1])]
    return np.stack(steps, axis=1)


@time_distributed.gradient
def _(dy: Array, x: Array, *weights: Array, layer: Named, **_: Any) -> tuple[Array, ...]:
    name, options = layer
    backward = LAYERS[name].backward
    assert backward is not None
    found = [backward(dy[:, t], x[:, t], *weights, **options) for t in range(x.shape[1])]
    dx = np.stack([np.asarray(each[0]) for each in found], axis=1)
    sums = [sum(np.asarray(each[i]) for each in found) for i in range(1, len(found[0]))]
    return dx, *(np.asarray(total) for total in sums)
