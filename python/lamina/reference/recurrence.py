"""Recurrent ops, step by step: forward through time, and back.

Sequences are (batch, steps, ...). A row whose mask is False keeps its state; with `reverse` the
last time comes first, and results stand at their times. `seen` is [x, h before].
"""

from __future__ import annotations

import numpy as np

from lamina.reference.registry import Array, op
from lamina.reference.unary import FUNCTIONS, sigmoid


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


def spread(dsums: Array, x: Array, kernel: Array) -> tuple[Array, Array]:
    """Return the gradients of x and kernel, given that of x @ kernel."""
    return dsums @ kernel.T, np.einsum("btf,btg->fg", x, dsums)


# --- LSTM ---------------------------------------------------------------------------------------


@op("lstm")
def lstm(
    x: Array,
    kernel: Array,
    recurrent_kernel: Array,
    bias: Array,
    h0: Array,
    c0: Array,
    *mask: Array,
    reverse: bool = False,
) -> tuple[Array, Array, Array, Array]:
    """Return h, c, the gates and what was seen, at every time.

    With s = x kernel + h recurrent_kernel + bias, cut into four:
    i, f, o = sigmoid(s_i), sigmoid(s_f), sigmoid(s_o); g = tanh(s_g); c = f c + i g; h = o tanh(c).
    Source: Hochreiter and Schmidhuber 1997; Gers, Schmidhuber and Cummins 2000.
    """
    batch, steps, _ = x.shape
    units = len(recurrent_kernel)
    h, c = h0, c0
    hs, cs = (np.zeros((batch, steps, units), x.dtype) for _ in range(2))
    gates = np.zeros((batch, steps, 4 * units), x.dtype)
    seen = np.zeros((batch, steps, x.shape[2] + units), x.dtype)
    for t in times(steps, reverse):
        seen[:, t] = joined(x[:, t], h)
        sums = x[:, t] @ kernel + h @ recurrent_kernel + bias
        i, f, g, o = np.split(sums, 4, axis=1)
        i, f, g, o = sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)
        new_c = f * c + i * g
        takes = taken(mask, x.shape, t)
        gates[:, t] = np.where(takes, np.concatenate([i, f, g, o], axis=1), 0)
        h, c = np.where(takes, o * np.tanh(new_c), h), np.where(takes, new_c, c)
        hs[:, t], cs[:, t] = h, c
    return hs, cs, gates, seen


@lstm.gradient
def _(
    dy: Array,
    x: Array,
    kernel: Array,
    recurrent_kernel: Array,
    bias: Array,
    h0: Array,
    c0: Array,
    *mask: Array,
    reverse: bool = False,
) -> tuple[Array | None, ...]:
    h, c, gates, _seen = lstm.forward(
        x, kernel, recurrent_kernel, bias, h0, c0, *mask, reverse=reverse
    )
    dsums, dh0, dc0, total = lstm_grad.forward(
        gates, c, c0, dy, dy[:, :0], recurrent_kernel, *mask, reverse=reverse
    )
    dx, dkernel = spread(dsums, x, kernel)
    _, drecurrent = spread(dsums, before(h0, h, reverse), recurrent_kernel)
    return dx, dkernel, drecurrent, total.sum(axis=0), dh0, dc0, *[None] * len(mask)


