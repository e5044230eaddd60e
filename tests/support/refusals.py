"""Data and trained models for tests of wrong input, and the check that it changes nothing."""

from __future__ import annotations

import numpy as np
import pytest

from lamina import Input, Sequential, layers, random

rng = np.random.default_rng(11)
X = rng.normal(size=(12, 4)).astype(np.float32)
Y = rng.normal(size=(12, 1)).astype(np.float32)
LABELS = rng.integers(0, 3, 12)
HOLED = X.copy()
HOLED[7, 2] = np.nan
INFINITE = Y.copy()
INFINITE[5] = np.inf


def regression():
    model = Sequential([Input((4,)), layers.Dropout(0.2), layers.Dense(1, name="out")])
    model.compile(optimizer="adam", loss="mse", metrics=["mae"])
    model.fit(X, Y, batch_size=4, verbose=0)
    return model


def classifier():
    model = Sequential([Input((4,)), layers.Dense(3, "softmax", name="out")])
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    model.fit(X, LABELS, batch_size=4, verbose=0)
    return model


def state_of(model):
    variables = [*model.variables, *model.optimizer.variables]
    return [variable.numpy() for variable in variables], random.get_state()


def assert_unchanged(model, before):
    values, generator = state_of(model)
    for one, other in zip(values, before[0], strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(generator, before[1])


def check(model, call, error, message):
    """The call raises the error, and leaves weights, optimizer and generator as they were."""
    before = state_of(model)
    with pytest.raises(error, match=message):
        call(model)
    assert_unchanged(model, before)
