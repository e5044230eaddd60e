"""Checks of the arguments of fit, evaluate and predict that are plain numbers and words."""

from __future__ import annotations

from typing import Any

import numpy as np


def count(value: Any, name: str, least: int = 1) -> int:
    """Return a whole number >= least; raise TypeError or ValueError naming the argument."""
    whole = isinstance(value, (int, np.integer))
    whole = whole or (isinstance(value, float) and value.is_integer())
    if not whole or isinstance(value, bool):
        raise TypeError(f"{name}: expected a whole number, received {value!r}")
    if value < least:
        raise ValueError(f"{name}: expected a whole number >= {least}, received {value!r}")
    return int(value)


def optional_count(value: Any, name: str) -> int | None:
    """Return a whole number >= 1, or None."""
    return None if value is None else count(value, name)


def verbosity(value: Any) -> int:
    """Return 0, 1 or 2; "auto" and True are 1, False is 0."""
    if isinstance(value, str) and value == "auto":
        return 1
    if isinstance(value, (bool, int, np.integer)) and int(value) in (0, 1, 2):
        return int(value)
    raise ValueError(
        f"verbose: expected 0 (silent), 1 (progress line), 2 (line per epoch) or 'auto', "
        f"received {value!r}"
    )


def shuffling(value: Any) -> bool | str:
    """Return True, False or "batch"."""
    if isinstance(value, str) and value != "batch":
        raise ValueError(f"shuffle: expected True, False or 'batch', received {value!r}")
    return value if isinstance(value, str) else bool(value)


def validates(frequency: Any, epoch: int) -> bool:
    """Return whether an epoch (from 0) is one that validation_freq asks to validate after."""
    if isinstance(frequency, (int, np.integer)) and frequency >= 1:
        return (epoch + 1) % int(frequency) == 0
    if isinstance(frequency, (list, tuple, set, range)):
        return epoch + 1 in frequency
    raise ValueError(
        "validation_freq: expected a whole number >= 1 or a list of epochs (from 1), "
        f"received {frequency!r}"
    )
