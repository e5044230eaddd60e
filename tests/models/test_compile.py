"""What compile chooses and names: metrics, losses of several outputs, own steps."""

from __future__ import annotations

import numpy as np
import pytest

import lamina
from lamina import Input, Model, Sequential, layers, losses, metrics, ops, optimizers
from training_models import KERNEL, LABELS, X, Y, assert_same_weights, classifier, linear, rng

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
