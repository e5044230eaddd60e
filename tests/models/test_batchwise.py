"""predict, train_on_batch and test_on_batch: batch by batch what the whole gives."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pytest

from lamina import Input, Sequential, layers
from lamina.utils import PyDataset
from training_models import KERNEL, LABELS, X, Y, assert_same_weights, classifier, linear


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


def test_a_py_dataset_gives_its_batches_and_is_told_of_epochs():
    class Batches(PyDataset):
        told: ClassVar[list[str]] = []

        def __len__(self):
            return 3

        def __getitem__(self, index):
            return X[index * 5 : index * 5 + 5], Y[index * 5 : index * 5 + 5]

        def on_epoch_begin(self):
            self.told.append("begin")

        def on_epoch_end(self):
            self.told.append("end")

    one, other = linear(), linear()
    one.fit(Batches(workers=2), epochs=2, shuffle=False, verbose=0)
    other.fit(X[:15], Y[:15], batch_size=5, epochs=2, shuffle=False, verbose=0)
    for found, expected in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert Batches.told[-4:] == ["begin", "end"] * 2
