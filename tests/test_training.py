"""fit, evaluate, predict and the like: semantics, shapes of data, numbers."""

from __future__ import annotations

import _thread
import threading
import time
import warnings

import numpy as np
import pytest

import lamina
from lamina import Input, Model, Sequential, callbacks, layers, losses, metrics, ops, optimizers

pd = pytest.importorskip("pandas")

rng = np.random.default_rng(5)
X = rng.normal(size=(23, 4)).astype(np.float32)
Y = (X @ [[1.0], [-2.0], [0.5], [0.0]] + 0.3).astype(np.float32)
LABELS = rng.integers(0, 3, 23)
KERNEL = rng.normal(size=(4, 1)).astype(np.float32)


def linear(optimizer="sgd", loss="mse", **options):
    """Return y = x w + b from a known start."""
    model = Sequential([Input((4,)), layers.Dense(1)])
    model.set_weights([KERNEL, np.zeros(1)])
    model.compile(optimizer=optimizer, loss=loss, **options)
    return model


def classifier(**options):
    model = Sequential([Input((4,)), layers.Dense(3, "softmax")])
    model.compile(optimizer="sgd", loss="sparse_categorical_crossentropy", **options)
    return model


def reference_fit(x, y, epochs, batch, rate, weight=None):
    """Train y = x w + b by plain gradient descent in float64; return losses of epochs, w and b."""
    w, b = KERNEL.astype(np.float64), np.zeros(1)
    weight = np.ones(len(x)) if weight is None else np.asarray(weight)
    history = []
    for _ in range(epochs):
        total = 0.0
        for start in range(0, len(x), batch):
            xb, yb, wb = (a[start : start + batch] for a in (x, y, weight))
            error = xb @ w + b - yb
            total += np.sum(wb[:, None] * error**2)
            slope = 2 * wb[:, None] * error / len(xb)
            w, b = w - rate * xb.T @ slope, b - rate * slope.sum(axis=0)
        history.append(total / len(x))
    return history, w, b


def assert_same_weights(one, other):
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a, b)


# Numbers


@pytest.mark.parametrize("batch", [1, 5, 8, 23, 100])
def test_fit_is_gradient_descent(batch):
    model = linear(optimizers.SGD(0.05))
    history = model.fit(X, Y, batch_size=batch, epochs=3, shuffle=False, verbose=0)
    expected, w, b = reference_fit(X, Y, 3, batch, 0.05)
    np.testing.assert_allclose(history.history["loss"], expected, rtol=1e-5)
    np.testing.assert_allclose(model.get_weights()[0], w, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(model.get_weights()[1], b, rtol=1e-4, atol=1e-6)


def test_sample_weights_scale_the_loss_but_not_its_divisor():
    weight = rng.random(23).astype(np.float32)
    model = linear(optimizers.SGD(0.05), metrics=["mae"], weighted_metrics=["mse"])
    history = model.fit(
        X, Y, batch_size=6, epochs=2, shuffle=False, verbose=0, sample_weight=weight
    )
    expected, w, _ = reference_fit(X, Y, 2, 6, 0.05, weight)
    np.testing.assert_allclose(history.history["loss"], expected, rtol=1e-5)
    np.testing.assert_allclose(model.get_weights()[0], w, rtol=1e-4, atol=1e-6)
    error = np.abs(model.predict(X, verbose=0) - Y)
    found = model.evaluate(X, Y, sample_weight=weight, verbose=0, return_dict=True)
    np.testing.assert_allclose(found["mae"], error.mean(), rtol=1e-5)
    weighted = np.sum(weight * error[:, 0] ** 2) / weight.sum()
    np.testing.assert_allclose(found["mse"], weighted, rtol=1e-5)


def test_class_weight_is_sample_weight():
    by_class, by_row = classifier(), classifier()
    by_row.set_weights(by_class.get_weights())
    options = {"shuffle": False, "verbose": 0, "epochs": 2}
    one = by_class.fit(X, LABELS, class_weight={0: 2.0, 2: 0.5}, **options)
    weight = np.array([2.0, 1.0, 0.5])[LABELS]
    other = by_row.fit(X, LABELS, sample_weight=weight, **options)
    assert one.history == other.history
    assert_same_weights(by_class.get_weights(), by_row.get_weights())


def test_regularizers_and_added_losses_are_part_of_the_loss():
    class Penalty(layers.Layer):
        def call(self, inputs):
            self.add_loss(0.5 * ops.mean(ops.square(inputs)))
            return inputs

    model = Sequential(
        [Input((4,)), layers.Dense(1, kernel_regularizer=lamina.regularizers.L2(0.1)), Penalty()]
    )
    model.set_weights([KERNEL, np.zeros(1)])
    model.compile(optimizer=optimizers.SGD(0.0), loss="mse")
    output = X @ KERNEL
    parts = np.mean((output - Y) ** 2), 0.1 * np.sum(KERNEL**2), 0.5 * np.mean(output**2)
    np.testing.assert_allclose(
        model.evaluate(X, Y, batch_size=23, verbose=0), sum(parts), rtol=1e-5
    )
    history = model.fit(X, Y, batch_size=23, verbose=0)
    np.testing.assert_allclose(history.history["loss"][0], sum(parts), rtol=1e-5)


def test_many_epochs_at_once_are_the_epochs_one_by_one():
    results = []
    for watch in (None, [callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: None)]):
        lamina.utils.set_random_seed(3)
        model = linear("adam", metrics=["mae"])
        results.append((model.fit(X, Y, 4, epochs=5, verbose=0, callbacks=watch), model))
    (one, first), (other, second) = results
    assert one.history == other.history
    assert_same_weights(first.get_weights(), second.get_weights())


