"""Models and weights in files: all of it comes back, and what is wrong is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors import safe_open

from lamina import Input, Model, Sequential, layers, losses, models, ops, saving
from lamina.saving import register_serializable
from saved_models import LABELS, Tower, X, rng, stack, trained


@register_serializable()
def doubled(x: Any) -> Any:
    return ops.multiply(x, 2)


def assert_equal(one: Any, other: Any) -> None:
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("name", ["m.lamina", "m.keras", "m.safetensors", "m"])
def test_training_goes_on_where_it_stopped(tmp_path: Path, name: str) -> None:
    model = trained()
    model.save(tmp_path / name)
    again = models.load_model(str(tmp_path / name))
    np.testing.assert_array_equal(again(X), model(X))
    assert_equal(
        [v.numpy() for v in again.optimizer.variables],
        [v.numpy() for v in model.optimizer.variables],
    )
    histories = [
        m.fit(X, LABELS, epochs=2, verbose=0, shuffle=False).history for m in (model, again)
    ]
    assert histories[0] == histories[1]
    assert_equal(again.get_weights(), model.get_weights())
    assert again.evaluate(X, LABELS, verbose=0) == model.evaluate(X, LABELS, verbose=0)


class Pair(Model):
    """Two models that are arguments, and none of those common to all layers."""

    def __init__(self, encoder: Any, decoder: Any) -> None:
        super().__init__()
        self.encoder, self.decoder = encoder, decoder

    def call(self, x: Any) -> Any:
        return self.decoder(self.encoder(x))


def test_arguments_that_are_models_and_frozen_after_training(tmp_path: Path) -> None:
    pair = Pair(stack(), Sequential([layers.Dense(3)]))
    pair.compile("adam", "mse")
    pair.fit(X, X[:, :3], verbose=0)
    pair.trainable = False
    pair.save(tmp_path / "pair")
    with pytest.warns(UserWarning, match="optimizer starts anew: .* expected 2 arrays, found 14"):
        again = models.load_model(tmp_path / "pair", {"Pair": Pair})
    assert (again.name, again.trainable, again.encoder.name) == (
        pair.name,
        False,
        pair.encoder.name,
    )
    np.testing.assert_array_equal(again(X), pair(X))


def test_any_object_to_plain_data_and_back() -> None:
    given = {"layer": layers.Dense(3, "relu", name="d"), "losses": [losses.Huber(0.5), None, "mse"]}
    plain = saving.serialize_keras_object(given)
    found = saving.deserialize_keras_object(json.loads(json.dumps(plain)))
    assert found["layer"].get_config() == given["layer"].get_config()
    assert repr(found["losses"]) == repr(given["losses"])
    custom = saving.serialize_keras_object(Pair(None, None))
    assert type(saving.deserialize_keras_object(custom, {"Pair": Pair})) is Pair


def test_the_optimizer_and_compilation_can_stay_out(tmp_path: Path) -> None:
    model = trained()
    model.save(tmp_path / "m", include_optimizer=False)
    again = models.load_model(tmp_path / "m")
    assert again.compiled
    assert int(again.optimizer.iterations) == 0
    plain = models.load_model(tmp_path / "m", compile=False)
    assert not plain.compiled
    np.testing.assert_array_equal(plain(X), model(X))


def test_the_file_is_safetensors_with_weights_by_path(tmp_path: Path) -> None:
    model = trained()
    model.save(tmp_path / "m.lamina")
    with safe_open(tmp_path / "m.lamina", framework="numpy") as file:
        about = json.loads(file.metadata()["lamina"])
        kernel = file.get_tensor(f"{model.layers[0].name}/kernel")
        keys = set(file.keys())
    np.testing.assert_array_equal(kernel, model.get_weights()[0])
    assert about["model"]["class_name"] == "Sequential"
    assert about["compile"]["loss"] == "sparse_categorical_crossentropy"
    assert {key for _, group in about["weights"] for key in group} <= keys
    assert list(tmp_path.iterdir()) == [tmp_path / "m.lamina"]  # no leftovers


@pytest.mark.parametrize("shape", [(3,), (3, 3)])
def test_graphs_come_back(tmp_path: Path, shape: tuple[int, ...]) -> None:
    a, b = Input(shape, name="a"), Input(shape, name="b")
    shared = layers.Dense(3)
    both = layers.Concatenate()([shared(a), shared(b) * 2])
    inner = Sequential([layers.Dense(2), layers.Lambda(doubled)])
    model = Model({"a": a, "b": b}, [inner(both), layers.PReLU("normal")(both)])
    model.save(tmp_path / "m")
    again = models.load_model(tmp_path / "m")
    data = {"a": rng.normal(size=(2, *shape)), "b": rng.normal(size=(2, *shape))}
    assert_equal(again(data), model(data))
    assert again.get_config() == model.get_config()


def test_subclassed_models_come_back_by_name(tmp_path: Path) -> None:
    model = Tower(5)
    model(X)
    model.save(tmp_path / "m")
    again = models.load_model(tmp_path / "m", custom_objects={"Tower": Tower})
    assert again.width == 5
    np.testing.assert_array_equal(again(X), model(X))
    with pytest.raises(ValueError, match="unknown layer 'Tower'"):
        models.load_model(tmp_path / "m")


def test_adapted_statistics_come_back(tmp_path: Path) -> None:
    normalize = layers.Normalization()
    normalize.adapt(3 * X + 5)
    model = Sequential([Input(3), normalize])
    model.save(tmp_path / "m")
    np.testing.assert_array_equal(models.load_model(tmp_path / "m")(X), model(X))


def test_weights_go_to_models_of_the_same_layers(tmp_path: Path) -> None:
    model, other = stack(), stack()
    model.save_weights(tmp_path / "w")
    assert [layer.name for layer in other.layers] != [layer.name for layer in model.layers]
    other.load_weights(tmp_path / "w")
    assert_equal(other.get_weights(), model.get_weights())
    third = stack()
    model.save(tmp_path / "m")
    third.load_weights(tmp_path / "m")
    assert_equal(third.get_weights(), model.get_weights())
    with pytest.raises(ValueError, match="weights but no model"):
        models.load_model(tmp_path / "w")


def named(*sizes: tuple[str, int]) -> Sequential:
    return Sequential([Input(3), *(layers.Dense(units, name=name) for name, units in sizes)])


def test_weights_that_do_not_fit_change_nothing(tmp_path: Path) -> None:
    named(("a", 4), ("b", 2)).save_weights(tmp_path / "w")
    for other in (named(("a", 4), ("b", 3)), named(("a", 4)), named(("a", 4), ("b", 2), ("c", 2))):
        before = other.get_weights()
        with pytest.raises(ValueError, match=r"w: .*(layer|weights)"):
            other.load_weights(tmp_path / "w")
        assert_equal(other.get_weights(), before)


def test_weights_may_go_by_name_and_skip_what_does_not_fit(tmp_path: Path) -> None:
    source = named(("a", 4), ("b", 2))
    source.save_weights(tmp_path / "w")
    other = named(("a", 4), ("new", 5), ("b", 2))
    before = other.get_weights()
    with pytest.raises(ValueError, match="layer 'b'"):
        other.load_weights(tmp_path / "w", by_name=True)
    assert_equal(other.get_weights(), before)
    with pytest.warns(UserWarning, match="left layer 'b' as it is"):
        other.load_weights(tmp_path / "w", by_name=True, skip_mismatch=True)
    assert_equal(other.get_weights(), [*source.get_weights()[:2], *before[2:]])


def test_shared_and_equally_named_weights_are_kept_apart(tmp_path: Path) -> None:
    class Twice(layers.Layer):
        def build(self, input_shape: Any) -> None:
            self.one = self.add_weight((2,), "normal", name="w")
            self.two = self.add_weight((2,), "normal", name="w")

        def call(self, x: Any) -> Any:
            return x * self.one + self.two

    shared = Twice()
    x = Input(2)
    model = Model(x, shared(shared(x)))
    model.save_weights(tmp_path / "w")
    values = model.get_weights()
    model.set_weights([np.zeros(2), np.zeros(2)])
    model.load_weights(tmp_path / "w")
    assert_equal(model.get_weights(), values)
