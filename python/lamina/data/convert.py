"""Anything that holds numbers as a NumPy array the core can read, or an error that says why not."""

from __future__ import annotations

import sys
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

# Integer types the core does not know, and those that hold their values.
_WIDENED = {
    "int8": "int32",
    "int16": "int32",
    "uint16": "int32",
    "uint32": "int64",
    "uint64": "int64",
}


def to_array(value: Any, name: str, float_dtype: str) -> Array:
    """Return `value` as a C-contiguous array; without a copy where it is one of a suitable dtype.

    Floating numbers become `float_dtype`, integers narrower or unsigned a dtype of the core that
    holds them. Takes NumPy arrays, pandas objects, nested lists of numbers, tensors and whatever
    else offers `__array__`, `__dlpack__` or `__dataframe__`.
    Raises TypeError for values that are no numbers, ValueError for ragged lists and missing values.
    """
    array = value if type(value) is np.ndarray else _as_ndarray(value, name)
    kind = array.dtype.kind
    if kind == "f":
        dtype = np.dtype(float_dtype)
    elif kind in "iub":
        dtype = np.dtype(_WIDENED.get(array.dtype.name, array.dtype.name))
    else:
        _refuse_dtype(array, value, name)
    if array.ndim == 0:
        raise ValueError(f"{name}: expected an array of rows, received the single value {array!r}")
    if array.dtype == np.uint64 and array.size and array.max() > np.iinfo(np.int64).max:
        raise ValueError(
            f"{name}: {array.max()} does not fit int64, the widest integer type there is"
        )
    if array.dtype == dtype and array.flags.c_contiguous and array.flags.aligned:
        return array
    with np.errstate(over="ignore"):  # what does not fit becomes infinity, and is found as such
        return array.astype(dtype, order="C")


def _as_ndarray(value: Any, name: str) -> Array:
    if isinstance(value, np.ma.MaskedArray) and np.ma.is_masked(value):
        count = np.count_nonzero(np.ma.getmaskarray(value))
        raise ValueError(f"{name}: {count} values are masked; fill them first")
    if hasattr(value, "nnz") and hasattr(value, "toarray"):
        raise TypeError(f"{name}: sparse matrices are not taken; pass {name}.toarray()")
    if isinstance(value, (str, bytes)) or callable(value):
        raise TypeError(f"{name}: expected an array of numbers, received {value!r}")
    if hasattr(value, "dtypes") and hasattr(value, "to_numpy"):
        return _from_pandas(value, name)
    if not hasattr(value, "__array__"):
        if hasattr(value, "__dlpack__"):
            return np.from_dlpack(value)
        if hasattr(value, "__dataframe__"):
            return _from_pandas(_as_pandas(value), name)
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise ValueError(f"{name}: {_ragged(value) or error}") from None
    if array.dtype == object and (reason := _ragged(value)):
        raise ValueError(f"{name}: {reason}")
    return array


def _as_pandas(value: Any) -> Any:
    from pandas.api.interchange import from_dataframe

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # newer pandas prefers another protocol than the value has
        return from_dataframe(value)


def _from_pandas(value: Any, name: str) -> Array:
    """Return the numbers of a DataFrame or Series."""
    frame = np.ndim(value) == 2
    dtypes = list(value.dtypes) if frame else [value.dtype]
    for position, dtype in enumerate(dtypes):
        if getattr(dtype, "kind", "O") not in "fiub":
            column = value.iloc[:, position] if frame else value
            where = f"column {value.columns[position]!r}" if frame else "the Series"
            sample = next((item for item in column if isinstance(item, str)), None)
            found = "" if sample is None else f" such as {sample!r}"
            raise TypeError(
                f"{name}: {where} is of type {dtype}{found}; turn it into numbers first "
                "(pandas.get_dummies, map or astype)"
            )
    if all(isinstance(dtype, np.dtype) for dtype in dtypes):
        array = np.asarray(value.to_numpy())
        # A mixture of booleans and numbers comes as objects.
        return array if array.dtype != object else np.asarray(value.to_numpy(dtype=float))
    # pandas's own types: what is missing becomes NaN, which the check for finite values finds.
    missing = bool(np.any(value.isna()))
    if frame or missing:
        return np.asarray(value.to_numpy(dtype=float, na_value=np.nan))
    return np.asarray(value.to_numpy())


def _ragged(value: Any) -> str | None:
    """Return what is uneven about nested lists, if anything is."""
    if not isinstance(value, (list, tuple)):
        return None
    sizes = [np.size(row) if not isinstance(row, (list, tuple)) else len(row) for row in value]
    for row, size in enumerate(sizes):
        if size != sizes[0]:
            return f"rows differ in length: row 0 has {sizes[0]} values, row {row} has {size}"
    for row, item in enumerate(value):
        if reason := _ragged(item):
            return f"in row {row}, {reason}"
    return None


def _refuse_dtype(array: Array, value: Any, name: str) -> None:
    what = {
        "O": "objects",
        "U": "text",
        "S": "bytes",
        "M": "dates",
        "m": "time spans",
        "c": "complex numbers",
    }
    message = f"{name}: expected numbers, received {what.get(array.dtype.kind, array.dtype.name)}"
    culprit = _first_non_number(array) if array.dtype.kind in "OUS" else None
    if culprit is not None:
        position, item = culprit
        message += f", such as {item!r} {position_text(position, value)}"
    raise TypeError(
        f"{message}; turn them into numbers first, as in np.asarray({name}, dtype='float32')"
    )


def _first_non_number(array: Array) -> tuple[tuple[int, ...], Any] | None:
    for position, item in np.ndenumerate(array):
        if not isinstance(item, (int, float, np.number, np.bool_)):
            return position, item.item() if isinstance(item, np.generic) else item
    return None


def position_text(position: tuple[int, ...], value: Any) -> str:
    """Return 'at row 3, column 2' for the index of an element; a pandas column by its label."""
    if len(position) < 2:
        return f"at row {position[0]}" if position else "as its value"
    if len(position) > 2:
        return f"at row {position[0]}, index {tuple(int(i) for i in position[1:])}"
    labels = getattr(value, "columns", None) if "pandas" in sys.modules else None
    column = int(position[1]) if labels is None else repr(labels[position[1]])
    return f"at row {position[0]}, column {column}"
