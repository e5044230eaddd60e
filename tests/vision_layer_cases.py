"""Cases of the layers for images: name, shapes of one sample, arguments, and how it is called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Row = tuple[Any, ...]
Call = Callable[[Any], dict[str, Any]]

SEQUENCE, IMAGE, VOLUME = (7, 3), (6, 5, 3), (4, 5, 3, 2)
SHAPES = {1: SEQUENCE, 2: IMAGE, 3: VOLUME}


def steps_mask(x: Any) -> dict[str, Any]:
    """Return a mask (batch, steps) that lets at least one step of each row through."""
    mask = np.random.default_rng(8).random(x.shape[:2]) > 1 / 3
    mask[:, 1] = True
    return {"mask": mask}


def pooling_rows() -> list[Row]:
    """Return the cases of pooling layers."""
    rows: list[Row] = []
    for rank, shape in SHAPES.items():
        first = {"data_format": "channels_first"}
        for kind in ("Max", "Average"):
            pooling, whole = f"{kind}Pooling{rank}D", f"Global{kind}Pooling{rank}D"
            rows += [
                (pooling, (shape,)),
                (pooling, (shape,), {"pool_size": 3, "strides": 2, "padding": "same"}),
                (pooling, (shape[::-1],), {"pool_size": 2, "strides": 1, **first}),
                (whole, (shape,)),
                (whole, (shape,), {"keepdims": True, **first}),
            ]
    rows += [
        ("MaxPooling2D", (IMAGE,), {"pool_size": (2, 3), "strides": (1, 2)}),
        ("GlobalAveragePooling1D", (SEQUENCE,), {}, steps_mask),
        ("GlobalAveragePooling1D", ((3, 7),), {"data_format": "channels_first"}),
    ]
    return rows


def in_training(x: Any) -> dict[str, Any]:
    """Return the options of a call in training."""
    return {"training": True}


def masked_in_training(x: Any) -> dict[str, Any]:
    """Return the options of a call in training with a mask."""
    return {"training": True, **steps_mask(x)}


def normalization_rows() -> list[Row]:
    """Return the cases of normalization layers."""
    batch, layer, group = "BatchNormalization", "LayerNormalization", "GroupNormalization"
    rows: list[Row] = [
        (batch, (shape,), arguments, call)
        for call in (lambda x: {}, in_training)
        for shape, arguments in [
            ((5,), {}),
            (IMAGE, {"epsilon": 0.1}),
            (IMAGE, {"axis": 1}),
            (SEQUENCE, {"center": False}),
            (SEQUENCE, {"scale": False, "axis": -2}),
        ]
    ]
    return [
        *rows,
        (batch, (SEQUENCE,), {}, masked_in_training),
        (batch, (SEQUENCE,), {}, steps_mask),
        (layer, (SEQUENCE,)),
        (layer, (IMAGE,), {"axis": [1, -1], "epsilon": 0.01}),
        (layer, (IMAGE,), {"axis": 2, "center": False}),
        (layer, (SEQUENCE,), {"axis": (1, 2), "scale": False}),
        (group, ((5, 6),), {"groups": 3}),
        (group, ((4, 3, 5),), {"groups": 2, "axis": 1}),
        (group, (IMAGE,), {"groups": -1, "center": False}),
        (group, (IMAGE,), {"groups": 1, "scale": False}),
        ("RMSNormalization", (SEQUENCE,)),
        ("RMSNormalization", (IMAGE,), {"axis": [1, -1], "epsilon": 0.01}),
        ("UnitNormalization", (SEQUENCE,)),
        ("UnitNormalization", (SEQUENCE,), {"axis": (1, 2)}),
    ]


ROWS = [*pooling_rows(), *normalization_rows()]