def test_metrics_can_be_read_after_fit():
    metric = metrics.MeanAbsoluteError(name="error")
    model = linear(metrics=[metric])
    history = model.fit(X, Y, epochs=4, verbose=0)
    assert float(metric.result()) == history.history["error"][-1]
    assert model.get_metrics_result()["error"].item() == history.history["error"][-1]
    assert model.metrics_names == ["loss", "error"]


def test_float64_from_end_to_end():
    lamina.config.set_floatx("float64")
    try:
        model = linear(optimizers.SGD(0.05))
        history = model.fit(X, Y, batch_size=6, epochs=3, shuffle=False, verbose=0)
        expected, w, _ = reference_fit(X.astype(float), Y.astype(float), 3, 6, 0.05)
        np.testing.assert_allclose(history.history["loss"], expected, rtol=1e-12)
        np.testing.assert_allclose(model.get_weights()[0], w, rtol=1e-12)
        assert model.predict(X, verbose=0).dtype == np.float64
    finally:
        lamina.config.set_floatx("float32")


# Order of rows


def test_shuffling_is_by_the_global_seed():
    def train(seed):
        lamina.utils.set_random_seed(seed)
        model = linear()
        model.fit(X, Y, batch_size=4, epochs=2, verbose=0)
        return model.get_weights()[0]

    np.testing.assert_array_equal(train(1), train(1))
    assert not np.array_equal(train(1), train(2))


