"""Recurrent ops: what each cell does in a step, forward and back; see `recurrent_walk`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lamina.reference.recurrent_walk import before, walk, walk_back
from lamina.reference.registry import Array, op
from lamina.reference.unary import FUNCTIONS, sigmoid


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

    def step(x: Array, h: Array, c: Array) -> tuple[Sequence[Array], Array]:
        i, f, g, o = np.split(x @ kernel + h @ recurrent_kernel + bias, 4, axis=1)
        i, f, g, o = sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)
        c = f * c + i * g
        return (o * np.tanh(c), c), np.concatenate([i, f, g, o], axis=1)

    (h, c), gates, seen = walk(step, kernel.shape[1], x, (h0, c0), mask, reverse)
    return h, c, gates, seen


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
    cs = before(c0, c, reverse)

    def slopes(t: int, dh: Array, dc: Array) -> tuple[Array, Sequence[Array]]:
        i, f, g, o = np.split(gates[:, t], 4, axis=1)
        tanh_c = np.tanh(c[:, t])
        dc = dc + dh * o * (1 - tanh_c**2)
        of_gates = (
            dc * g * i * (1 - i),
            dc * cs[:, t] * f * (1 - f),
            dc * i * (1 - g**2),
            dh * tanh_c * o * (1 - o),
        )
        dsums = np.concatenate(of_gates, axis=1)
        return dsums, (dsums @ recurrent_kernel.T, dc * f)

    dsums, dh0, dc0 = walk_back(slopes, gates.shape, (dh, dc), mask, reverse)
    return dsums, dh0, dc0, dsums.sum(axis=1)


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

    def step(x: Array, h: Array) -> tuple[Sequence[Array], Array]:
        a_z, a_r, a_n = np.split(x @ kernel + bias[0], 3, axis=1)
        b_z, b_r, b_n = np.split(h @ recurrent_kernel + bias[1], 3, axis=1)
        z, r = sigmoid(a_z + b_z), sigmoid(a_r + b_r)
        n = np.tanh(a_n + r * b_n)
        return (z * h + (1 - z) * n,), np.concatenate([z, r, n, b_n], axis=1)

    (h,), gates, seen = walk(step, 4 * h0.shape[1], x, (h0,), mask, reverse)
    return h, gates, seen


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
    units = len(recurrent_kernel)

    def slopes(t: int, dh: Array) -> tuple[Array, Sequence[Array]]:
        z, r, n, b_n = np.split(gates[:, t], 4, axis=1)
        h = seen[:, t, -units:]
        dn = dh * (1 - z) * (1 - n**2)
        dz, dr, db_n = dh * (h - n) * z * (1 - z), dn * b_n * r * (1 - r), dn * r
        db = np.concatenate([dz, dr, db_n], axis=1)
        return np.concatenate([dz, dr, dn, db_n], axis=1), (dh * z + db @ recurrent_kernel.T,)

    dsums, dh0 = walk_back(slopes, gates.shape, (dh,), mask, reverse)
    return dsums, dh0, dsums.sum(axis=1)


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

    def step(x: Array, h: Array) -> tuple[Sequence[Array], Array]:
        sums = x @ kernel + h @ recurrent_kernel + bias
        return (FUNCTIONS[activation].forward(sums),), sums

    (h,), _, seen = walk(step, h0.shape[1], x, (h0,), mask, reverse)
    return h, seen


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

    def slopes(t: int, dh: Array) -> tuple[Array, Sequence[Array]]:
        dsums = dh * FUNCTIONS[activation].slope(h[:, t])
        return dsums, (dsums @ recurrent_kernel.T,)

    dsums, dh0 = walk_back(slopes, h.shape, (dh,), mask, reverse)
    return dsums, dh0, dsums.sum(axis=1)
