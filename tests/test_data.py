"""Conversion and validation of data, apart from any model."""

from __future__ import annotations

import numpy as np
import pytest

import lamina
from lamina.data import ArrayData, BatchData, array_data, is_batches, to_array
from lamina.data.batches import unpack_x_y_sample_weight

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


def test_different_lengths_are_named():
    with pytest.raises(ValueError, match="x has 5, y has 4"):
        array_data(np.zeros((5, 2)), np.zeros(4))
    with pytest.raises(ValueError, match="x has 5 and 6, y has 5"):
        array_data([np.zeros((5, 2)), np.zeros((6, 2))], np.zeros(5), inputs=2)


def test_no_rows_are_refused():
    with pytest.raises(ValueError, match=r"at least one row, received shape \(0, 3\)"):
        array_data(np.zeros((0, 3)), np.zeros(0))
    with pytest.raises(ValueError, match="expected data, received None"):
        array_data(None)


def test_lists_are_rows_or_structures():
    rows = array_data([[1, 2], [3, 4]])
    assert rows.rows == 2
    assert rows.x.shape == (2, 2)
    two = array_data([np.zeros((3, 1)), np.zeros((3, 2))], inputs=2)
    assert [array.shape for array in two.x] == [(3, 1), (3, 2)]
    two_lists = array_data([[1, 2, 3], [4, 5, 6]], inputs=2)
    assert [array.shape for array in two_lists.x] == [(3,), (3,)]
    one = array_data([np.zeros((3, 1))], inputs=1)
    assert one.x[0].shape == (3, 1)
    named = array_data({"a": [[1.0]], "b": [[2.0]]}, inputs=2)
    assert set(named.x) == {"a", "b"}


def test_names_lead_into_structures():
    with pytest.raises(ValueError, match=r"x\['b'\]: found NaN"):
        array_data({"a": np.zeros((1, 1)), "b": np.array([[np.nan]])})
    with pytest.raises(ValueError, match=r"x\[1\]: found NaN"):
        array_data([np.zeros((1, 1)), np.array([[np.nan]])], inputs=2)


def test_split_keeps_the_last_rows_and_copies_nothing():
    x, y = np.arange(20, dtype=np.float32).reshape(10, 2), np.arange(10)
    first, last = array_data(x, y).split(0.25)
    assert (first.rows, last.rows) == (7, 3)
    assert np.shares_memory(last.x, x)
    np.testing.assert_array_equal(last.y, [7, 8, 9])


@pytest.mark.parametrize("fraction", [-0.1, 1.0, 1.5])
def test_split_out_of_range(fraction):
    with pytest.raises(ValueError, match="between 0 and 1"):
        array_data(np.zeros((10, 1))).split(fraction)


def test_split_without_rows_for_a_side():
    with pytest.raises(ValueError, match="no rows for training"):
        array_data(np.zeros((1, 1))).split(0.5)


@pytest.mark.parametrize("y", [[0, 2, 1, 2], [[0], [2], [1], [2]], np.eye(3)[[0, 2, 1, 2]]])
def test_class_weight(y):
    data = array_data(np.zeros((4, 1)), np.array(y)).weighted({0: 0.5, 2: 3})
    np.testing.assert_array_equal(data.sample_weight, np.float32([0.5, 3, 1, 3]))


@pytest.mark.parametrize(
    ("weight", "error", "message"),
    [
        ([1, 2], TypeError, "expected a dict"),
        ({"a": 1}, ValueError, "integer classes, received 'a'"),
        ({0.5: 1}, ValueError, "integer classes"),
        ({0: float("nan")}, ValueError, "finite weight of class 0"),
    ],
)
def test_bad_class_weight(weight, error, message):
    with pytest.raises(error, match=message):
        array_data(np.zeros((2, 1)), np.array([0, 1])).weighted(weight)


def test_class_weight_beside_sample_weight():
    data = array_data(np.zeros((2, 1)), np.array([0, 1]), np.ones(2))
    with pytest.raises(ValueError, match="beside sample_weight"):
        data.weighted({0: 2})


def test_one_sample_weight_serves_every_output():
    weight = np.array([1.0, 2.0], np.float32)
    y = {"a": np.zeros(2), "b": np.zeros(2)}
    assert set(array_data(np.zeros((2, 1)), y, weight).sample_weight) == {"a", "b"}
    with pytest.raises(ValueError, match="one weight per row"):
        array_data(np.zeros((2, 1)), y, np.ones((2, 3)))


def test_what_is_data_and_what_brings_batches():
    x, y = np.zeros((2, 1)), np.zeros(2)
    assert is_batches((batch for batch in [(x, y)]), None)
    assert is_batches([(x, y), (x, y)], None)
    assert is_batches({1: 2}.values(), None)
    for data in (x, [x, y], [[1, 2], [3, 4]], [(1, 2), (3, 4)], {"a": x}, pd.DataFrame(x), (x, y)):
        assert not is_batches(data, None)
    assert not is_batches([(x, y), (x, y)], y)


@pytest.mark.parametrize(
    ("batch", "count"), [("x", 1), (("x",), 1), (("x", "y"), 2), (["x", "y", "w"], 3)]
)
def test_unpacking_batches(batch, count):
    assert unpack_x_y_sample_weight(batch) == ("x", "y", "w")[:count] + (None,) * (3 - count)


def test_unpacking_too_much():
    with pytest.raises(ValueError, match="of 4 items"):
        unpack_x_y_sample_weight((1, 2, 3, 4))


class Sequence:
    """Batches by index."""

    def __init__(self, count):
        self.count = count
        self.passes = 0

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        return np.full((2, 1), index, np.float32), np.full(2, index)

    def on_epoch_end(self):
        self.passes += 1


def read(data: BatchData, seed=None):
    return [int(batch.y[0]) for batch in data.epoch(seed)]


def test_sequences_are_read_by_index_and_shuffled_by_seed():
    source = Sequence(20)
    data = BatchData(source)
    assert data.steps == 20
    assert read(data) == list(range(20))
    shuffled = read(data, seed=3)
    assert shuffled != list(range(20))
    assert sorted(shuffled) == list(range(20))
    assert shuffled == read(data, seed=3) != read(data, seed=4)
    assert source.passes == 4


def test_generators_go_on_and_iterables_start_anew():
    batches = [(np.zeros((2, 1)), np.full(2, i)) for i in range(3)]
    assert read(BatchData(batches)) == read(BatchData(batches)) == [0, 1, 2]
    data = BatchData(iter(batches))
    assert data.one_shot
    assert data.steps is None
    assert read(data) == [0, 1, 2]
    assert read(data) == []


def test_errors_name_the_batch():
    batches = [(np.zeros((2, 1)), np.zeros(2)), (np.full((2, 1), np.nan), np.zeros(2))]
    with pytest.raises(ValueError, match="x of batch 1: found NaN at row 0"):
        list(BatchData(batches).epoch())


def test_signatures_tell_what_needs_a_plan_of_its_own():
    one = ArrayData(np.zeros((2, 3), np.float32), np.zeros(2))
    assert one.signature == ArrayData(np.ones((5, 3), np.float32), np.zeros(5)).signature
    assert one.signature != ArrayData(np.zeros((2, 4), np.float32), np.zeros(2)).signature
    assert one.signature != ArrayData(np.zeros((2, 3)), np.zeros(2)).signature
    assert one.signature != ArrayData([np.zeros((2, 3), np.float32)], np.zeros(2)).signature