@pytest.mark.parametrize(("shuffle", "within"), [(True, False), ("batch", True), (False, True)])
def test_every_row_comes_once_an_epoch(shuffle, within):
    seen = []
    x = np.arange(20, dtype=np.float32)[:, None]
    model = Sequential([Input((1,)), layers.Dense(1, use_bias=False)])
    model.set_weights([np.zeros((1, 1))])
    model.compile(optimizer=optimizers.SGD(0.0), loss="mae")

    class Sums(callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            seen.append(logs["loss"] * 4 * (batch + 1))

    for _ in range(2):
        seen.clear()
        model.fit(x, x, batch_size=4, shuffle=shuffle, verbose=0, callbacks=[Sums()])
        np.testing.assert_allclose(seen[-1], x.sum(), rtol=1e-6)
        in_order = np.allclose(seen, np.cumsum(x.reshape(5, 4).sum(axis=1)))
        assert in_order == within


def test_shuffling_within_batches_changes_their_order():
    trained = []
    for shuffle in ("batch", False):
        model = Sequential([Input((4,)), layers.Dropout(0.5, seed=1), layers.Dense(1)])
        model.set_weights([KERNEL, np.zeros(1)])
        model.compile(optimizer="sgd", loss="mse")
        model.fit(X, Y, batch_size=8, shuffle=shuffle, verbose=0)
        trained.append(model.get_weights()[0])
    assert not np.array_equal(*trained)


# Kinds of data


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (X.tolist(), Y.tolist()),
        (X.astype(np.float64), Y[:, 0]),
        (pd.DataFrame(X), pd.Series(Y[:, 0])),
        (np.asfortranarray(X), Y[::-1][::-1]),
        ([X], [Y]),
        (lamina.ops.convert_to_tensor(X), lamina.ops.convert_to_tensor(Y)),
    ],
    ids=["lists", "float64, rank 1", "pandas", "strided", "structures", "tensors"],
)
def test_all_kinds_of_data_train_alike(x, y):
    expected = linear().fit(X, Y, epochs=2, shuffle=False, verbose=0).history
    model = linear()
    assert model.fit(x, y, epochs=2, shuffle=False, verbose=0).history == expected
    assert model.evaluate(x, y, verbose=0) == model.evaluate(X, Y, verbose=0)
    np.testing.assert_array_equal(model.predict(x, verbose=0), model.predict(X, verbose=0))


def test_rank_one_data_of_one_neuron():
    model = Sequential([layers.Dense(units=1, input_shape=[1])])
    model.compile(loss="mean_squared_error", optimizer=optimizers.Adam(0.1))
    celsius = np.array([-40, -10, 0, 8, 15, 22, 38], float)
    history = model.fit(celsius, celsius * 1.8 + 32, epochs=1500, verbose=False)
    assert history.history["loss"][-1] < 0.01
    prediction = model.predict(np.array([100.0]), verbose=0)
    assert prediction.shape == (1, 1)
    assert abs(prediction[0, 0] - 212) < 0.5


def test_integers_and_bytes_as_features():
    x = rng.integers(0, 255, (12, 4))
    model = linear(optimizers.SGD(1e-6))
    expected = model.predict(x.astype(np.float32), verbose=0)
    for dtype in ("uint8", "int16", "int32", "int64"):
        np.testing.assert_array_equal(model.predict(x.astype(dtype), verbose=0), expected)
    model.fit(x.astype(np.uint8), Y[:12], epochs=2, batch_size=5, verbose=0)


def test_models_that_learn_their_shape_from_data():
    model = Sequential([layers.Dense(5, "relu"), layers.Dense(1)])
    model.compile(optimizer="adam", loss="mse")
    history = model.fit(X, Y, epochs=2, validation_split=0.2, verbose=0)
    assert model.count_params() == 31
    assert list(history.history) == ["loss", "val_loss"]


class Batches:
    """A sequence of batches."""

    def __len__(self):
        return 5

    def __getitem__(self, index):
        if index >= len(self):
            raise IndexError(index)
        rows = slice(5 * index, 5 * index + 5)
        return X[rows], Y[rows]


def batches():
    source = Batches()
    for index in range(len(source)):
        yield source[index]


@pytest.mark.parametrize(
    "source", [Batches, batches, lambda: list(batches()), lambda: iter(Batches())]
)
def test_batches_train_as_arrays_do(source):
    expected = linear(metrics=["mae"])
    history = expected.fit(X, Y, batch_size=5, shuffle=False, verbose=0).history
    model = linear(metrics=["mae"])
    found = model.fit(source(), shuffle=False, verbose=0).history
    for name, values in history.items():
        np.testing.assert_allclose(found[name], values, rtol=1e-6)
    np.testing.assert_allclose(
        model.evaluate(source(), verbose=0), expected.evaluate(X, Y, 5, verbose=0), rtol=1e-6
    )
    np.testing.assert_allclose(
        model.predict(source(), verbose=0), expected.predict(X, verbose=0), rtol=1e-6
    )


