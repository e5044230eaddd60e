"""Wrong input to models: a clear error, and nothing changed by it."""

from __future__ import annotations

import numpy as np
import pytest

import lamina
from lamina import Input, Model, Sequential, callbacks, layers, random

pd = pytest.importorskip("pandas")

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
    before = state_of(model)
    with pytest.raises(error, match=message):
        call(model)
    assert_unchanged(model, before)


DATA = {
    "feature count": (X[:, :3], Y, ValueError, "out|features|shape"),
    "rank": (np.ones((12, 4, 2)), Y, ValueError, "shape"),
    "ragged rows": ([[1, 2, 3, 4], [1, 2]] * 6, Y, ValueError, "x: rows differ in length"),
    "objects": (X.astype(object), Y, TypeError, "x: expected numbers, received objects"),
    "text": (X.astype(str), Y, TypeError, "x: expected numbers, received text"),
    "text in y": (X, ["a"] * 12, TypeError, "y: expected numbers, received text, such as 'a'"),
    "NaN": (HOLED, Y, ValueError, "x: found NaN at row 7, column 2"),
    "NaN in y": (X, INFINITE, ValueError, "y: found infinity at row 5"),
    "no rows": (X[:0], Y[:0], ValueError, r"at least one row, received shape \(0, 4\)"),
    "lengths": (X, Y[:5], ValueError, "x has 12, y has 5"),
    "no x": (None, Y, ValueError, "x"),
    "no y": (X, None, ValueError, "y: no targets for output 'out'"),
    "wide y": (
        X,
        np.ones((12, 2)),
        ValueError,
        r"\(rows, 2\) do not suit output 'out' .*\(rows, 1\)",
    ),
    "deep y": (X, np.ones((12, 1, 3)), ValueError, "do not suit output 'out'"),
    "two ys": (X, [Y, Y], ValueError, "y"),
    "unknown y": (X, {"aut": Y}, ValueError, "y: no output is named 'aut'; the outputs are out"),
}


@pytest.mark.parametrize("method", ["fit", "evaluate", "train_on_batch", "test_on_batch"])
@pytest.mark.parametrize("case", DATA)
def test_bad_data(method, case):
    x, y, error, message = DATA[case]
    options = {} if "batch" in method else {"verbose": 0}
    check(regression(), lambda model: getattr(model, method)(x, y, **options), error, message)


@pytest.mark.parametrize(
    "case", ["feature count", "ragged rows", "objects", "text", "NaN", "no rows"]
)
@pytest.mark.parametrize("method", ["predict", "predict_on_batch"])
def test_bad_data_to_predict(method, case):
    x, _, error, message = DATA[case]
    check(regression(), lambda model: getattr(model, method)(x), error, message)


@pytest.mark.parametrize(
    ("row", "label", "message"),
    [(4, 3, r"label.* 3 .*row 4"), (0, -1, r"-1 .*row 0"), (11, 1.5, r"1\.5 .*row 11")],
)
def test_labels_out_of_range(row, label, message):
    labels = LABELS.astype(np.asarray(label).dtype)
    labels[row] = label
    model = classifier()
    for y in (labels, labels[:, None]):
        check(
            model, lambda model, y=y: model.fit(X, y, batch_size=4, verbose=0), ValueError, message
        )
        check(model, lambda model, y=y: model.evaluate(X, y, verbose=0), ValueError, message)
        check(model, lambda model, y=y: model.train_on_batch(X, y), ValueError, message)


def test_labels_of_validation_are_checked_before_training():
    wrong = np.full(12, 7)
    check(
        classifier(),
        lambda model: model.fit(X, LABELS, validation_data=(X, wrong), verbose=0),
        ValueError,
        "7",
    )


def test_one_hot_targets_for_integer_labels():
    check(
        classifier(),
        lambda model: model.fit(X, np.eye(3)[LABELS], verbose=0),
        ValueError,
        r"\(rows, 3\) do not suit output 'out'.*categorical_crossentropy",
    )


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


def test_a_bad_batch_ends_training_after_the_good_ones():
    model = regression()
    done = int(model.optimizer.iterations.numpy())
    with pytest.raises(ValueError, match="x of batch 1: found NaN"):
        model.fit([(X, Y), (HOLED, Y)], verbose=0)
    assert int(model.optimizer.iterations.numpy()) == done + 1


def test_missing_values_can_be_let_through():
    model = regression()
    lamina.config.set_check_numerics(False)
    try:
        output = model.predict(HOLED, verbose=0)
    finally:
        lamina.config.set_check_numerics(True)
    assert np.isnan(output[7]).all()
    assert np.isfinite(np.delete(output, 7)).all()


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
