"""Wrong arguments of fit, evaluate and predict: a clear error, and nothing changed by it."""

from __future__ import annotations

import numpy as np
import pytest

from lamina import callbacks
from refusals import HOLED, X, Y, check, regression


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"batch_size": 0}, ValueError, "batch_size: expected a whole number >= 1, received 0"),
        ({"batch_size": -4}, ValueError, "batch_size: .* received -4"),
        ({"batch_size": 2.5}, TypeError, "batch_size: expected a whole number, received 2.5"),
        ({"batch_size": "many"}, TypeError, "batch_size: .* received 'many'"),
        ({"epochs": -1}, ValueError, "epochs: expected a whole number >= 0"),
        ({"epochs": None}, TypeError, "epochs: expected a whole number, received None"),
        ({"initial_epoch": -1}, ValueError, "initial_epoch"),
        ({"steps_per_epoch": 0}, ValueError, "steps_per_epoch"),
        ({"verbose": 3}, ValueError, "verbose: expected 0"),
        ({"verbose": "loud"}, ValueError, "verbose: .* received 'loud'"),
        ({"shuffle": "rows"}, ValueError, "shuffle: expected True, False or 'batch'"),
        ({"validation_split": 1.0}, ValueError, "validation_split: .* received 1.0"),
        ({"validation_split": -0.2}, ValueError, "validation_split"),
        ({"validation_split": "a"}, ValueError, "validation_split: .* received 'a'"),
        ({"validation_data": X}, ValueError, "y: no targets"),
        ({"validation_data": (HOLED, Y)}, ValueError, "x of validation_data: found NaN"),
        ({"validation_data": (X, Y, Y, Y)}, ValueError, "of 4 items"),
        ({"validation_data": (X[:, :2], Y)}, ValueError, "shape"),
        ({"validation_data": (X, Y), "validation_freq": 0}, ValueError, "validation_freq"),
        ({"validation_data": (X, Y), "validation_freq": "x"}, ValueError, "validation_freq"),
        ({"validation_data": (X, Y), "validation_steps": 0}, ValueError, "validation_steps"),
        ({"validation_data": (X, Y), "validation_batch_size": 0}, ValueError, "validation_batch"),
        ({"class_weight": {0: 1}, "sample_weight": np.ones(12)}, ValueError, "class_weight"),
        ({"class_weight": {"a": 1}}, ValueError, "class_weight: expected integer classes"),
        ({"sample_weight": np.ones(5)}, ValueError, "x has 12, y has 12, sample_weight has 5"),
        ({"sample_weight": np.full(12, np.nan)}, ValueError, "sample_weight: found NaN at row 0"),
        ({"sample_weight": np.ones((12, 3))}, ValueError, "shape"),
        ({"callbacks": "stop"}, TypeError, "callbacks: expected instances of Callback"),
        ({"callbacks": callbacks.History}, TypeError, "pass an instance, not the class"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, dict) else "",
)
def test_bad_arguments_of_fit(options, error, message):
    check(regression(), lambda model: model.fit(X, Y, **{"verbose": 0, **options}), error, message)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda model: model.evaluate(X, Y, batch_size=0), ValueError, "batch_size"),
        (lambda model: model.evaluate(X, Y, steps=0), ValueError, "steps"),
        (lambda model: model.predict(X, batch_size=-1), ValueError, "batch_size"),
        (lambda model: model.predict(X, verbose="x"), ValueError, "verbose"),
        (lambda model: model.fit(iter([]), verbose=0), ValueError, "at least one batch"),
        (lambda model: model.fit([(X, Y)], Y, verbose=0), ValueError, "x"),
        (lambda model: model.fit(iter([(X, Y)]), Y, verbose=0), ValueError, "y: not taken when x"),
        (
            lambda model: model.fit(iter([(X, Y)]), validation_split=0.1, verbose=0),
            ValueError,
            "validation_split: needs arrays",
        ),
        (
            lambda model: model.fit(iter([(HOLED, Y)]), verbose=0),
            ValueError,
            "x of batch 0: found NaN at row 7",
        ),
        (lambda model: model.fit(iter([(X, Y, Y, Y)]), verbose=0), ValueError, "of 4 items"),
    ],
)
def test_bad_calls(call, error, message):
    check(regression(), call, error, message)
