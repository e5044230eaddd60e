"""Embeddings: first values, what is asked of indices, and gradients that no thread changes."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import lamina
from lamina import layers
from lamina.models import Sequential, model_from_json

TABLE = np.arange(12, dtype=np.float32).reshape(6, 2)


def test_weights_are_the_first_embeddings() -> None:
    for weights in (TABLE, [TABLE], TABLE.tolist()):
        layer = layers.Embedding(6, 2, weights=weights)
        np.testing.assert_array_equal(layer([[5, 0]]), TABLE[[[5, 0]]])
    with pytest.raises(ValueError, match=r"expected an array of shape \(6, 2\)"):
        layers.Embedding(6, 2, weights=TABLE.T)


def test_first_embeddings_are_uniform() -> None:
    layer = layers.Embedding(500, 40)
    layer.build()
    values = layer.get_weights()[0]
    assert values.shape == (500, 40)
    assert -0.05 <= values.min() < -0.049
    assert 0.049 < values.max() <= 0.05
    assert layer.embeddings.path == f"{layer.name}/embeddings"


def test_copies_have_the_embeddings() -> None:
    layer = layers.Embedding(6, 2, mask_zero=True, weights=TABLE)
    twin = pickle.loads(pickle.dumps(layer))
    np.testing.assert_array_equal(twin.get_weights()[0], TABLE)
    assert twin.mask_zero
    assert twin.supports_masking
    assert "weights" not in layer.get_config()
    model = Sequential([lamina.Input((3,)), layer])
    assert model_from_json(model.to_json()).layers[0].mask_zero


def test_regularizer_and_constraint() -> None:
    model = Sequential(
        [
            layers.Embedding(
                6, 2, embeddings_regularizer="l2", embeddings_constraint="non_neg", weights=-TABLE
            ),
            layers.Flatten(),
            layers.Dense(1),
        ]
    )
    model.compile("sgd", "mse")
    model.fit(np.zeros((4, 3), int), np.zeros(4), verbose=0)
    table = model.layers[0].get_weights()[0]
    np.testing.assert_array_equal(table[1:], 0)
    assert table.min() >= 0
    assert float(model.losses[0]) == pytest.approx(0.01 * (table**2).sum())


@pytest.mark.parametrize("rows", [(7, 3), (5000, 64), (3, 4000)])
def test_gradients_have_the_same_bits_on_any_number_of_threads(
    rows: tuple[int, int], split_all: None
) -> None:
    rng = np.random.default_rng(1)
    layer = layers.Embedding(*rows)
    ids = rng.integers(0, rows[0], (32, 100))
    dy = rng.normal(size=(32, 100, rows[1])).astype(np.float32)
    layer(ids)

    def slopes() -> np.ndarray:
        @lamina.function
        def run(x, dy):
            return lamina.grad(lamina.ops.sum(layer(x) * dy), layer.embeddings)

        return np.asarray(run(ids, dy))

    found = []
    for threads in (1, 2, 3):
        lamina.utils.set_num_threads(threads)
        found.append(slopes())
    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[0], found[2])
    expected = np.zeros(rows)
    np.add.at(expected, ids, dy)
    np.testing.assert_allclose(found[0], expected, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize(("input_dim", "output_dim"), [(0, 2), (3, 0), (2.5, 2), (True, 2)])
def test_sizes_are_positive(input_dim: float, output_dim: float) -> None:
    with pytest.raises(ValueError, match="integer"):
        layers.Embedding(input_dim, output_dim)