def test_generators_with_steps_go_on_and_end_with_a_warning():
    model = linear()
    source = batches()
    model.fit(source, steps_per_epoch=2, epochs=2, verbose=0)
    assert int(model.optimizer.iterations.numpy()) == 4
    with pytest.warns(UserWarning, match="ran out after 1 batches of an epoch"):
        history = model.fit(source, steps_per_epoch=2, epochs=3, verbose=0)
    assert len(history.epoch) == 1
    with pytest.warns(UserWarning, match="ran out after 0 batches"):
        history = model.fit(batches(), epochs=3, verbose=0)
    assert len(history.epoch) == 1


def test_endless_generators():
    def endless():
        while True:
            yield X, Y

    model = linear()
    history = model.fit(
        endless(),
        steps_per_epoch=3,
        epochs=4,
        validation_data=endless(),
        validation_steps=2,
        verbose=0,
    )
    assert int(model.optimizer.iterations.numpy()) == 12
    assert len(history.history["val_loss"]) == 4
    assert model.predict(endless(), steps=2, verbose=0).shape == (46, 1)


def test_batches_with_weights_and_classes():
    weight = rng.random(23).astype(np.float32)
    expected, model = linear(), linear()
    history = expected.fit(X, Y, 23, sample_weight=weight, shuffle=False, verbose=0).history
    assert model.fit([(X, Y, weight)], verbose=0).history == history
    one, other = classifier(), classifier()
    other.set_weights(one.get_weights())
    history = one.fit(X, LABELS, 23, class_weight={1: 3.0}, shuffle=False, verbose=0).history
    assert other.fit([(X, LABELS)], class_weight={1: 3.0}, verbose=0).history == history


def test_steps_per_epoch_of_arrays():
    model = linear()
    model.fit(X, Y, batch_size=5, steps_per_epoch=2, epochs=2, verbose=0)
    assert int(model.optimizer.iterations.numpy()) == 4
    with pytest.warns(
        UserWarning, match=r"ran out after 1 batches of an epoch \(2 steps asked for\)"
    ):
        model.fit(X, Y, batch_size=5, steps_per_epoch=2, epochs=3, verbose=0)
    assert int(model.optimizer.iterations.numpy()) == 9
    model.fit(X, Y, steps_per_epoch=4, verbose=0)  # 6 rows each
    assert int(model.optimizer.iterations.numpy()) == 13


def test_steps_of_evaluate_and_predict():
    model = linear()
    first = model.evaluate(X[:10], Y[:10], verbose=0)
    np.testing.assert_allclose(
        model.evaluate(X, Y, batch_size=5, steps=2, verbose=0), first, rtol=1e-6
    )
    assert model.predict(X, batch_size=5, steps=2, verbose=0).shape == (10, 1)


# Validation


def test_validation_does_not_train():
    with_validation, without = linear(metrics=["mae"]), linear(metrics=["mae"])
    history = with_validation.fit(
        X[:15], Y[:15], 4, 3, shuffle=False, validation_data=(X[15:], Y[15:]), verbose=0
    )
    expected = without.fit(X[:15], Y[:15], 4, 3, shuffle=False, verbose=0)
    assert history.history["loss"] == expected.history["loss"]
    assert_same_weights(with_validation.get_weights(), without.get_weights())
    found = without.evaluate(X[15:], Y[15:], 4, verbose=0)
    assert [history.history[name][-1] for name in ("val_loss", "val_mae")] == found


def test_validation_split_takes_the_last_rows():
    one, other = linear(), linear()
    options = {"shuffle": False, "verbose": 0, "epochs": 2}
    split = one.fit(X, Y, validation_split=0.25, **options).history
    at = int(23 * 0.75)
    assert split == other.fit(X[:at], Y[:at], validation_data=(X[at:], Y[at:]), **options).history


