"""Data apart from any model: structures, splits, weights and batches."""

from __future__ import annotations

import numpy as np
import pytest

from lamina.data import ArrayData, BatchData, array_data, is_batches
from lamina.data.batches import pack_x_y_sample_weight, unpack_x_y_sample_weight

pd = pytest.importorskip("pandas")


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


def test_packing_batches():
    assert pack_x_y_sample_weight("x") == "x"
    assert pack_x_y_sample_weight(["x", "x"]) == (["x", "x"],)
    assert pack_x_y_sample_weight("x", "y") == ("x", "y")
    assert pack_x_y_sample_weight("x", "y", "w") == ("x", "y", "w")


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