@op("lstm_grad")
def lstm_grad(
    gates: Array,
    c: Array,
    c0: Array,
    dh: Array,
    dc: Array,
    recurrent_kernel: Array,
    *mask: Array,
    reverse: bool = False,
) -> tuple[Array, Array, Array, Array]:
    """Return the gradients of the sums at every time, of h0 and c0, and the first over all times.

    dh, dc: gradients of the last steps' h and c, (batch, 0..steps, units).
    """
    _, steps, _ = gates.shape
    dh, dc = all_steps(dh, steps, reverse), all_steps(dc, steps, reverse)
    cs = before(c0, c, reverse)
    dsums = np.zeros_like(gates)
    d_h, d_c = np.zeros_like(c0), np.zeros_like(c0)
    for t in reversed(times(steps, reverse)):
        i, f, g, o = np.split(gates[:, t], 4, axis=1)
        d_h, d_c = d_h + dh[:, t], d_c + dc[:, t]
        tanh_c = np.tanh(c[:, t])
        through = d_c + d_h * o * (1 - tanh_c**2)
        slopes = (
            through * g * i * (1 - i),
            through * cs[:, t] * f * (1 - f),
            through * i * (1 - g**2),
            d_h * tanh_c * o * (1 - o),
        )
        takes = taken(mask, gates.shape, t)
        dsums[:, t] = np.where(takes, np.concatenate(slopes, axis=1), 0)
        d_h = np.where(takes, dsums[:, t] @ recurrent_kernel.T, d_h)
        d_c = np.where(takes, through * f, d_c)
    return dsums, d_h, d_c, dsums.sum(axis=1)


# --- GRU ----------------------------------------------------------------------------------------


@op("gru")
def gru(
    x: Array,
    kernel: Array,
    recurrent_kernel: Array,
    bias: Array,
    h0: Array,
    *mask: Array,
    reverse: bool = False,
) -> tuple[Array, Array, Array]:
    """Return h, the gates with the state's part of n, and what was seen, at every time.

    With a = x kernel + bias[0] and b = h recurrent_kernel + bias[1], each cut into three:
    z = sigmoid(a_z + b_z), r = sigmoid(a_r + b_r), n = tanh(a_n + r b_n); h = z h + (1 - z) n.
    Source: Cho et al. 2014, arXiv:1406.1078v3.
    """
    batch, steps, _ = x.shape
    units = len(recurrent_kernel)
    h = h0
    hs = np.zeros((batch, steps, units), x.dtype)
    gates = np.zeros((batch, steps, 4 * units), x.dtype)
    seen = np.zeros((batch, steps, x.shape[2] + units), x.dtype)
    for t in times(steps, reverse):
        seen[:, t] = joined(x[:, t], h)
        a_z, a_r, a_n = np.split(x[:, t] @ kernel + bias[0], 3, axis=1)
        b_z, b_r, b_n = np.split(h @ recurrent_kernel + bias[1], 3, axis=1)
        z, r = sigmoid(a_z + b_z), sigmoid(a_r + b_r)
        n = np.tanh(a_n + r * b_n)
        takes = taken(mask, x.shape, t)
        gates[:, t] = np.where(takes, np.concatenate([z, r, n, b_n], axis=1), 0)
        h = np.where(takes, z * h + (1 - z) * n, h)
        hs[:, t] = h
    return hs, gates, seen


@gru.gradient
def _(
    dy: Array,
    x: Array,
    kernel: Array,
    recurrent_kernel: Array,
    bias: Array,
    h0: Array,
    *mask: Array,
    reverse: bool = False,
) -> tuple[Array | None, ...]:
    h, gates, seen = gru.forward(x, kernel, recurrent_kernel, bias, h0, *mask, reverse=reverse)
    dsums, dh0, _total = gru_grad.forward(gates, seen, dy, recurrent_kernel, *mask, reverse=reverse)
    units = len(recurrent_kernel)
    da = dsums[..., : 3 * units]
    db = np.delete(dsums, np.s_[2 * units : 3 * units], axis=2)
    dx, dkernel = spread(da, x, kernel)
    _, drecurrent = spread(db, before(h0, h, reverse), recurrent_kernel)
    dbias = np.stack([da.sum(axis=(0, 1)), db.sum(axis=(0, 1))])
    return dx, dkernel, drecurrent, dbias, dh0, *[None] * len(mask)


