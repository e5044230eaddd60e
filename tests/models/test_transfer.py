"""Reusing what was learnt: models cut at a layer, frozen parts, new heads, weights carried over."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lamina
from lamina import layers, ops
from lamina.models import Model, Sequential

rng = np.random.default_rng(2)
X = rng.normal(size=(40, 6)).astype(np.float32)
Y = rng.normal(size=(40, 1)).astype(np.float32)


def trained() -> Model:
    model = Sequential(
        [
            lamina.Input((6,)),
            layers.Dense(5, "tanh", name="low"),
            layers.BatchNormalization(name="norm"),
            layers.Dense(4, "tanh", name="features"),
            layers.Dense(1, name="head"),
        ]
    )
    model.compile("adam", "mse")
    model.fit(X, Y, epochs=2, verbose=0)
    return model


def values(model: Any) -> list[np.ndarray]:
    return [np.array(w) for w in model.get_weights()]


def same(one: list[np.ndarray], two: list[np.ndarray]) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))


def test_a_model_cut_at_a_layer_shares_its_weights() -> None:
    model = trained()
    body = Model(model.inputs, model.get_layer("features").output)
    assert [layer.name for layer in body.layers[1:]] == ["low", "norm", "features"]
    assert body.get_layer("low") is model.get_layer("low")
    hidden = body.predict(X, verbose=0)
    assert hidden.shape == (40, 4)
    rest = Model(model.get_layer("features").output, model.output)
    np.testing.assert_allclose(
        rest.predict(hidden, verbose=0), model.predict(X, verbose=0), rtol=1e-5, atol=1e-6
    )
    with pytest.raises(ValueError, match="no layer named 'feature'"):
        model.get_layer("feature")


def test_a_frozen_body_stays_while_the_head_learns() -> None:
    model = trained()
    body = Model(model.inputs, model.get_layer("features").output)
    body.trainable = False
    assert body.trainable_weights == []
    new = Sequential([body, layers.Dense(2, name="new")])
    new.compile("adam", "mse")
    before, head = values(body), values(new.get_layer("new"))
    new.fit(X, np.concatenate([Y, -Y], axis=1), epochs=3, verbose=0)
    assert same(values(body), before)  # the moving statistics too: frozen is inference
    assert not same(values(new.get_layer("new")), head)

    body.trainable = True
    body.get_layer("norm").trainable = False
    new.compile("adam", "mse")
    new.fit(X, np.concatenate([Y, -Y], axis=1), epochs=1, verbose=0)
    assert not same(values(body.get_layer("low")), before[:2])
    assert same(values(body.get_layer("norm")), before[2:6])


def test_training_goes_by_what_was_trainable_at_compile() -> None:
    model = trained()
    model.get_layer("low").trainable = False
    model.compile("adam", "mse")
    low, head = values(model.get_layer("low")), values(model.get_layer("head"))
    model.fit(X, Y, epochs=1, verbose=0)
    assert same(values(model.get_layer("low")), low)
    assert not same(values(model.get_layer("head")), head)


def test_weights_are_carried_over_by_position_and_by_name(tmp_path: Path) -> None:
    model = trained()
    model.save_weights(tmp_path / "w.lamina")
    other = Sequential(
        [
            lamina.Input((6,)),
            layers.Dense(5, name="low"),
            layers.Dense(7, name="features"),
            layers.Dense(3, name="mine"),
        ]
    )
    before = values(other)
    with pytest.raises(ValueError, match="holds weights of 4 layers"):
        other.load_weights(tmp_path / "w.lamina")
    with pytest.raises(ValueError, match=r"layer 'features'.* has shape"):
        other.load_weights(tmp_path / "w.lamina", by_name=True)
    assert same(values(other), before)
    with pytest.warns(UserWarning, match="left layer 'features' as it is"):
        other.load_weights(tmp_path / "w.lamina", by_name=True, skip_mismatch=True)
    assert same(values(other)[:2], values(model)[:2])
    assert same(values(other)[2:], before[2:])

    twin = trained()
    twin.layers[0].set_weights(model.layers[0].get_weights())
    assert same(values(twin.layers[0]), values(model.layers[0]))


def test_the_input_is_what_is_learnt() -> None:
    model = trained()
    before = values(model)

    @lamina.function
    def slope(x: Any) -> Any:
        return lamina.grad(ops.sum(model(x)), x)

    x = X.copy()
    for _ in range(50):
        x += 0.1 * np.asarray(slope(x))
    assert (model.predict(x, verbose=0) > model.predict(X, verbose=0)).all()
    assert same(values(model), before)
