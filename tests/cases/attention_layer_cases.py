"""Cases of attention layers: name, shapes of one sample, arguments, and how they are called."""

from __future__ import annotations

from typing import Any

import numpy as np

Row = tuple[Any, ...]
Options = dict[str, Any]

QUERY, VALUE, KEY = (3, 5), (4, 5), (4, 5)


def value_mask(x: Any) -> Options:
    """Return masks of query (none), and of value: the first step is never masked."""
    mask = np.random.default_rng(8).random((len(x), 4)) > 0.4
    mask[:, 0] = True
    return {"mask": [None, mask]}


def both_masks(x: Any) -> Options:
    query = np.random.default_rng(9).random((len(x), 3)) > 0.4
    return {"mask": [query, value_mask(x)["mask"][1]]}


def causal(x: Any) -> Options:
    return {"use_causal_mask": True}


def attention_mask(x: Any) -> Options:
    """Return a mask (batch, time, steps) in which each time sees at least a step."""
    mask = np.random.default_rng(8).random((len(x), 3, 4)) > 0.4
    mask[..., 0] = True
    return {"attention_mask": mask}


def nothing(x: Any) -> Options:
    return {}


def attention_rows() -> list[Row]:
    """Return the cases of layers called on a list of tensors."""
    pair, three = (QUERY, VALUE), (QUERY, VALUE, KEY)
    rows: list[Row] = []
    for call in (nothing, value_mask, both_masks, causal):
        rows.append(("Attention", three, {}, call))
        rows.append(("AdditiveAttention", three, {}, call))
    rows += [
        ("Attention", ((3, 5), (4, 5)), {"use_scale": True}),
        ("Attention", three, {"score_mode": "concat"}),
        ("Attention", pair, {"score_mode": "concat", "use_scale": True}, value_mask),
        ("Attention", ((1, 1), (1, 1)), {}),
        ("Attention", (QUERY, (4, 2), KEY), {}),
        ("AdditiveAttention", pair, {"use_scale": False}),
        ("AdditiveAttention", ((1, 1), (1, 1)), {}),
    ]
    return rows


def heads_rows() -> list[Row]:
    """Return the cases of layers called on several arguments."""
    pair, three = (QUERY, VALUE), (QUERY, VALUE, KEY)
    rows: list[Row] = []
    two: Options = {"num_heads": 2, "key_dim": 3}
    for call in (nothing, causal, attention_mask):
        rows.append(("MultiHeadAttention", three, two, call))
        rows.append(
            (
                "GroupQueryAttention",
                pair,
                {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2},
                call,
            )
        )
    rows += [
        ("MultiHeadAttention", (QUERY, (4, 2), (4, 7)), {**two, "value_dim": 5, "output_shape": 7}),
        ("MultiHeadAttention", pair, {**two, "use_bias": False}),
        ("MultiHeadAttention", ((1, 1), (1, 1)), {"num_heads": 1, "key_dim": 1}),
        (
            "GroupQueryAttention",
            three,
            {"head_dim": 2, "num_query_heads": 3, "num_key_value_heads": 1, "use_bias": False},
        ),
    ]
    return rows


def einsum(equation: str, shape: tuple[Any, ...], bias: str | None, *sample: int) -> Row:
    options = {"equation": equation, "output_shape": shape, "bias_axes": bias}
    return "EinsumDense", (sample,), options


EINSUMS = [
    einsum("ab,bc->ac", (5,), "c", 7),
    einsum("abc,cd->abd", (None, 5), None, 3, 4),
    einsum("abc,cde->abde", (None, 2, 3), "de", 3, 4),
    einsum("abcd,cde->abe", (None, 5), "e", 3, 4, 2),
    einsum("abc,cde->abde", (None, 2, 3), "e", 3, 4),
    einsum("abc,cde->abed", (None, 3, 2), "d", 3, 4),
    einsum("abc,bd->adc", (6, 4), "dc", 3, 4),
    einsum("...x,xy->...y", (6,), "y", 3, 4, 5),
    einsum("abc...,bcd->ad...", (6,), "d", 3, 4, 2),
]
LISTED = [*attention_rows(), *EINSUMS]
SPREAD = heads_rows()
