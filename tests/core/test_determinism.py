"""The same seed gives the same bits: from run to run, and on any number of threads."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest

import lamina
from lamina import _core, layers, losses, metrics, models, optimizers
from op_case import Array

SAMPLES, FEATURES, CLASSES, BATCH, EPOCHS = 333, 21, 5, 64, 3  # the last batch has 13 samples


class Outcome(NamedTuple):
    """All that a run leaves behind, as bytes or as plain numbers."""

    weights: tuple[bytes, ...]
    history: dict[str, list[float]]
    evaluation: dict[str, float]
    predictions: bytes


def data() -> tuple[Array, Array]:
    rng = np.random.default_rng(17)
    x = rng.normal(size=(SAMPLES, FEATURES)).astype(np.float32)
    return x, rng.integers(0, CLASSES, SAMPLES)


def network(optimizer: Any) -> models.Sequential:
    model = models.Sequential(
        [
            layers.Input((FEATURES,)),
            layers.GaussianNoise(0.1),
            layers.Dense(67, "relu", kernel_regularizer="l2"),
            layers.Dropout(0.3),
            layers.Dense(33, "tanh"),
            layers.PReLU(),
            layers.Dropout(0.2),
            layers.Dense(CLASSES, "softmax"),
        ]
    )
    model.compile(
        optimizer,
        losses.SparseCategoricalCrossentropy(),
        metrics=[
            metrics.SparseCategoricalAccuracy(),
            metrics.SparseTopKCategoricalAccuracy(2),
            metrics.SparseCategoricalCrossentropy(),
        ],
    )
    return model


def trained(seed: int, optimizer: str = "Adam", **fitting: Any) -> Outcome:
    """Seed everything, make a network, train it and use it."""
    lamina.utils.set_random_seed(seed)
    model, (x, y) = network(getattr(optimizers, optimizer)(0.01)), data()
    history = model.fit(x, y, BATCH, EPOCHS, verbose=0, **fitting).history
    evaluation = model.evaluate(x, y, BATCH, verbose=0, return_dict=True)
    predictions = model.predict(x, BATCH, verbose=0)
    return Outcome(
        tuple(w.tobytes() for w in model.get_weights()),
        history,
        evaluation,
        predictions.tobytes(),
    )


@pytest.mark.parametrize("shuffle", [True, False])
def test_the_same_seed_gives_the_same_bits(shuffle: bool) -> None:
    assert trained(5, shuffle=shuffle) == trained(5, shuffle=shuffle)


def test_another_seed_gives_other_numbers() -> None:
    first, second = trained(5), trained(6)
    assert all(
        one != other for one, other in zip(first.weights[::2], second.weights[::2], strict=True)
    )
    assert first.predictions != second.predictions


def test_the_seed_orders_the_samples() -> None:
    assert trained(5, shuffle=True).weights != trained(5, shuffle=False).weights


@pytest.mark.parametrize("optimizer", ["Adam", "SGD", "RMSprop"])
def test_any_number_of_threads_trains_to_the_same_bits(optimizer: str, split_all: None) -> None:
    outcomes = []
    for threads in (1, 2, 5):
        lamina.utils.set_num_threads(threads)
        assert lamina.utils.get_num_threads() == threads
        outcomes.append(trained(7, optimizer, validation_split=0.1))
    assert outcomes[0] == outcomes[1] == outcomes[2]


@pytest.mark.parametrize(
    ("features", "units", "batch"),
    [(784, (48, 1), 32), (13, (512, 40, 1), 32), (790, (803, 1), 109)],
)
def test_whoever_computes_a_part_of_it_a_step_trains_to_the_same_bits(
    features: int, units: tuple[int, ...], batch: int, split_all: None
) -> None:
    """Weights are shared out by rows, layers by columns, large products in pieces."""
    rng = np.random.default_rng(3)
    x, y = rng.random((109, features), np.float32), rng.random((109, 1), np.float32)
    outcomes = []
    for threads in (1, 2, 3, 7):
        lamina.utils.set_num_threads(threads)
        lamina.utils.set_random_seed(0)
        hidden = [layers.Dense(n, "relu") for n in units[:-1]]
        model = models.Sequential([layers.Input((features,)), *hidden, layers.Dense(units[-1])])
        model.compile("adam", "mse")
        model.fit(x, y, batch, 2, verbose=0)
        outcomes.append(tuple(w.tobytes() for w in model.get_weights()))
    assert len(set(outcomes)) == 1


def test_threads_may_change_between_epochs(split_all: None) -> None:
    expected = trained(8)

    class Switch(lamina.callbacks.Callback):
        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            lamina.utils.set_num_threads((5, 1, 2)[epoch])

    assert trained(8, callbacks=[Switch()]) == expected


def test_splitting_does_not_change_the_bits() -> None:
    expected = trained(9)
    _core.set_parallel_grain(0)
    assert trained(9) == expected


def test_predictions_on_any_number_of_threads(split_all: None) -> None:
    model, (x, _) = network("adam"), data()
    predictions = []
    for threads in (1, 2, 5):
        lamina.utils.set_num_threads(threads)
        predictions.append((model.predict(x, BATCH, verbose=0), np.asarray(model(x))))
    for batched, whole in predictions:
        np.testing.assert_array_equal(batched, predictions[0][0])
        np.testing.assert_array_equal(whole, predictions[0][1])