@op("gru_grad")
def gru_grad(
    gates: Array,
    seen: Array,
    dh: Array,
    recurrent_kernel: Array,
    *mask: Array,
    reverse: bool = False,
) -> tuple[Array, Array, Array]:
    """Return the gradients of a_z + b_z, a_r + b_r, a_n and b_n, of h0, and the first over time."""
    _, steps, _ = gates.shape
    units = len(recurrent_kernel)
    dh = all_steps(dh, steps, reverse)
    dsums = np.zeros_like(gates)
    d_h = np.zeros((len(gates), units), gates.dtype)
    for t in reversed(times(steps, reverse)):
        z, r, n, b_n = np.split(gates[:, t], 4, axis=1)
        h = seen[:, t, -units:]
        d_h = d_h + dh[:, t]
        d_n = d_h * (1 - z) * (1 - n**2)
        slopes = d_h * (h - n) * z * (1 - z), d_n * b_n * r * (1 - r), d_n, d_n * r
        takes = taken(mask, gates.shape, t)
        dsums[:, t] = np.where(takes, np.concatenate(slopes, axis=1), 0)
        db = np.delete(dsums[:, t], np.s_[2 * units : 3 * units], axis=1)
        d_h = np.where(takes, d_h * z + db @ recurrent_kernel.T, d_h)
    return dsums, d_h, dsums.sum(axis=1)


# --- simple -------------------------------------------------------------------------------------


@op("simple_rnn")
def simple_rnn(
    x: Array,
    kernel: Array,
    recurrent_kernel: Array,
    bias: Array,
    h0: Array,
    *mask: Array,
    reverse: bool = False,
    activation: str = "tanh",
) -> tuple[Array, Array]:
    """Return h = activation(x kernel + h recurrent_kernel + bias) and what was seen."""
    batch, steps, _ = x.shape
    h = h0
    hs = np.zeros((batch, steps, len(recurrent_kernel)), x.dtype)
    seen = np.zeros((batch, steps, x.shape[2] + hs.shape[2]), x.dtype)
    for t in times(steps, reverse):
        seen[:, t] = joined(x[:, t], h)
        sums = x[:, t] @ kernel + h @ recurrent_kernel + bias
        takes = taken(mask, x.shape, t)
        h = np.where(takes, FUNCTIONS[activation].forward(sums), h)
        hs[:, t] = h
    return hs, seen


@simple_rnn.gradient
def _(
    dy: Array,
    x: Array,
    kernel: Array,
    recurrent_kernel: Array,
    bias: Array,
    h0: Array,
    *mask: Array,
    reverse: bool = False,
    activation: str = "tanh",
) -> tuple[Array | None, ...]:
    options = {"reverse": reverse, "activation": activation}
    h, _seen = simple_rnn.forward(x, kernel, recurrent_kernel, bias, h0, *mask, **options)
    dsums, dh0, total = simple_rnn_grad.forward(h, dy, recurrent_kernel, *mask, **options)
    dx, dkernel = spread(dsums, x, kernel)
    _, drecurrent = spread(dsums, before(h0, h, reverse), recurrent_kernel)
    return dx, dkernel, drecurrent, total.sum(axis=0), dh0, *[None] * len(mask)


@op("simple_rnn_grad")
def simple_rnn_grad(
    h: Array,
    dh: Array,
    recurrent_kernel: Array,
    *mask: Array,
    reverse: bool = False,
    activation: str = "tanh",
) -> tuple[Array, Array, Array]:
    """Return the gradients of the sums at every time, of h0, and the first over all times."""
    _, steps, _ = h.shape
    dh = all_steps(dh, steps, reverse)
    dsums = np.zeros_like(h)
    d_h = np.zeros((len(h), h.shape[2]), h.dtype)
    for t in reversed(times(steps, reverse)):
        d_h = d_h + dh[:, t]
        takes = taken(mask, h.shape, t)
        dsums[:, t] = np.where(takes, d_h * FUNCTIONS[activation].slope(h[:, t]), 0)
        d_h = np.where(takes, dsums[:, t] @ recurrent_kernel.T, d_h)
    return dsums, d_h, dsums.sum(axis=1)
