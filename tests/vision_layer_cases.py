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


ROWS = pooling_rows()
