"""Wrong arguments of compile, and losses and metrics that do not suit: a clear error."""

from __future__ import annotations

import numpy as np
import pytest

import lamina
from lamina import Input, Model, Sequential, layers
from refusals import LABELS, X, Y, check, regression


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"optimizer": "adamm"}, "unknown optimizer 'adamm'.*'adam'"),
        ({"loss": "mean_squarred_error"}, "mean_squarred_error.*mean_squared_error"),
        ({"metrics": ["acuracy"]}, "acuracy.*accuracy"),
        ({"weighted_metrics": "maee"}, "maee.*mae"),
        ({"loss_weights": "heavy"}, "loss_weights"),
        ({"optimizer": layers.Dense(1)}, "expected an optimizer .* received <Dense"),
        ({"optimizer": lamina.losses.MeanSquaredError()}, "expected an optimizer"),
        ({"optimizer": abs}, "expected an optimizer"),
        ({"loss": layers.Dense(1)}, "expected a loss .* received <Dense"),
        ({"loss": lamina.metrics.MeanSquaredError()}, "expected a loss"),
        ({"metrics": [lamina.optimizers.SGD()]}, "expected a metric .* received SGD"),
    ],
)
def test_compile_with_unknown_names_changes_nothing(options, message):
    model = regression()
    optimizer, loss = model.optimizer, model.loss
    with pytest.raises(ValueError, match=message):
        model.compile(**{"optimizer": "sgd", "loss": "mae", **options})
    assert model.optimizer is optimizer
    assert model.loss is loss
    model.fit(X, Y, verbose=0)


@pytest.mark.parametrize(
    "call",
    [
        lambda model: model.fit(X, Y),
        lambda model: model.evaluate(X, Y),
        lambda model: model.train_on_batch(X, Y),
        lambda model: model.test_on_batch(X, Y),
    ],
)
def test_compile_missing(call):
    model = Sequential([Input((4,)), layers.Dense(1)])
    with pytest.raises(ValueError, match=r"call compile\(optimizer=\.\.\., loss=\.\.\.\) before"):
        call(model)


def test_no_loss():
    model = Sequential([Input((4,)), layers.Dense(1)])
    model.compile(optimizer="sgd")
    check(model, lambda model: model.fit(X, Y, verbose=0), ValueError, "no loss to minimize")


def test_no_optimizer():
    model = Sequential([Input((4,)), layers.Dense(1)])
    model.compile(optimizer=None, loss="mse")
    model.evaluate(X, Y, verbose=0)
    with pytest.raises(ValueError, match="compiled with optimizer=None"):
        model.fit(X, Y, verbose=0)


def test_a_loss_that_returns_nothing():
    model = Sequential([Input((4,)), layers.Dense(1)])
    model.compile(optimizer="sgd", loss=lambda y_true, y_pred: None)
    check(model, lambda model: model.fit(X, Y, verbose=0), ValueError, "received None")


def test_a_loss_that_is_no_number():
    model = Sequential([Input((4,)), layers.Dense(1)])
    loss = lamina.losses.MeanSquaredError(reduction="none")
    model.compile(optimizer="sgd", loss=loss)
    check(model, lambda model: model.fit(X, Y, verbose=0), ValueError, "expected a scalar")


def two_headed(**options):
    inputs = Input((4,), name="features")
    outputs = [layers.Dense(3, name="kind")(inputs), layers.Dense(1, name="size")(inputs)]
    model = Model(inputs, outputs)
    model.compile(optimizer="sgd", **options)
    return model


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"loss": ["mse"] * 3}, "loss: expected one entry for each of the 2 outputs"),
        ({"loss": {"kin": "mse"}}, "loss: no output is named 'kin'; the outputs are kind, size"),
        ({"loss": "mse", "loss_weights": [1.0]}, "loss_weights: expected one entry"),
        ({"loss": "mse", "metrics": {"sise": "mae"}}, "metrics: no output is named 'sise'"),
        ({"loss": "mse", "metrics": ["mae"]}, "metrics: expected one entry for each"),
        ({"loss": "mse", "metrics": lamina.metrics.MeanSquaredError()}, "2 outputs at once"),
    ],
)
def test_losses_and_metrics_of_several_outputs(options, message):
    model = two_headed(**options)
    y = [np.zeros((12, 3)), Y]
    check(model, lambda model: model.fit(X, y, verbose=0), ValueError, message)


def test_targets_of_several_outputs():
    model = two_headed(loss="mse")
    check(model, lambda model: model.fit(X, Y, verbose=0), ValueError, "y: expected a list or dict")
    check(
        model,
        lambda model: model.fit(X, {"kind": np.zeros((12, 3))}, verbose=0),
        ValueError,
        "y: no targets for output 'size'",
    )


def test_a_metric_that_does_not_suit_is_named():
    model = Sequential([Input((4,)), layers.Dense(3, "softmax", name="out")])
    model.compile(optimizer="sgd", loss="sparse_categorical_crossentropy", metrics=["mse"])
    check(
        model,
        lambda model: model.fit(X, LABELS, verbose=0),
        ValueError,
        "metric 'mse' of output 'out'",
    )


def test_metrics_given_in_the_third_place() -> None:
    model = Sequential([Input((4,)), layers.Dense(1)])
    with pytest.raises(ValueError, match=r"loss_weights: .*received \['mae'\].*metrics=\["):
        model.compile("sgd", "mse", ["mae"])
