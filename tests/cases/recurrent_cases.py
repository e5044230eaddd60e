"""Cases of the recurrent ops: both directions, with and without a mask."""

from __future__ import annotations

from typing import Any

from op_case import Case, booleans, case, values

SIZES = [  # batch, steps, features, units
    (1, 1, 1, 1),
    (3, 4, 5, 7),
    (5, 2, 3, 17),
    (26, 3, 2, 33),
    (2, 3, 1, 70),
    (0, 3, 2, 4),
    (2, 0, 3, 5),
]


def recurrent_cases() -> list[Case]:
    """Return the cases of LSTM, GRU and the simple recurrence, and of their gradients."""
    cases = []
    for sizes in SIZES:
        for mask in ([], [booleans(*sizes[:2])]):
            for reverse in (False, True):
                cases += _forward(*sizes, mask, reverse) + _backward(*sizes, mask, reverse)
    return cases


def _forward(b: int, t: int, f: int, u: int, mask: list[Any], reverse: bool) -> list[Case]:
    def inputs(columns: int, *bias: int) -> list[Any]:
        weights = [values(n, columns, low=-1, high=1) for n in (f, u)]
        return [values(b, t, f), *weights, values(*bias), state]

    state = values(b, u, low=-1, high=1)
    return [
        case("lstm", *inputs(4 * u, 4 * u), state, *mask, reverse=reverse),
        case("gru", *inputs(3 * u, 2, 3 * u), *mask, reverse=reverse),
        *[
            case("simple_rnn", *inputs(u, u), *mask, reverse=reverse, activation=name)
            for name in ("tanh", "relu", "sigmoid")
        ],
    ]


def _backward(b: int, t: int, f: int, u: int, mask: list[Any], reverse: bool) -> list[Case]:
    gates, state = values(b, t, 4 * u, low=0, high=1), values(b, u)
    every, last, none = values(b, t, u), values(b, min(t, 1), u), values(b, 0, u)
    kernels = {columns: values(u, columns * u, low=-1, high=1) for columns in (1, 3, 4)}
    inputs: list[tuple[str, list[Any]]] = [
        ("lstm_grad", [gates, every, state, every, last, kernels[4]]),
        ("lstm_grad", [gates, every, state, last, none, kernels[4]]),
        ("gru_grad", [gates, values(b, t, f + u), last, kernels[3]]),
        ("gru_grad", [gates, values(b, t, f + u), every, kernels[3]]),
        ("simple_rnn_grad", [values(b, t, u, low=-1, high=1), every, kernels[1]]),
    ]
    return [case(name, *draws, *mask, reverse=reverse) for name, draws in inputs]