def test_validation_is_not_weighted_by_class():
    model = classifier()
    history = model.fit(
        X, LABELS, validation_split=0.3, class_weight={0: 9.0, 1: 9.0, 2: 9.0}, verbose=0
    ).history
    at = int(23 * 0.7)
    found = model.evaluate(X[at:], LABELS[at:], verbose=0)
    np.testing.assert_allclose(history["val_loss"][0], found, rtol=1e-6)


@pytest.mark.parametrize(("frequency", "count"), [(1, 6), (2, 3), (4, 1), ([1, 6], 2)])
def test_validation_frequency(frequency, count):
    history = linear().fit(
        X, Y, epochs=6, validation_data=(X, Y), validation_freq=frequency, verbose=0
    )
    assert len(history.history["val_loss"]) == count
    assert len(history.history["loss"]) == 6


def test_validation_data_of_every_kind():
    weight = rng.random(23).astype(np.float32)
    for data in ((X, Y, weight), [X, Y], Batches(), list(batches())):
        history = linear().fit(X, Y, validation_data=data, verbose=0)
        assert np.isfinite(history.history["val_loss"]).all()


# Metrics and names


@pytest.mark.parametrize(
    ("units", "activation", "y", "loss", "kind"),
    [
        (1, "sigmoid", LABELS % 2, "binary_crossentropy", metrics.BinaryAccuracy),
        (
            3,
            "softmax",
            LABELS,
            "sparse_categorical_crossentropy",
            metrics.SparseCategoricalAccuracy,
        ),
        (3, "softmax", LABELS[:, None], "crossentropy", metrics.SparseCategoricalAccuracy),
        (3, "softmax", np.eye(3)[LABELS], "crossentropy", metrics.CategoricalAccuracy),
    ],
)
@pytest.mark.parametrize("given", ["accuracy", ["acc"]])
def test_accuracy_goes_by_shapes(units, activation, y, loss, kind, given):
    model = Sequential([Input((4,)), layers.Dense(units, activation)])
    model.compile(optimizer="sgd", loss=loss, metrics=given)
    model.fit(X, y, verbose=0)
    assert type(model.metrics[1]) is kind
    output = model.predict(X, verbose=0)
    labels = np.reshape(y if np.ndim(y) == 1 or y.shape[1] == 1 else y.argmax(axis=1), -1)
    predicted = output.argmax(axis=1) if units > 1 else output[:, 0] > 0.5
    name = given if isinstance(given, str) else given[0]
    found = model.evaluate(X, y, verbose=0, return_dict=True)
    np.testing.assert_allclose(found[name], np.mean(predicted == labels), rtol=1e-6)


def test_history_keys_are_sorted_and_results_listed():
    model = classifier(metrics="accuracy")
    history = model.fit(X, LABELS, validation_data=(X, LABELS), verbose=0)
    assert list(history.history) == ["accuracy", "loss", "val_accuracy", "val_loss"]
    loss, accuracy = model.evaluate(X, LABELS, verbose=0)
    assert model.evaluate(X, LABELS, verbose=0, return_dict=True) == {
        "accuracy": accuracy,
        "loss": loss,
    }
    assert isinstance(linear().evaluate(X, Y, verbose=0), float)


def test_metrics_with_several_values_and_own_functions():
    def off_by(y_true, y_pred):
        return ops.max(ops.abs(y_true - y_pred), axis=-1)

    model = Sequential([Input((4,)), layers.Dense(3, "softmax")])
    model.compile(
        optimizer="sgd", loss="categorical_crossentropy", metrics=[metrics.F1Score(), off_by]
    )
    history = model.fit(X, np.eye(3)[LABELS], epochs=2, verbose=0).history
    assert history["f1_score"][1].shape == (3,)
    expected = np.abs(np.eye(3)[LABELS] - model.predict(X, verbose=0)).max(axis=-1).mean()
    found = model.evaluate(X, np.eye(3)[LABELS], verbose=0, return_dict=True)
    np.testing.assert_allclose(found["off_by"], expected, rtol=1e-5)


def test_the_same_metric_twice_gets_two_names():
    model = linear(metrics=["mse", "mse"], weighted_metrics=["mse"])
    history = model.fit(X, Y, sample_weight=np.ones(23), verbose=0).history
    assert set(history) == {"loss", "mse", "mse_1", "weighted_mse"}
    assert len({values[0] for name, values in history.items() if name != "loss"}) == 1


