"""What fit, evaluate and predict take: kinds of data, batches, steps, validation."""

from __future__ import annotations

import numpy as np
import pytest

import lamina
from lamina import Sequential, layers, optimizers
from training_models import LABELS, X, Y, assert_same_weights, classifier, linear, rng

pd = pytest.importorskip("pandas")


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
