"""Conversion to arrays of numbers, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

import lamina
from lamina.data import array_data, to_array

pd = pytest.importorskip("pandas")


class Holder:
    """Something with `__array__` and nothing else."""

    def __init__(self, array):
        self._array = array

    def __array__(self, dtype=None, copy=None):
        return self._array


class DLPackHolder:
    """Something with `__dlpack__` and nothing else."""

    def __init__(self, array):
        self._array = array

    def __dlpack__(self, **options):
        return self._array.__dlpack__(**options)

    def __dlpack_device__(self):
        return self._array.__dlpack_device__()


class DataFrameHolder:
    """Something with `__dataframe__` and nothing else."""

    def __init__(self, frame):
        self._frame = frame

    def __dataframe__(self, **options):
        return self._frame.__dataframe__(**options)


VALUES = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.5]]


@pytest.mark.parametrize(
    "value",
    [
        VALUES,
        tuple(map(tuple, VALUES)),
        [np.array(row) for row in VALUES],
        np.array(VALUES),
        np.array(VALUES, np.float16),
        np.array(VALUES, np.longdouble),
        np.array(VALUES, ">f4"),
        np.asfortranarray(np.array(VALUES, np.float32)),
        np.array(VALUES, np.float32)[:, ::-1][:, ::-1],
        pd.DataFrame(VALUES),
        pd.DataFrame(VALUES).astype("Float64"),
        Holder(np.array(VALUES)),
        DLPackHolder(np.array(VALUES)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_every_kind_of_data_becomes_the_same_array(value):
    array = to_array(value, "x", "float32")
    assert array.dtype == np.float32
    assert array.flags.c_contiguous
    np.testing.assert_array_equal(array, np.array(VALUES, np.float32))


def test_dataframe_protocol():
    frame = pd.DataFrame({"a": [1.0, 4.0], "b": [2.0, 5.0]})
    array = to_array(DataFrameHolder(frame), "x", "float32")
    np.testing.assert_array_equal(array, [[1, 2], [4, 5]])


@pytest.mark.parametrize("dtype", ["float32", "int32", "int64", "uint8", "bool"])
def test_suitable_arrays_are_not_copied(dtype):
    array = np.ones((4, 3), dtype)
    assert to_array(array, "x", "float32") is array
    array.flags.writeable = False
    assert to_array(array, "x", "float32") is array


def test_a_series_is_not_copied():
    series = pd.Series(np.arange(5, dtype=np.float32))
    assert np.shares_memory(to_array(series, "y", "float32"), series.to_numpy())


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ("int8", "int32"),
        ("int16", "int32"),
        ("uint16", "int32"),
        ("uint32", "int64"),
        ("uint64", "int64"),
    ],
)
def test_integers_are_widened(given, taken):
    array = to_array(np.array([0, 100], given), "y", "float32")
    assert array.dtype == taken
    np.testing.assert_array_equal(array, [0, 100])


def test_float64_is_kept_for_those_who_ask():
    array = np.ones((2, 2))
    assert to_array(array, "x", "float64") is array


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        ([[1, 2], [3]], ValueError, r"x: rows differ in length: row 0 has 2 values, row 1 has 1"),
        ([[[1], [2]], [[3], [4, 5]]], ValueError, r"in row 1, rows differ in length"),
        (
            [["a", "b"]],
            TypeError,
            r"x: expected numbers, received text, such as 'a' at row 0, column 0",
        ),
        (np.array([[1, None]], object), TypeError, r"objects, such as None at row 0, column 1"),
        (np.array([1 + 2j]), TypeError, "complex numbers"),
        (np.array(["2020-01-01"], "datetime64[D]"), TypeError, "dates"),
        ("text", TypeError, r"expected an array of numbers, received 'text'"),
        (3.0, ValueError, r"expected an array of rows, received the single value"),
        (pd.DataFrame({"age": [1, 2], "thal": ["fixed", "normal"]}), TypeError, "'thal'.*'fixed'"),
        (np.ma.masked_array([1.0, 2.0], [0, 1]), ValueError, "1 values are masked"),
        (np.array([2**63], np.uint64), ValueError, "does not fit int64"),
    ],
)
def test_what_is_no_array_of_numbers_is_refused(value, error, message):
    with pytest.raises(error, match=message):
        to_array(value, "x", "float32")


def test_sparse_matrices_are_refused_with_advice():
    class Sparse:
        nnz = 1

        def toarray(self):
            return np.eye(2)

    with pytest.raises(TypeError, match=r"x\.toarray\(\)"):
        to_array(Sparse(), "x", "float32")


@pytest.mark.parametrize(
    ("bad", "what"), [(np.nan, "NaN"), (np.inf, "infinity"), (-np.inf, "-infinity")]
)
def test_the_first_value_that_is_not_finite_is_named(bad, what):
    x = np.zeros((6, 4), np.float32)
    x[3, 2] = x[5, 0] = bad
    with pytest.raises(ValueError, match=rf"x: found {what} at row 3, column 2, and 1 more"):
        array_data(x)


def test_missing_values_of_pandas_are_named_by_column():
    frame = pd.DataFrame({"age": [1.0, 2.0], "chol": [3.0, None]})
    with pytest.raises(ValueError, match=r"x: found NaN at row 1, column 'chol'"):
        array_data(frame)
    with pytest.raises(ValueError, match=r"y: found NaN at row 1"):
        array_data(np.zeros(3), pd.Series([1, None, 3], dtype="Int64"))


def test_values_too_large_for_float32_are_named():
    with pytest.raises(ValueError, match=r"x: found 1e\+300, too large for float32, at row 1"):
        array_data(np.array([[1.0], [1e300]]))


def test_large_finite_values_pass():
    x = np.full((3, 2), 1e30, np.float32)  # whose squares overflow
    assert array_data(x).x is x


def test_the_check_can_be_turned_off():
    x = np.array([[np.nan]], np.float32)
    lamina.config.set_check_numerics(False)
    try:
        assert array_data(x).x is x
    finally:
        lamina.config.set_check_numerics(True)
