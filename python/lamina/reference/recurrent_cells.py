"""Recurrent cells: a step and its gradient.

A step takes x (batch, in) and a list of states, of which the first is the output; the weights are
kernel, recurrent_kernel and perhaps bias.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from lamina.reference.activations import ACTIVATIONS
from lamina.reference.registry import Array

Arrays: TypeAlias = list[Array]


def act(name: str, x: Array) -> Array:
    """Return an activation's value."""
    return np.asarray(ACTIVATIONS[name].forward(x))


def act_back(name: str, dy: Array, x: Array) -> Array:
    """Return dy times an activation's derivative at x."""
    backward = ACTIVATIONS[name].backward
    assert backward is not None
    return np.asarray(backward(dy, x)[0])


def product_back(dy: Array, x: Array, kernel: Array) -> tuple[Array, Array]:
    """Return the gradients of x and kernel, given that of x @ kernel."""
    return dy @ kernel.T, x.T @ dy


@dataclass
class Cell:
    """step(x, states, weights, options) -> states, and back, beginning with their gradients.

    step_back(dstates, x, states, weights, options) -> dx, dstates, dweights.
    """

    states: int
    step: Callable[..., Arrays]
    step_back: Callable[..., tuple[Array, Arrays, Arrays]]


def _simple(x: Array, states: Arrays, weights: Arrays, options: dict[str, Any]) -> Arrays:
    """h = activation(x kernel + h recurrent_kernel + bias)."""
    kernel, recurrent, *bias = weights
    sums = sum(bias, x @ kernel + states[0] @ recurrent)
    return [act(options.get("activation", "tanh"), np.asarray(sums))]


def _simple_back(
    dstates: Arrays, x: Array, states: Arrays, weights: Arrays, options: dict[str, Any]
) -> tuple[Array, Arrays, Arrays]:
    kernel, recurrent, *bias = weights
    sums = np.asarray(sum(bias, x @ kernel + states[0] @ recurrent))
    dsums = act_back(options.get("activation", "tanh"), dstates[0], sums)
    dx, dkernel = product_back(dsums, x, kernel)
    dh, drecurrent = product_back(dsums, states[0], recurrent)
    return dx, [dh], [dkernel, drecurrent, *(dsums.sum(axis=0) for _ in bias)]


def _lstm_parts(
    x: Array, states: Arrays, weights: Arrays, options: dict[str, Any]
) -> tuple[str, str, Arrays, Arrays]:
    """Return both activations' names, the sums of i, f, g, o, and their values."""
    kernel, recurrent, *bias = weights
    activation = options.get("activation", "tanh")
    gate = options.get("recurrent_activation", "sigmoid")
    sums = np.split(np.asarray(sum(bias, x @ kernel + states[0] @ recurrent)), 4, axis=1)
    names = (gate, gate, activation, gate)
    return activation, gate, sums, [act(name, s) for name, s in zip(names, sums, strict=True)]


def _lstm(x: Array, states: Arrays, weights: Arrays, options: dict[str, Any]) -> Arrays:
    """c = f c + i g; h = o activation(c)."""
    activation, _, _, (i, f, g, o) = _lstm_parts(x, states, weights, options)
    c = f * states[1] + i * g
    return [o * act(activation, c), c]


def _lstm_back(
    dstates: Arrays, x: Array, states: Arrays, weights: Arrays, options: dict[str, Any]
) -> tuple[Array, Arrays, Arrays]:
    kernel, recurrent, *bias = weights
    activation, gate, sums, (i, f, g, o) = _lstm_parts(x, states, weights, options)
    h, c = states
    new_c = f * c + i * g
    dh, dc = dstates
    dc = dc + act_back(activation, dh * o, new_c)
    slopes = (dc * g, dc * c, dc * i, dh * act(activation, new_c))
    names = (gate, gate, activation, gate)
    dsums = np.concatenate(
        [act_back(n, d, s) for n, d, s in zip(names, slopes, sums, strict=True)], axis=1
    )
    dx, dkernel = product_back(dsums, x, kernel)
    dh, drecurrent = product_back(dsums, h, recurrent)
    return dx, [dh, dc * f], [dkernel, drecurrent, *(dsums.sum(axis=0) for _ in bias)]


@dataclass
class _GruStep:
    """What a GRU computes: a from the input, b from the state, and the gates."""

    x: Array
    h: Array
    weights: Arrays
    options: dict[str, Any]

    def __post_init__(self) -> None:
        self.kernel, self.recurrent, *self.bias = self.weights
        self.activation = self.options.get("activation", "tanh")
        self.gate = self.options.get("recurrent_activation", "sigmoid")
        self.after = self.options.get("reset_after", True)
        self.units = len(self.recurrent)
        a, b = self.x @ self.kernel, self.h @ self.recurrent
        for bias in self.bias:
            a, b = (a + bias[0], b + bias[1]) if self.after else (a + bias, b)
        (self.a_z, self.a_r, self.a_n), (self.b_z, self.b_r, self.b_n) = (
            np.split(sums, 3, axis=1) for sums in (a, b)
        )
        self.z, self.r = act(self.gate, self.a_z + self.b_z), act(self.gate, self.a_r + self.b_r)
        self.of_n = self.recurrent[:, 2 * self.units :]
        inner = self.r * self.b_n if self.after else (self.r * self.h) @ self.of_n
        self.n_sum = self.a_n + inner
        self.n = act(self.activation, self.n_sum)


def _gru(x: Array, states: Arrays, weights: Arrays, options: dict[str, Any]) -> Arrays:
    """h = z h + (1 - z) n; n = activation(a_n + r b_n), or the reset gate before the product."""
    g = _GruStep(x, states[0], weights, options)
    return [g.z * g.h + (1 - g.z) * g.n]


def _gru_back(
    dstates: Arrays, x: Array, states: Arrays, weights: Arrays, options: dict[str, Any]
) -> tuple[Array, Arrays, Arrays]:
    g = _GruStep(x, states[0], weights, options)
    (dh,) = dstates
    dn = act_back(g.activation, dh * (1 - g.z), g.n_sum)
    dz = act_back(g.gate, dh * (g.h - g.n), g.a_z + g.b_z)
    through = dn @ g.of_n.T  # with the reset gate before the product: the gradient of r h
    dr = act_back(g.gate, dn * g.b_n if g.after else through * g.h, g.a_r + g.b_r)
    da = np.concatenate([dz, dr, dn], axis=1)
    db = np.concatenate([dz, dr, dn * g.r if g.after else 0 * dn], axis=1)
    dx, dkernel = product_back(da, x, g.kernel)
    dh_before, drecurrent = product_back(db, g.h, g.recurrent)
    dh_before = dh_before + dh * g.z
    if not g.after:
        dh_before = dh_before + through * g.r
        drecurrent[:, 2 * g.units :] += (g.r * g.h).T @ dn
    sums = np.stack([da.sum(axis=0), db.sum(axis=0)]) if g.after else da.sum(axis=0)
    return dx, [dh_before], [dkernel, drecurrent, *(sums for _ in g.bias)]


CELLS = {
    "SimpleRNNCell": Cell(1, _simple, _simple_back),
    "LSTMCell": Cell(2, _lstm, _lstm_back),
    "GRUCell": Cell(1, _gru, _gru_back),
}