def test_own_loss_functions():
    def fourth_power(y_true, y_pred):
        return ops.mean((y_true - y_pred) ** 4, axis=-1)

    found = linear(loss=fourth_power).evaluate(X, Y, verbose=0)
    np.testing.assert_allclose(found, np.mean((X @ KERNEL - Y) ** 4), rtol=1e-5)


# Several outputs


def two_headed(structure=list):
    inputs = Input((4,), name="features")
    hidden = layers.Dense(6, "tanh")(inputs)
    heads = [layers.Dense(3, "softmax", name="kind")(hidden), layers.Dense(1, name="size")(hidden)]
    return Model(inputs, heads if structure is list else {"kind": heads[0], "size": heads[1]})


TWO_LOSSES = ["sparse_categorical_crossentropy", "mse"]


@pytest.mark.parametrize("structure", [list, dict])
@pytest.mark.parametrize("form", [list, dict])
def test_several_outputs(structure, form):
    def shaped(kind, size):
        return [kind, size] if form is list else {"kind": kind, "size": size}

    model = two_headed(structure)
    model.compile(
        optimizer="sgd",
        loss=shaped(*TWO_LOSSES),
        loss_weights=shaped(0.25, 2.0),
        metrics=shaped("accuracy", ["mae"]),
    )
    y = shaped(LABELS, Y)
    history = model.fit(X, y, epochs=2, validation_split=0.2, verbose=0).history
    names = ["kind_accuracy", "kind_loss", "loss", "size_loss", "size_mae"]
    assert list(history) == names + [f"val_{name}" for name in names]
    logs = model.evaluate(X, y, batch_size=23, verbose=0, return_dict=True)
    np.testing.assert_allclose(
        logs["loss"], 0.25 * logs["kind_loss"] + 2 * logs["size_loss"], rtol=1e-6
    )
    output = model.predict(X, verbose=0)
    kind, size = output if structure is list else (output["kind"], output["size"])
    np.testing.assert_allclose(logs["size_loss"], np.mean((size - Y) ** 2), rtol=1e-5)
    np.testing.assert_allclose(logs["kind_accuracy"], np.mean(kind.argmax(1) == LABELS), rtol=1e-6)
    listed = model.evaluate(X, y, batch_size=23, verbose=0)
    assert listed == [
        logs[name] for name in ("loss", "kind_loss", "size_loss", "kind_accuracy", "size_mae")
    ]


def test_outputs_without_loss_need_no_targets():
    model = two_headed()
    model.compile(optimizer="sgd", loss=[None, "mse"])
    before = model.get_layer("kind").get_weights()
    with pytest.warns(UserWarning, match="no gradient for .*kind/kernel"):
        history = model.fit(X, Y, epochs=2, verbose=0)
    assert list(history.history) == ["loss"]
    assert_same_weights(before, model.get_layer("kind").get_weights())


def test_sample_weights_of_several_outputs():
    weight = rng.random(23).astype(np.float32)
    results = []
    for given in (weight, [weight, weight], {"kind": weight, "size": weight}):
        model = two_headed()
        model.set_weights([np.ones(w.shape) * 0.1 for w in model.get_weights()])
        model.compile(optimizer="sgd", loss=TWO_LOSSES)
        results.append(
            model.fit(X, [LABELS, Y], sample_weight=given, shuffle=False, verbose=0).history
        )
    assert results[0] == results[1] == results[2]


def test_several_inputs_by_list_and_name():
    a, b = Input((3,), name="a"), Input((1,), name="b")
    output = layers.Dense(1)(layers.Concatenate()([a, b]))
    model = Model([a, b], output)
    model.compile(optimizer=optimizers.SGD(0.0), loss="mse")
    listed = [X[:, :3], X[:, 3:]]
    named = {"a": X[:, :3], "b": X[:, 3]}
    assert model.evaluate(listed, Y, verbose=0) == model.evaluate(named, Y, verbose=0)
    np.testing.assert_array_equal(model.predict(listed, verbose=0), model.predict(named, verbose=0))
    model.fit(named, Y, validation_split=0.5, verbose=0)


