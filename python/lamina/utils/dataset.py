"""Splitting data."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lamina import nest


def split_dataset(
    dataset: Any,
    left_size: float | None = None,
    right_size: float | None = None,
    shuffle: bool = False,
    seed: int | None = None,
) -> tuple[Any, Any]:
    """Split arrays, or a structure of them, along their first axis in two.

    left_size, right_size: numbers of rows (int) or parts of them (float in (0, 1)); one may be left
    out, and rows that neither asks for are dropped. shuffle: put the rows in random order first, by
    `seed` or the global generator. Raises ValueError if sizes do not fit.
    """
    arrays = nest.map_structure(np.asarray, dataset)
    lengths = {len(array) for array in nest.leaves(arrays)}
    if len(lengths) != 1:
        raise ValueError(
            f"split_dataset: expected arrays of one length, received lengths {sorted(lengths)}"
        )
    rows = lengths.pop()
    left, right = _counts(left_size, right_size, rows)
    order = np.arange(rows)
    if shuffle:
        from lamina import random

        order = np.random.default_rng(random.next_seed() if seed is None else seed).permutation(
            rows
        )

    def rows_of(chosen: NDArray[Any]) -> Any:
        return nest.map_structure(lambda array: array[chosen], arrays)

    return rows_of(order[:left]), rows_of(order[rows - right :])


def _counts(left_size: float | None, right_size: float | None, rows: int) -> tuple[int, int]:
    if left_size is None and right_size is None:
        raise ValueError("split_dataset: expected left_size or right_size, received neither")
    left = None if left_size is None else _count("left_size", left_size, rows)
    right = None if right_size is None else _count("right_size", right_size, rows)
    if left is None or right is None:
        return (rows - right, right) if right is not None else (left or 0, rows - (left or 0))
    if left + right > rows:
        raise ValueError(f"split_dataset: {left} + {right} rows are more than the {rows} there are")
    return left, right


def _count(name: str, size: float, rows: int) -> int:
    if isinstance(size, float) and 0 < size < 1:
        return round(size * rows)
    if isinstance(size, int) and not isinstance(size, bool) and 0 < size <= rows:
        return size
    raise ValueError(
        f"split_dataset: expected {name} in 1..{rows} or a fraction in (0, 1), received {size!r}"
    )
