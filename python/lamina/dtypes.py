"""The dtypes of the core, their names and which of two a mixed operation computes in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lamina import config

# In the order of promotion: an operation on two computes in the later one.
DTYPES = ("bool", "uint8", "int32", "int64", "float32", "float64")
_RANK = {name: rank for rank, name in enumerate(DTYPES)}
NAMES = {np.dtype(name): name for name in DTYPES}  # quicker to ask than a dtype's own name

_RANGES = {name: (np.iinfo(name).min, np.iinfo(name).max) for name in ("uint8", "int32", "int64")}

# What a dtype the core does not have is held in.
_HELD_IN = {
    "int8": "int32",
    "int16": "int32",
    "uint16": "int32",
    "uint32": "int64",
    "uint64": "int64",
    "float16": "float32",
    "longdouble": "float64",
    "float128": "float64",
}


def canonical(dtype: Any = None) -> str:
    """Return the core's name of a dtype: by name, of NumPy, of Python, or None for floatx."""
    if dtype is None or dtype is float:
        return config.floatx()
    if dtype is int:
        return "int32"
    if isinstance(dtype, str):  # compared only now: NumPy's dtypes equal many a string
        name = {"float": config.floatx(), "int": "int32"}.get(dtype, dtype)
        if name in _RANK:
            return name
    try:
        return NAMES[np.dtype(dtype)]
    except (KeyError, TypeError):
        raise ValueError(f"expected a dtype of {', '.join(DTYPES)}, received {dtype!r}") from None


def is_floating(dtype: str) -> bool:
    """Return whether a dtype, by its name, is a floating one."""
    return dtype.startswith("float")


def kind(dtype: str) -> int:
    """Return 0 for bool, 1 for integers, 2 for floating dtypes."""
    return 2 if is_floating(dtype) else int(dtype != "bool")


def promote(first: str, *others: str) -> str:
    """Return the dtype that a mixed operation computes in: the latest in `DTYPES`."""
    return max((first, *others), key=_RANK.__getitem__)


def of_number(x: bool | int | float) -> str:
    """Return the dtype of a Python number: int32, or int64 if it is large; floatx; bool."""
    if isinstance(x, bool):
        return "bool"
    if isinstance(x, int):
        return "int32" if fits(x, "int32") else "int64"
    return config.floatx()


def beside(known: Sequence[str], numbers: Sequence[float]) -> str:
    """Return the dtype that tensors of known dtypes and Python numbers compute in.

    The numbers take the tensors' dtype; one counts only if it is of a higher kind.
    """
    weak = [of_number(x) for x in numbers]
    dtype = promote(*(known or weak))
    for other in weak:
        if kind(other) > kind(dtype):
            dtype = other
    return dtype


def fits(x: int | float, dtype: str) -> bool:
    """Return whether a dtype can hold a number; any floating one does."""
    if dtype not in _RANGES or isinstance(x, float):
        return True
    low, high = _RANGES[dtype]
    return low <= x <= high


def to_core(array: NDArray[Any]) -> NDArray[Any]:
    """Return an array as the core holds it: one of its dtypes, in the machine's byte order."""
    dtype = array.dtype
    if dtype in NAMES:
        return array
    name = _HELD_IN.get(dtype.name, dtype.name)
    if name not in _RANK:
        hint = ""
        if dtype.kind == "O":
            hint = " (ragged rows, None or mixed types make one of objects)"
        raise TypeError(f"expected numbers or booleans, received an array of dtype {dtype}{hint}")
    if dtype.name == "uint64" and array.size and array.max() > _RANGES["int64"][1]:
        raise ValueError(f"{array.max()} does not fit int64, which uint64 is held in")
    return array.astype(name)
