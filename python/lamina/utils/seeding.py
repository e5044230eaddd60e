"""Reproducible runs."""

from __future__ import annotations

import random as python_random

import numpy as np


def set_random_seed(seed: int) -> None:
    """Seed Python's and NumPy's random numbers and Lamina's global generator.

    Two runs with the same seed then give the same bits. Raises ValueError unless 0 <= seed < 2^32.
    """
    from lamina import random

    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or not 0 <= seed < 2**32:
        raise ValueError(f"set_random_seed: expected an integer in 0..2^32 - 1, received {seed!r}")
    python_random.seed(int(seed))
    np.random.seed(seed)  # noqa: NPY002 - users may draw from the legacy generator
    random.set_seed(int(seed))
