"""The check for NaN and infinity."""

from __future__ import annotations

from typing import Any

import numpy as np

from lamina import config
from lamina._core import all_finite
from lamina.data.convert import Array, position_text


def check_finite(array: Array, name: str, source: Any) -> None:
    """Raise ValueError naming the first NaN or infinity, where it is, and how many there are.

    source: what the array was converted from; it names columns and shows values that did not fit.
    `lamina.config.set_check_numerics(False)` turns the check off.
    """
    if array.dtype.kind != "f" or not config.check_numerics() or all_finite(array):
        return
    finite = np.isfinite(array)
    position = tuple(int(i) for i in np.unravel_index(np.argmin(finite), array.shape))
    count = array.size - np.count_nonzero(finite)
    raise ValueError(
        f"{name}: found {_describe(array, position, source)} {position_text(position, source)}"
        + (f", and {count - 1} more such values" if count > 1 else "")
        + "; remove or replace them, or allow them with lamina.config.set_check_numerics(False)"
    )


def _describe(array: Array, position: tuple[int, ...], source: Any) -> str:
    if np.isnan(array[position]):
        return "NaN"
    original = np.asarray(source)
    if original.shape == array.shape and np.isfinite(original[position]):
        return f"{original[position]!s}, too large for {array.dtype.name},"
    return "infinity" if array[position] > 0 else "-infinity"