# Prediction


@pytest.mark.parametrize("batch", [None, 1, 7, 23, 64])
def test_predict_is_the_call_in_batches(batch):
    model = linear()
    expected = model(X).numpy()
    for verbose in (0, 2):
        found = model.predict(X, batch_size=batch, verbose=verbose)
        np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_predictions_are_not_shared():
    model = linear()
    first = model.predict(X, verbose=0)
    kept = first.copy()
    model.predict(X + 1, verbose=0)
    np.testing.assert_array_equal(first, kept)
    first[:] = 0  # and may be written


def test_predict_needs_no_compile_and_uses_current_weights():
    model = Sequential([Input((4,)), layers.Dropout(0.9), layers.Dense(1)])
    model.set_weights([KERNEL, np.zeros(1)])
    np.testing.assert_allclose(model.predict(X, verbose=0), X @ KERNEL, rtol=1e-5)
    model.set_weights([2 * KERNEL, np.ones(1)])
    np.testing.assert_allclose(model.predict(X, verbose=0), 2 * X @ KERNEL + 1, rtol=1e-5)


def test_adding_a_layer_changes_predictions():
    model = linear()
    before = model.predict(X, verbose=0)
    model.add(layers.Rescaling(3.0))
    np.testing.assert_allclose(model.predict(X, verbose=0), 3 * before, rtol=1e-6)


# One batch at a time


def test_train_on_batch_is_fit_on_a_batch():
    one, other = linear(metrics=["mae"]), linear(metrics=["mae"])
    history = one.fit(X, Y, batch_size=23, epochs=3, shuffle=False, verbose=0).history
    for epoch in range(3):
        loss, mae = other.train_on_batch(X, Y)
        np.testing.assert_allclose([history["loss"][epoch], history["mae"][epoch]], [loss, mae])
    assert_same_weights(one.get_weights(), other.get_weights())
    assert other.test_on_batch(X, Y, return_dict=True) == one.evaluate(
        X, Y, 23, verbose=0, return_dict=True
    )
    np.testing.assert_array_equal(other.predict_on_batch(X), one.predict(X, verbose=0))


def test_on_batch_weights():
    weight = np.where(LABELS == 1, 3.0, 1.0)
    one, other = classifier(), classifier()
    other.set_weights(one.get_weights())
    assert one.train_on_batch(X, LABELS, sample_weight=weight) == other.train_on_batch(
        X, LABELS, class_weight={1: 3.0}
    )
    assert_same_weights(one.get_weights(), other.get_weights())


# compile


def test_compile_again_starts_a_new_optimizer_and_keeps_weights():
    model = linear("adam")
    model.fit(X, Y, verbose=0)
    weights = model.get_weights()
    model.compile(optimizer="adam", loss="mae")
    assert_same_weights(weights, model.get_weights())
    assert int(model.optimizer.iterations.numpy()) == 0
    np.testing.assert_allclose(
        model.evaluate(X, Y, verbose=0), np.abs(model.predict(X, verbose=0) - Y).mean(), rtol=1e-5
    )


def test_frozen_layers_stay():
    model = Sequential([Input((4,)), layers.Dense(3), layers.Dense(1)])
    model.layers[0].trainable = False
    model.compile(optimizer="sgd", loss="mse")
    frozen, free = (layer.get_weights()[0] for layer in model.layers)
    model.fit(X, Y, verbose=0)
    np.testing.assert_array_equal(frozen, model.layers[0].get_weights()[0])
    assert not np.array_equal(free, model.layers[1].get_weights()[0])


