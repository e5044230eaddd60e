"""The way through time of the recurrent ops, forward and back, around what a cell does in a step.

Sequences are (batch, steps, ...). A row whose mask is False keeps its state; with `reverse` the
last time comes first, and results stand at their times. `seen` is [x, h before].
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from lamina.reference.registry import Array


def times(steps: int, reverse: bool) -> range:
    """Return the times in the order of the steps."""
    return range(steps - 1, -1, -1) if reverse else range(steps)


def taken(mask: tuple[Array, ...], shape: tuple[int, ...], t: int) -> Array:
    """Return, (batch, 1), which rows take the step at time t."""
    return mask[0][:, t, None] if mask else np.ones((shape[0], 1), bool)


def joined(x: Array, before: Array) -> Array:
    """Return [x, before], one after the other in each row."""
    return np.concatenate([x, before], axis=1)


def before(initial: Array, states: Array, reverse: bool) -> Array:
    """Return the state before each step: the initial one, then that of the step before."""
    shifted = np.empty_like(states)
    for i, t in enumerate(order := times(states.shape[1], reverse)):
        shifted[:, t] = states[:, order[i - 1]] if i > 0 else initial
    return shifted


def all_steps(given: Array, steps: int, reverse: bool) -> Array:
    """Return gradients of the last steps with zeros for the steps before."""
    filled = np.zeros((len(given), steps, given.shape[2]), given.dtype)
    for i, t in enumerate(order := times(steps, reverse)):
        at = sorted(order[steps - given.shape[1] :])
        if i >= steps - given.shape[1]:
            filled[:, t] = given[:, at.index(t)]
    return filled


def walk(
    step: Callable[..., tuple[Sequence[Array], Array]],
    width: int,
    x: Array,
    states: Sequence[Array],
    mask: tuple[Array, ...],
    reverse: bool,
) -> tuple[list[Array], Array, Array]:
    """Walk through time; return each state, the gates and what was seen, at every time.

    step(x at one time, *states) returns the next states and its gates, (batch, width).
    """
    batch, steps, features = x.shape
    histories = [np.zeros((batch, steps, state.shape[1]), x.dtype) for state in states]
    gates = np.zeros((batch, steps, width), x.dtype)
    seen = np.zeros((batch, steps, features + states[0].shape[1]), x.dtype)
    for t in times(steps, reverse):
        seen[:, t] = joined(x[:, t], states[0])
        following, now = step(x[:, t], *states)
        takes = taken(mask, x.shape, t)
        gates[:, t] = np.where(takes, now, 0)
        states = [np.where(takes, new, old) for new, old in zip(following, states, strict=True)]
        for history, state in zip(histories, states, strict=True):
            history[:, t] = state
    return histories, gates, seen


def walk_back(
    slopes: Callable[..., tuple[Array, Sequence[Array]]],
    shape: tuple[int, ...],
    given: Sequence[Array],
    mask: tuple[Array, ...],
    reverse: bool,
) -> tuple[Array, ...]:
    """Walk back; return the gradients of the sums, of `shape`, and of each initial state.

    given: the gradients of each state, (batch, 0..steps, units), of the last steps.
    slopes(t, *gradients of the states after) returns those of the sums and of the states before.
    """
    batch, steps, _ = shape
    given = [all_steps(each, steps, reverse) for each in given]
    dsums = np.zeros(shape, given[0].dtype)
    back: Sequence[Array] = [np.zeros((batch, each.shape[2]), each.dtype) for each in given]
    for t in reversed(times(steps, reverse)):
        back = [d + each[:, t] for d, each in zip(back, given, strict=True)]
        of_sums, before = slopes(t, *back)
        takes = taken(mask, shape, t)
        dsums[:, t] = np.where(takes, of_sums, 0)
        back = [np.where(takes, new, old) for new, old in zip(before, back, strict=True)]
    return dsums, *back
