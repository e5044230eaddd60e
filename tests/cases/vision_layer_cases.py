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
                (pooling, (shape,), {} if kind == "Max" else {"pool_size": 2}),
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


FIRST = {"data_format": "channels_first"}
IMAGE_FIRST = (3, 6, 5)


def geometry_rows() -> list[Row]:
    """Return the cases of layers that cut, surround, repeat and scale."""
    rows: list[Row] = []
    for rank, shape in SHAPES.items():
        pairs = tuple((i % 2, 1) for i in range(rank))
        for kind, name in (("ZeroPadding", "padding"), ("Cropping", "cropping")):
            layer = f"{kind}{rank}D"
            rows += [
                (layer, (shape,)),
                (layer, (shape,), {name: 1}),
                (layer, (shape,), {name: pairs if rank > 1 else (0, 3)}),
            ]
            if layer != "Cropping1D":
                rows.append((layer, (shape[::-1],), {name: (0, 1, 1)[:rank], **FIRST}))
        rows.append((f"UpSampling{rank}D", (shape,)))
    interpolations = ("bilinear", "bicubic", "lanczos3", "lanczos5")
    resizing = "Resizing"
    return [
        *rows,
        ("UpSampling1D", (SEQUENCE,), {"size": 3}),
        ("UpSampling2D", (IMAGE_FIRST,), {"size": (3, 1), **FIRST}),
        ("UpSampling3D", (VOLUME,), {"size": (1, 2, 3), **FIRST}),
        *[
            ("UpSampling2D", (IMAGE,), {"size": (2, 3), "interpolation": name})
            for name in interpolations
        ],
        *[
            (resizing, (IMAGE,), {"height": 9, "width": 4, "interpolation": name, "antialias": a})
            for name in ("nearest", *interpolations)
            for a in (False, True)
        ],
        (resizing, ((6, 5, 1),), {"height": 3, "width": 7}),
        (resizing, (IMAGE_FIRST,), {"height": 6, "width": 7, **FIRST}),
        (resizing, (IMAGE,), {"height": 3, "width": 8, "crop_to_aspect_ratio": True}),
        (
            resizing,
            (IMAGE,),
            {"height": 3, "width": 9, "pad_to_aspect_ratio": True, "fill_value": 2.0},
        ),
        ("CenterCrop", (IMAGE,), {"height": 3, "width": 4}),
        ("CenterCrop", (IMAGE_FIRST,), {"height": 6, "width": 2, **FIRST}),
        ("CenterCrop", (IMAGE,), {"height": 8, "width": 4}),
    ]


def random_rows() -> list[Row]:
    """Return the cases of layers that change images at random."""
    rotation, move, zoom = "RandomRotation", "RandomTranslation", "RandomZoom"
    rows: list[Row] = [
        *[("RandomFlip", (IMAGE,), {"mode": mode}) for mode in ("horizontal", "vertical")],
        ("RandomFlip", (IMAGE_FIRST,), FIRST),
        (rotation, (IMAGE,), {"factor": 0.2}),
        (rotation, (IMAGE,), {"factor": (0.1, 0.3), "fill_mode": "wrap"}),
        (rotation, (IMAGE_FIRST,), {"factor": 0.5, "interpolation": "nearest", **FIRST}),
        (move, (IMAGE,), {"height_factor": 0.4, "width_factor": (-0.3, 0.1)}),
        (
            move,
            (IMAGE,),
            {"height_factor": 0.4, "width_factor": 0.9, "fill_mode": "constant", "fill_value": 3},
        ),
        (zoom, (IMAGE,), {"height_factor": 0.5}),
        (zoom, (IMAGE,), {"height_factor": (-0.5, -0.1), "width_factor": 0.3}),
        (zoom, (IMAGE,), {"height_factor": (0.2, 0.9), "fill_mode": "nearest"}),
        ("RandomBrightness", (IMAGE,), {"factor": 0.3, "value_range": (-2, 2)}),
        (
            "RandomBrightness",
            (IMAGE_FIRST,),
            {"factor": (-0.1, 0.4), "value_range": (-5, 5), **FIRST},
        ),
        ("RandomContrast", (IMAGE,), {"factor": 0.5, "value_range": (-2, 2)}),
        ("RandomContrast", (IMAGE_FIRST,), {"factor": (0.9, 0.2), "value_range": (-5, 5), **FIRST}),
        ("RandomCrop", (IMAGE,), {"height": 3, "width": 2}),
        ("RandomCrop", (IMAGE_FIRST,), {"height": 5, "width": 4, **FIRST}),
        ("RandomCrop", (IMAGE,), {"height": 8, "width": 5}),
        *[(f"SpatialDropout{rank}D", (shape,), {"rate": 0.4}) for rank, shape in SHAPES.items()],
        ("SpatialDropout2D", (IMAGE_FIRST,), {"rate": 0.4, **FIRST}),
    ]
    calls: list[Call] = [in_training, lambda x: {"training": False}]
    return [(*row, call) for row in rows for call in calls]


ROWS = [*pooling_rows(), *normalization_rows(), *geometry_rows(), *random_rows()]
