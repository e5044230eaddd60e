"""Sequences and batches for `fit`: padding, windows of a series, a data set of one's own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lamina import Sequential, layers, utils


def test_pad_sequences() -> None:
    rows = [[1, 2, 3], [4], [], [5, 6]]
    np.testing.assert_array_equal(
        utils.pad_sequences(rows), [[1, 2, 3], [0, 0, 4], [0, 0, 0], [0, 5, 6]]
    )
    np.testing.assert_array_equal(
        utils.pad_sequences(rows, 2, "float32", "post", "post", -1),
        [[1, 2], [4, -1], [-1, -1], [5, 6]],
    )
    np.testing.assert_array_equal(utils.pad_sequences(rows, 2), [[2, 3], [0, 4], [0, 0], [5, 6]])
    assert utils.pad_sequences([np.ones((2, 3)), np.ones((1, 3))]).shape == (2, 2, 3)
    assert utils.pad_sequences([np.ones((2, 3))], 0).shape == (1, 0, 3)
    with pytest.raises(ValueError, match="steps of one shape"):
        utils.pad_sequences([np.ones((2, 3)), np.ones((1, 2))])
    with pytest.raises(ValueError, match="expected padding 'pre' or 'post', received 'left'"):
        utils.pad_sequences(rows, padding="left")


def test_windows_of_a_series() -> None:
    x = np.arange(20.0)
    windows = utils.timeseries_dataset_from_array(x[:-3], x[3:], 3, batch_size=4)
    batches = list(windows)
    assert [len(b[0]) for b in batches] == [4, 4, 4, 3]
    np.testing.assert_array_equal(batches[1][0], x[4:8, None] + np.arange(3))
    np.testing.assert_array_equal(batches[1][1], x[7:11])
    sparse = utils.timeseries_dataset_from_array(
        x, None, 4, 3, 2, None, start_index=1, end_index=15
    )
    np.testing.assert_array_equal(
        np.stack(list(sparse)), [[1, 3, 5, 7], [4, 6, 8, 10], [7, 9, 11, 13]]
    )
    mixed = [
        utils.timeseries_dataset_from_array(x, x, 2, shuffle=True, seed=s)[0][1] for s in (1, 1, 2)
    ]
    np.testing.assert_array_equal(mixed[0], mixed[1])
    assert sorted(mixed[0]) == sorted(mixed[2]) == list(x[:19])
    assert list(mixed[0]) != list(mixed[2])
    with pytest.raises(ValueError, match="20 steps hold no window of 21"):
        utils.timeseries_dataset_from_array(x, None, 21)
    with pytest.raises(ValueError, match="sampling_rate >= 1, received 0"):
        utils.timeseries_dataset_from_array(x, None, 2, sampling_rate=0)


def test_a_forecast_from_windows() -> None:
    utils.set_random_seed(0)
    x = np.sin(0.3 * np.arange(300)).astype(np.float32)
    windows = utils.timeseries_dataset_from_array(x[:-2], x[2:], 2, batch_size=32)
    model = Sequential([layers.Input((2,)), layers.Dense(1)])
    model.compile("adam", "mse")
    model.optimizer.learning_rate = 0.05
    model.fit(windows, epochs=30, verbose=0)
    # sin(a + 2 b) = 2 cos(b) sin(a + b) - sin(a)
    assert model.evaluate(windows, verbose=0) < 1e-4


def test_a_data_set_of_ones_own() -> None:
    class Squares(utils.PyDataset):
        ends = 0

        def __len__(self) -> int:
            return 3

        def __getitem__(self, index: int) -> Any:
            x = np.full((4, 1), index, np.float32)
            return x, x**2

        def on_epoch_end(self) -> None:
            self.ends += 1

    data = Squares(workers=2)
    model = Sequential([layers.Input((1,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(data, epochs=2, verbose=0)
    assert data.ends == 2
    assert model.predict(data, verbose=0).shape == (12, 1)


def test_names_start_again() -> None:
    layers.Dense(1)
    utils.clear_session()
    assert [layers.Dense(1).name, layers.Dense(1).name] == ["dense", "dense_1"]
