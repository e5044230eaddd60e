"""What optimizers give, by another implementation, for tests/objectives/test_optimizers.py."""

from __future__ import annotations

from typing import Any

# Class, options, the four weights after 20 steps (by another implementation, in float32).
CASES: list[tuple[str, dict[str, Any], list[float]]] = [
    ("SGD", {}, [0.663, -1.326, 2.326, -0.0956006]),
    ("SGD", {"momentum": 0.9}, [1.13289, -2.26577, 3.26577, -0.659465]),
    ("SGD", {"momentum": 0.9, "nesterov": True}, [1.10631, -2.21263, 3.21263, -0.627578]),
    ("Adam", {"learning_rate": 0.05}, [1.13178, -1.85425, 2.85425, -0.620445]),
    ("Adam", {"learning_rate": 0.05, "amsgrad": True}, [1.13176, -1.85425, 2.85425, -0.620368]),
    (
        "AdamW",
        {"learning_rate": 0.05, "weight_decay": 0.1},
        [1.09472, -1.73556, 2.65222, -0.599438],
    ),
    ("Adamax", {"learning_rate": 0.05}, [0.991408, -1.58825, 2.58825, -0.424154]),
    ("Nadam", {"learning_rate": 0.05}, [1.03961, -1.69435, 2.69436, -0.495786]),
    ("Lamb", {"learning_rate": 0.05}, [0.898763, -2.25425, 3.25425, 0.0358486]),
    (
        "Lamb",
        {"learning_rate": 0.05, "weight_decay": 0.1},
        [0.674522, -2.40722, 3.56326, 0.032429],
    ),
    ("Lion", {"learning_rate": 0.02}, [0.9, -1.4, 2.4, -0.3]),
    (
        "Lion",
        {"learning_rate": 0.02, "weight_decay": 0.01},
        [0.897244, -1.39525, 2.39126, -0.29964],
    ),
    ("Manhattan", {"learning_rate": 0.02}, [0.9, -1.4, 2.4, -0.3]),
    ("Rprop", {}, [0.998136, -1.99717, 2.99717, -0.490515]),
    ("RMSprop", {"learning_rate": 0.02}, [0.925196, -1.50513, 2.50513, -0.355279]),
    (
        "RMSprop",
        {"learning_rate": 0.05, "momentum": 0.5, "centered": True},
        [1.001, -2, 3, -0.499712],
    ),
    ("Adagrad", {"learning_rate": 0.1}, [0.964903, -1.63304, 2.63304, -0.420983]),
    ("Adadelta", {"learning_rate": 1.0}, [0.530917, -1.03124, 2.03124, 0.068976]),
    (
        "Ftrl",
        {
            "learning_rate": 0.1,
            "l1_regularization_strength": 0.01,
            "l2_regularization_strength": 0.1,
            "beta": 0.1,
        },
        [0.765204, -1.28647, 1.93894, -0.428128],
    ),
    ("Ftrl", {}, [0.240216, -0.706068, 1.4046, 0.0460281]),
    (
        "Ftrl",
        {
            "learning_rate": 0.1,
            "learning_rate_power": -0.3,
            "l1_regularization_strength": 0.05,
            "l2_shrinkage_regularization_strength": 0.2,
            "beta": 0.2,
            "weight_decay": 0.02,
        },
        [0.73959, -1.35717, 1.95149, -0.393956],
    ),
    ("SGD", {"weight_decay": 0.1}, [0.653292, -1.30658, 2.29007, -0.0955122]),
    ("SGD", {"learning_rate": 0.1, "clipnorm": 0.5}, [0.833333, -1.66667, 2.66667, -0.483915]),
    ("SGD", {"learning_rate": 0.1, "clipvalue": 0.3}, [0.972479, -1.6, 2.6, -0.44073]),
    (
        "SGD",
        {"learning_rate": 0.1, "global_clipnorm": 0.5},
        [0.809492, -1.61898, 2.61898, -0.271391],
    ),
]
