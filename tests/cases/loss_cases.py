"""What losses give, by another implementation, for tests/objectives/test_losses.py."""

from __future__ import annotations

from typing import Any

# Class, options, batch, the losses of its four samples (by another implementation, in float32).
CASES: list[tuple[str, dict[str, Any], str, list[float]]] = [
    ("MeanSquaredError", {}, "real", [1.68, 0.126667, 0.09, 0.536667]),
    ("SumSquaredError", {}, "real", [5.04, 0.38, 0.27, 1.61]),
    ("MeanAbsoluteError", {}, "real", [1.06667, 0.333333, 0.233333, 0.7]),
    ("MeanAbsolutePercentageError", {}, "signs", [50.0, 73.3333, 33.3333, 120.0]),
    ("MeanSquaredLogarithmicError", {}, "count", [0.0325888, 0.0154968, 0.0514099, 0.057699]),
    ("Huber", {}, "real", [0.673333, 0.0633333, 0.045, 0.268333]),
    ("Huber", {"delta": 0.25}, "real", [0.235833, 0.0525, 0.0345833, 0.14375]),
    ("LogCosh", {}, "real", [0.592884, 0.0614412, 0.043366, 0.241344]),
    ("CosineSimilarity", {}, "real", [-0.62927, -0.993736, -0.994139, -0.972147]),
    ("Poisson", {}, "count", [0.35809, 0.470718, -0.501628, -0.00835915]),
    ("BinaryCrossentropy", {}, "binary", [0.279777, 0.60672, 0.85465, 0.160692]),
    (
        "BinaryCrossentropy",
        {"label_smoothing": 0.2},
        "binary",
        [0.412743, 0.665233, 0.843372, 0.810887],
    ),
    (
        "BinaryCrossentropy",
        {"from_logits": True},
        "binary logits",
        [0.304756, 0.591348, 30.3038, 0.172126],
    ),
    ("CategoricalCrossentropy", {}, "one-hot", [0.356675, 1.20397, 0.510826, 2.81341]),
    (
        "CategoricalCrossentropy",
        {"label_smoothing": 0.3},
        "one-hot",
        [0.676542, 1.1752, 0.737002, 2.58315],
    ),
    (
        "CategoricalCrossentropy",
        {"from_logits": True},
        "one-hot logits",
        [0.194815, 0.727614, -0, 2.5851],
    ),
    ("SparseCategoricalCrossentropy", {}, "labels", [0.356675, 1.20397, 0.510826, 2.81341]),
    (
        "SparseCategoricalCrossentropy",
        {"from_logits": True},
        "label logits",
        [0.194815, 0.727614, -0, 2.5851],
    ),
    (
        "SparseCategoricalCrossentropy",
        {"ignore_class": 2},
        "labels",
        [0.356675, 1.20397, 0, 2.81341],
    ),
    ("KLDivergence", {}, "one-hot", [0.356672, 1.20397, 0.510823, 2.81341]),
    ("Hinge", {}, "signs", [0.3, 0.7, 0.333333, 1.2]),
    ("Hinge", {}, "binary", [0.566667, 1.06667, 0.85, 0.8]),
    ("SquaredHinge", {}, "signs", [0.216667, 0.816667, 0.126667, 1.48667]),
    ("CategoricalHinge", {}, "one-hot logits", [0, 0.9, 0, 3.5]),
    ("BinaryFocalCrossentropy", {}, "binary", [0.0305705, 0.224244, 0.394401, 0.0176331]),
    (
        "BinaryFocalCrossentropy",
        {"apply_class_balancing": True, "gamma": 1.0},
        "binary",
        [0.0290627, 0.123948, 0.353223, 0.0383347],
    ),
    ("Dice", {"axis": -1}, "binary", [0.189189, 0.666667, 0.382716, 0.166667]),
    (
        "Tversky",
        {"alpha": 0.3, "beta": 0.8, "axis": -1},
        "binary",
        [0.171271, 0.67033, 0.408983, 0.242424],
    ),
    ("CategoricalFocalCrossentropy", {}, "one-hot", [0.00802519, 0.147487, 0.020433, 0.621482]),
]
