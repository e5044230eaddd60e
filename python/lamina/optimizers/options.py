"""What optimizers take in common."""

from __future__ import annotations

import math

import numpy as np

from lamina.optimizers.averaging import AveragingOptions
from lamina.optimizers.schedules import LearningRateSchedule

Rate = float | LearningRateSchedule


class ClipOptions(AveragingOptions, total=False):
    """Ways of clipping and averaging, and the optimizer's name."""

    clipnorm: float | None
    clipvalue: float | None
    global_clipnorm: float | None
    name: str | None


class CommonOptions(ClipOptions, total=False):
    """What every optimizer takes besides its own hyperparameters."""

    weight_decay: float | None


def in_range(name: str, value: float, low: float, high: float = math.inf) -> float:
    """Return value if low <= value <= high; raise ValueError otherwise."""
    number = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
    if not number or not low <= value <= high:
        raise ValueError(f"expected {name} in [{low}, {high}], received {value!r}")
    return value
