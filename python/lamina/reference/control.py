"""Loops and choices; functions are callables from arrays to a list of arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from lamina.reference.registry import Array, op

Function = Callable[..., Sequence[Array]]


@op("loop")
def loop(
    *inputs: Array,
    body: Sequence[Function],
    carries: int,
    sequences: int = 0,
    length: int = -1,
    reverse: bool = False,
    conditional: bool = False,
    counted: bool = False,
    history: Sequence[int] | None = None,
) -> tuple[Array, ...]:
    """Return the last carries, the stacked results, the carries before each step, and the trips.

    carry, result = body(carry, element, constants), at positions 0, 1, ... or backward; `counted`:
    the last input says how often; `conditional`: while the first carry is true.
    """
    trips = min(int(inputs[-1]), length) if counted else length
    carry = list(inputs[:carries])
    elements = inputs[carries : carries + sequences]
    constants = inputs[carries + sequences : len(inputs) - counted]
    results, before = {}, {}
    steps = 0
    while (length < 0 or steps < trips) and (not conditional or carry[0]):
        position = trips - 1 - steps if reverse else steps
        outputs = body[0](*carry, *(x[position] for x in elements), *constants)
        before[position] = carry
        carry, results[position] = list(outputs[:carries]), list(outputs[carries:])
        steps += 1
    kept = range(carries if length >= 0 else 0) if history is None else history
    recorded = {position: [values[k] for k in kept] for position, values in before.items()}
    count = [np.array(steps, np.int32)] * conditional
    return (*carry, *_stack(results, length), *_stack(recorded, length), *count)


def _stack(rows: dict[int, list[Array]], length: int) -> list[Array]:
    """Stack arrays by position, zeros where there are none."""
    if not rows:
        return []
    stacks = [np.zeros((length, *x.shape), x.dtype) for x in next(iter(rows.values()))]
    for position, row in rows.items():
        for stack, x in zip(stacks, row, strict=True):
            stack[position] = x
    return stacks


@op("switch")
def switch(index: Array, *operands: Array, branches: Sequence[Function]) -> tuple[Array, ...]:
    """Return the results of the branch that the index, clipped, names."""
    return tuple(branches[int(np.clip(index, 0, len(branches) - 1))](*operands))


@op("scalars")
def scalars(*numbers: Array, body: Sequence[Function]) -> tuple[Array, ...]:
    """Return what the body makes of single numbers."""
    return tuple(body[0](*numbers))


@op("with_gradient")
def with_gradient(
    *inputs: Array, gradient: Sequence[Function], results: int, sources: int
) -> tuple[Array, ...]:
    """Return the first inputs, so many as there are results, as they are."""
    return inputs[:results]
