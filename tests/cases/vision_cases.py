"""Cases of the ops and layers for images: pooling, normalization, geometry."""

from __future__ import annotations

from typing import Any

import numpy as np

from lamina.reference.pooling import max_pool
from op_case import Array, Case, case, distinct, values

# Sizes of x, then attributes of the pooling.
POOLS: list[tuple[tuple[int, ...], dict[str, Any]]] = [
    ((2, 7, 3), {"window": [2], "strides": [2]}),
    ((1, 5, 1), {"window": [5]}),
    ((2, 9, 67), {"window": [4], "strides": [3], "padding": [1, 2]}),
    ((0, 4, 3), {"window": [2]}),
    ((1, 700, 2), {"window": [300], "strides": [150]}),
    ((2, 4, 6, 16), {"window": [2, 2], "strides": [2, 2]}),
    ((3, 5, 7, 5), {"window": [2, 2], "strides": [2, 2]}),
    ((2, 7, 6, 33), {"window": [3, 2], "strides": [2, 1], "padding": [1, 1, 0, 1]}),
    ((1, 5, 5, 3), {"window": [1, 1], "strides": [3, 2]}),
    ((2, 4, 5, 3, 2), {"window": [2, 3, 2], "strides": [1, 2, 1]}),
    ((1, 3, 4, 5, 17), {"window": [2, 2, 2], "strides": [2, 2, 2], "padding": [0, 1, 0, 0, 0, 1]}),
]


def pooling_cases() -> list[Case]:
    """Return the cases of pooling and its gradients."""
    cases = []
    for shape, attributes in POOLS:
        places = max_pool.forward(np.zeros(shape), **attributes)[1]
        taps = int(np.prod(attributes["window"]))
        full = [*shape[1:-1]]

        def inside(rng: np.random.Generator, places: Array = places, n: int = taps) -> Array:
            return rng.integers(0, n, places.shape).astype(places.dtype)

        cases += [
            case("max_pool", distinct(*shape), **attributes),
            case("max_pool_grad", values(*places.shape), inside, size=full, **attributes),
            case("max_pool_take", values(*shape), inside, **attributes),
            case("average_pool", values(*shape), **attributes),
            case("average_pool_grad", values(*places.shape), size=full, **attributes),
        ]
    return cases


def normalization_cases() -> list[Case]:
    """Return the cases of normalization by batches and by groups."""
    cases = []
    for shape in [(5, 3), (1, 4), (700, 1), (2, 3, 67), (3, 9, 11, 5), (40, 130), (4097, 17)]:
        x, channels, variance = values(*shape), values(shape[-1]), values(shape[-1], low=1)
        cases += [
            case("batch_norm", x, channels, channels, epsilon=1e-3),
            case("batch_norm_grad", x, x, channels, channels, variance, epsilon=0.1),
        ]
    for shape, groups in [
        *(((5, 3), 1), ((1, 1), 1), ((700, 9), 3), ((3, 1030), 1), ((0, 4), 2), ((300, 70), 1)),
        *(((2, 3, 68), 4), ((3, 9, 11, 5), 5), ((2, 40, 130), 1), ((1, 700, 12), 3)),
    ]:
        x, channels = values(*shape), values(shape[-1])
        cases += [
            case("group_norm", x, channels, channels, groups=groups, epsilon=1e-3),
            case("group_norm_grad", x, x, channels, groups=groups, epsilon=0.1),
        ]
    return cases


def affine_cases() -> list[Case]:
    """Return the cases of images taken from other places, far beyond the edges too."""
    cases = []
    for shape in [(1, 1, 1, 1), (3, 4, 5, 2), (2, 7, 3, 1), (0, 2, 2, 1)]:

        def transforms(rng: np.random.Generator, batch: int = shape[0]) -> Array:
            near = np.array([1.0, 0, 0, 0, 1, 0, 0, 0]) + rng.normal(size=(batch, 8)) / 2
            return near * [1, 1, 4, 1, 1, 4, 1, 1]

        x = values(*shape)
        for fill_mode in ("constant", "nearest", "wrap", "mirror", "reflect"):
            for interpolation in ("bilinear", "nearest"):
                options = {"fill_mode": fill_mode, "interpolation": interpolation}
                options |= {"fill_value": 0.7} if fill_mode == "constant" else {}
                cases += [
                    case("affine_transform", x, transforms, **options),
                    case("affine_transform_grad", x, transforms, **options),
                    case("affine_transform_slopes", x, transforms, x, **options),
                ]
    return cases


def vision_cases() -> list[Case]:
    """Return every case of an op for images."""
    return [*pooling_cases(), *normalization_cases(), *affine_cases()]