def test_compile_config_round_trip():
    model = linear(
        optimizers.Adam(0.02), losses.Huber(0.5), metrics=["mae", metrics.MeanSquaredError()]
    )
    config = model.get_compile_config()
    other = Sequential([Input((4,)), layers.Dense(1)])
    other.set_weights(model.get_weights())
    other.compile_from_config(config)
    assert float(other.optimizer.learning_rate) == 0.02
    options = {"shuffle": False, "verbose": 0, "epochs": 2}
    assert other.fit(X, Y, **options).history == model.fit(X, Y, **options).history


def test_arguments_without_effect_are_accepted():
    linear(run_eagerly=True, jit_compile=True, steps_per_execution=4).fit(X, Y, verbose=0)


# Overridden steps


class Doubled(Model):
    """Trains with its own step: gradients twice as large, and logs of its own."""

    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(1, kernel_initializer="ones")

    def call(self, inputs):
        return self.dense(inputs)

    def train_step(self, data):
        x, y = data
        loss = ops.mean(ops.square(y - self(x, training=True)))
        gradients = lamina.grad(2 * loss, self.trainable_variables)
        self.optimizer.apply(gradients, self.trainable_variables)
        return {"mine": loss}


def test_own_train_step():
    model = Doubled()
    model.compile(optimizer=optimizers.SGD(0.02))
    history = model.fit(X, Y, batch_size=23, epochs=3, shuffle=False, verbose=0).history
    plain = Sequential([Input((4,)), layers.Dense(1, kernel_initializer="ones")])
    plain.compile(optimizer=optimizers.SGD(0.04), loss="mse")
    expected = plain.fit(X, Y, batch_size=23, epochs=3, shuffle=False, verbose=0).history
    assert list(history) == ["mine"]
    np.testing.assert_allclose(history["mine"], expected["loss"], rtol=1e-5)


def test_own_loss_and_metrics():
    class Own(Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(1, kernel_initializer="ones")
            self.largest = metrics.Mean(name="largest")

        def call(self, inputs):
            return self.dense(inputs)

        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            self.largest.update_state(ops.max(y_pred))
            return ops.mean(ops.abs(y - y_pred))

    model = Own()
    model.compile(optimizer="sgd")
    logs = model.evaluate(X, Y, batch_size=23, verbose=0, return_dict=True)
    output = X.sum(axis=1)
    np.testing.assert_allclose(logs["largest"], output.max(), rtol=1e-5)
    np.testing.assert_allclose(logs["loss"], np.abs(Y[:, 0] - output).mean(), rtol=1e-5)


# Interruption


@pytest.mark.parametrize("verbose", [0, 2])
def test_ctrl_c_leaves_a_usable_model(verbose):
    x = rng.normal(size=(4096, 4)).astype(np.float32)
    y = x.sum(axis=1)
    model = linear()
    model.fit(x, y, batch_size=1, verbose=0)
    done = int(model.optimizer.iterations.numpy())
    timer = threading.Timer(0.3, _thread.interrupt_main)
    timer.start()
    started = time.perf_counter()
    with pytest.raises(KeyboardInterrupt):
        model.fit(x, y, batch_size=1, epochs=10**6, verbose=verbose)
    assert time.perf_counter() - started < 2
    timer.join()
    assert int(model.optimizer.iterations.numpy()) > done
    assert np.isfinite(model.get_weights()[0]).all()
    history = model.fit(x, y, batch_size=64, epochs=2, verbose=0)
    assert len(history.epoch) == 2


def test_training_lets_other_threads_run():
    x = rng.normal(size=(20000, 4)).astype(np.float32)
    ticks = []
    done = threading.Event()

    def tick():
        while not done.wait(0.001):
            ticks.append(time.perf_counter())

    model = linear()
    thread = threading.Thread(target=tick)
    thread.start()
    started = time.perf_counter()
    model.fit(x, x.sum(axis=1), batch_size=8, epochs=20, verbose=0)
    took = time.perf_counter() - started
    done.set()
    thread.join()
    assert len(ticks) > took / 0.05


def test_no_warnings_in_ordinary_use():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = classifier(metrics=["accuracy"])
        model.fit(X, LABELS, epochs=2, validation_split=0.2, verbose=0)
        model.evaluate(X, LABELS, verbose=0)
        model.predict(X, verbose=0)
