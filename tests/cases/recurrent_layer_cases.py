"""Cases of the recurrent layers: name, shapes of one sample, arguments, and how it is called.

A layer among the arguments is written as its name and its own arguments, ("LSTMCell", {...}).
"""

from __future__ import annotations

from typing import Any

import numpy as np

Row = tuple[Any, ...]

SEQUENCE, STEP, UNITS = (4, 3), (3,), 5
LAYERS = ("SimpleRNN", "LSTM", "GRU")
OPTIONS: list[dict[str, Any]] = [
    {},
    {"return_sequences": True},
    {"go_backwards": True},
    {"return_sequences": True, "go_backwards": True},
    {"use_bias": False},
    {"activation": "relu"},
    {"return_sequences": True, "unroll": True},
]


def masked(x: Any) -> dict[str, Any]:
    """Return a mask with holes everywhere, one row all masked, and another not at all."""
    mask = np.random.default_rng(8).random(x.shape[:2]) > 1 / 3
    mask[0], mask[-1] = False, True
    return {"mask": mask}


def started(x: Any) -> dict[str, Any]:
    """Return an initial state, with a mask."""
    return {"initial_state": [_state(x, UNITS)], **masked(x)}


def started_lstm(x: Any) -> dict[str, Any]:
    """Return initial states h and c, with a mask."""
    return {"initial_state": [_state(x, UNITS), _state(x, UNITS, 12)], **masked(x)}


def _state(x: Any, units: int, seed: int = 11) -> Any:
    return np.random.default_rng(seed).normal(size=(len(x), units)).astype(x.dtype)


def recurrent_rows() -> list[Row]:
    """Return the cases of cells, of layers with their cell, and of wrappers."""
    rows: list[Row] = []
    for name in LAYERS:
        states = 2 if name == "LSTM" else 1
        rows += [(f"{name}Cell", (STEP,), options, _states(states)) for options in _of_cell(name)]
        for options in [*OPTIONS, *_of_cell(name)]:
            arguments = {"units": UNITS, **options}
            rows += [(name, (SEQUENCE,), arguments), (name, (SEQUENCE,), arguments, masked)]
        start = started_lstm if name == "LSTM" else started
        rows.append((name, (SEQUENCE,), {"units": UNITS, "return_sequences": True}, start))
        rows += [
            ("Bidirectional", (SEQUENCE,), {"layer": (name, {"units": UNITS, **o}), **merge}, call)
            for o in ({}, {"return_sequences": True})
            for merge in ({}, {"merge_mode": "mul"}, {"merge_mode": "ave"}, {"merge_mode": "sum"})
            for call in (nothing, masked)
        ]
    cells = [("LSTMCell", {"units": 4}), ("GRUCell", {"units": UNITS, "use_bias": False})]
    for call in (nothing, masked):
        zeros = {"zero_output_for_mask": True, "return_sequences": True}
        rows += [
            ("RNN", (SEQUENCE,), {"cell": cells}, call),
            ("RNN", (SEQUENCE,), {"cell": cells[::-1], "return_sequences": True}, call),
            ("RNN", (SEQUENCE,), {"cell": cells[0], "go_backwards": True, **zeros}, call),
        ]
    rows.append(("StackedRNNCells", (STEP,), {"cells": cells}, _stacked_states))
    rows.append(("TimeDistributed", (SEQUENCE,), {"layer": ("Dense", {"units": 2})}))
    rows.append(("TimeDistributed", ((4, 2, 3),), {"layer": ("Flatten", {})}))
    return rows


def nothing(x: Any) -> dict[str, Any]:
    """Return no options."""
    return {}


def _of_cell(name: str) -> list[dict[str, Any]]:
    options: list[dict[str, Any]] = [{}]
    if name != "SimpleRNN":
        options.append({"recurrent_activation": "hard_sigmoid", "activation": "elu"})
    if name == "GRU":
        options += [{"reset_after": False}, {"reset_after": False, "use_bias": False}]
    return [{"units": UNITS, **each} for each in options]


def _states(count: int) -> Any:
    return lambda x: {"states": [_state(x, UNITS, seed) for seed in range(count)]}


def _stacked_states(x: Any) -> dict[str, Any]:
    return {"states": [[_state(x, 4), _state(x, 4, 12)], [_state(x, UNITS)]]}
