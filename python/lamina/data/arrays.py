"""Data that is all in memory: arrays that share their first dimension."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from functools import cached_property
from typing import Any

import numpy as np

from lamina import config, nest
from lamina.data.convert import Array, to_array
from lamina.data.finite import check_finite
from lamina.data.weights import class_weight_to_sample_weight, spread_sample_weight


class ArrayData:
    """Validated x, y and sample_weight: each None, an array, or a list or dict of arrays."""

    def __init__(self, x: Any, y: Any = None, sample_weight: Any = None) -> None:
        self.x = x
        self.y = y
        self.sample_weight = sample_weight
        self.arrays: list[Array] = [leaf for leaf in nest.leaves(self.parts) if leaf is not None]

    @cached_property
    def signature(self) -> Hashable:
        """What a plan is compiled for: everything but the number of rows and the values."""
        return _signature(self.x), _signature(self.y), _signature(self.sample_weight)

    @property
    def rows(self) -> int:
        return int(self.arrays[0].shape[0])

    @property
    def parts(self) -> tuple[Any, Any, Any]:
        return self.x, self.y, self.sample_weight

    def slice(self, start: int, stop: int) -> ArrayData:
        """Return rows start..stop of every array, without a copy."""

        def cut(leaf: Array | None) -> Array | None:
            return None if leaf is None else leaf[start:stop]

        return ArrayData(*(nest.map_structure(cut, part) for part in self.parts))

    def weighted(self, class_weight: Mapping[int, float]) -> ArrayData:
        """Return the same rows weighted by class."""
        if self.sample_weight is not None:
            raise ValueError(
                "class_weight: cannot be given beside sample_weight; multiply the two yourself"
            )
        if self.y is None or isinstance(self.y, (list, tuple, dict)):
            raise ValueError("class_weight: needs a y of one array (models with a single output)")
        weight = class_weight_to_sample_weight(self.y, class_weight, config.floatx())
        return ArrayData(self.x, self.y, weight)

    def split(self, fraction: float) -> tuple[ArrayData, ArrayData]:
        """Return the first rows, and the last `fraction` of them for validation."""
        if not isinstance(fraction, (int, float, np.number)) or not 0 < fraction < 1:
            raise ValueError(
                f"validation_split: expected a number between 0 and 1, received {fraction!r}"
            )
        at = math.floor(self.rows * (1 - fraction))
        if at == 0 or at == self.rows:
            raise ValueError(
                f"validation_split: {fraction} of {self.rows} rows leaves no rows for "
                f"{'training' if at == 0 else 'validation'}; give more data or another fraction"
            )
        return self.slice(0, at), self.slice(at, self.rows)


def array_data(
    x: Any,
    y: Any = None,
    sample_weight: Any = None,
    *,
    inputs: int | None = None,
    outputs: int | None = None,
    float_dtype: str | None = None,
    where: str = "",
) -> ArrayData:
    """Convert and check x, y and their weights.

    inputs, outputs: how many arrays the model takes and gives; None if that is not known.
    float_dtype: of floating x; the rest is `floatx`. where: follows names in errors: " of batch 3".
    """
    floatx = config.floatx()
    x = _convert(x, f"x{where}", inputs, float_dtype or floatx)
    y = _convert(y, f"y{where}", outputs, floatx)
    sample_weight = _convert(sample_weight, f"sample_weight{where}", outputs, floatx)
    data = ArrayData(x, y, spread_sample_weight(sample_weight, y))
    _check_rows(data, where)
    return data


def _signature(part: Any) -> Hashable:
    if isinstance(part, dict):
        return tuple((key, _signature(part[key])) for key in sorted(part))
    if isinstance(part, list):
        return tuple(_signature(item) for item in part)
    return None if part is None else (part.shape[1:], part.dtype)


def _convert(value: Any, name: str, count: int | None, float_dtype: str) -> Any:
    if value is None:
        return None
    if isinstance(value, dict):
        return {
            key: _convert(item, f"{name}[{key!r}]", 1, float_dtype) for key, item in value.items()
        }
    if isinstance(value, (list, tuple)) and _is_structure(value, count):
        return [_convert(item, f"{name}[{i}]", 1, float_dtype) for i, item in enumerate(value)]
    array = to_array(value, name, float_dtype)
    check_finite(array, name, value)
    return array


def _is_structure(items: list[Any] | tuple[Any, ...], count: int | None) -> bool:
    """Return whether a list holds an array per input (or output), not the rows of one array."""
    arrays = [item is None or len(getattr(item, "shape", ())) > 0 for item in items]
    if count is None:
        return bool(items) and all(arrays)
    if count == 1:
        return len(items) == 1 and all(arrays)
    return len(items) == count or all(arrays)


def _check_rows(data: ArrayData, where: str) -> None:
    if data.x is None:
        raise ValueError(f"x{where}: expected data, received None")
    sizes = {int(array.shape[0]) for array in data.arrays}
    if len(sizes) > 1:
        found = ", ".join(
            f"{name}{where} has {' and '.join(str(leaf.shape[0]) for leaf in leaves)}"
            for name, part in zip(("x", "y", "sample_weight"), data.parts, strict=True)
            if (leaves := [leaf for leaf in nest.flatten(part) if leaf is not None])
        )
        raise ValueError(f"expected the same number of rows in all arrays: {found}")
    if sizes == {0}:
        raise ValueError(
            f"x{where}: expected at least one row, received shape {data.arrays[0].shape}"
        )
