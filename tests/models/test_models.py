"""Models: stacks, graphs of layers and subclasses, and what they compute."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lamina
from lamina import Input, Model, Sequential, layers, models
from small_models import Tower, X, Y, affine, branches, relu, stack


def branches_in_numpy(model: Model, a: Any, b: Any) -> list[Any]:
    shared, inner = model.get_layer("shared"), model.get_layer("inner")
    total = affine(shared, a) + affine(shared, b)
    return [relu(affine(inner.get_layer("inside"), total)), 2 * total[:, :1] - b]


def assert_close(outputs: Any, expected: Any) -> None:
    for one, other in zip(outputs, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def test_a_stack_applies_its_layers_in_order() -> None:
    model = stack()
    expected = affine(model.layers[1], relu(affine(model.layers[0], X)))
    np.testing.assert_allclose(model(X), expected, rtol=1e-5, atol=1e-6)
    assert [layer.name for layer in model.layers] == ["first", "last"]
    assert [w.shape for w in model.weights] == [(3, 4), (4,), (4, 2), (2,)]
    assert model.weights[0].path.endswith("first/kernel")
    assert model.count_params() == 26
    assert model.input_shape == (None, 3)
    assert model.output_shape == (None, 2)


@pytest.mark.parametrize(
    "first",
    [
        lambda: layers.Dense(2, input_shape=[3]),
        lambda: layers.Dense(2, input_shape=(3,)),
        lambda: layers.Dense(2, input_dim=3),
        lambda: Sequential([Input(3), layers.Dense(2)]),
    ],
)
def test_the_first_layer_can_tell_the_shape(first: Callable[[], Any]) -> None:
    model = Sequential([first(), layers.Softmax()])
    assert model.built
    assert len(model.layers) == 2
    np.testing.assert_allclose(model(X).numpy().sum(1), np.ones(6), rtol=1e-6)


def test_a_stack_without_a_shape_waits_for_data() -> None:
    model = Sequential([layers.Dense(4), layers.Dense(2)])
    assert not model.built
    assert model.weights == []
    with pytest.raises(ValueError, match="built"):
        model.get_weights()
    with pytest.raises(AttributeError, match="not built"):
        _ = model.inputs
    model(X)
    assert model.built
    assert len(model.get_weights()) == 4
    by_hand = Sequential([layers.Dense(4), layers.Dense(2)])
    by_hand.build((None, 3))
    assert by_hand.count_params() == model.count_params()


def test_add_and_pop_change_what_is_computed() -> None:
    model = stack()
    outer = Sequential([model, layers.ReLU()])
    np.testing.assert_array_equal(outer(X), relu(model(X).numpy()))
    last = model.pop()
    assert last.name == "last"
    assert model(X).shape == (6, 4)
    model.add(layers.Dense(5))
    assert model(X).shape == (6, 5)
    with pytest.raises(ValueError, match="target_shape"):
        model.add(layers.Reshape((7,)))
    assert len(model.layers) == 2
    assert model(X).shape == (6, 5)


def test_a_graph_has_several_inputs_outputs_and_shared_layers() -> None:
    model = branches()
    assert_close(model([X, Y]), branches_in_numpy(model, X, Y))
    assert_close(model({"b": Y, "a": X}), branches_in_numpy(model, X, Y))
    assert [layer.name for layer in model.layers] == ["a", "b", "shared", "total", "inner"]
    assert model.input_names == ["a", "b"]
    assert len(model.weights) == 4
    assert model.output_names is not None
    assert model.output_names[0] == "inner"


def test_inputs_and_outputs_may_be_dicts() -> None:
    a, b = Input(3, name="a"), Input(3, name="b")
    model = Model({"a": a, "b": b}, {"sum": layers.Add()([a, b]), "left": a * 2})
    outputs = model({"a": X, "b": Y})
    np.testing.assert_array_equal(outputs["sum"], X + Y)
    np.testing.assert_array_equal(outputs["left"], X * 2)
    assert model.output_names == ["left", "sum"]
    with pytest.raises(ValueError, match=r"dict of inputs \['a', 'b'\]"):
        model([X, Y])
    with pytest.raises(ValueError, match=r"expected inputs named \['a', 'b'\], received \['a'\]"):
        model({"a": X})


def test_models_may_start_and_end_between_layers() -> None:
    model = stack()
    head = Model(model.inputs, model.get_layer("first").output)
    tail = Model(model.get_layer("first").output, model.outputs)
    np.testing.assert_allclose(tail(head(X)), model(X), rtol=1e-6)
    assert tail.get_layer("last") is model.get_layer("last")


def test_a_column_may_come_without_its_axis() -> None:
    model = Sequential([layers.Dense(1, input_shape=[1])])
    assert model(np.array([1.0, 2.0])).shape == (2, 1)
    flat = Input(())
    assert Model(flat, flat * 2)(np.ones((4, 1))).shape == (4,)


def test_unknown_sizes_stay_unknown() -> None:
    x = Input((None, 3))
    model = Model(x, layers.Dense(2)(x))
    assert model.output_shape == (None, None, 2)
    assert model(np.ones((2, 5, 3))).shape == (2, 5, 2)
    assert model(np.ones((1, 7, 3))).shape == (1, 7, 2)


def test_subclassed_models_are_built_by_their_call() -> None:
    model = Tower()
    assert not model.built
    expected = model(X).numpy()
    np.testing.assert_allclose(
        expected, affine(model.last, relu(affine(model.first, X))), rtol=1e-5, atol=1e-6
    )
    assert model.layers == [model.first, model.drop, model.last]
    assert (model(X, training=True).numpy() != expected).any()
    assert Tower(5, name="it").get_config()["width"] == 5
    model.build((None, 3))
    assert model.count_params() == 26


def test_a_subclass_may_be_functional() -> None:
    class Doubling(Model):
        def __init__(self, features: int) -> None:
            x = Input(features)
            super().__init__(x, x * 2, name="doubling")
            self.features = features

    model = Doubling(3)
    np.testing.assert_array_equal(model(X), X * 2)
    assert model.get_config()["features"] == 3


def test_the_training_flag_reaches_nested_models() -> None:
    inner = Sequential([Input(3), layers.Dropout(0.5)])
    x = Input(3)
    always = Model(x, inner(x, training=True))
    asked = Model(x, inner(x))
    np.testing.assert_array_equal(asked(X), X)
    assert (asked(X, training=True).numpy() == 0).any()
    assert (always(X).numpy() == 0).any()


def test_trainable_reaches_the_layers_of_a_graph() -> None:
    model = branches()
    model.get_layer("inner").trainable = False
    assert len(model.trainable_weights) == 2
    model.trainable = False
    assert model.trainable_weights == []
    assert len(model.non_trainable_weights) == 4


def test_a_call_on_one_array_is_traced_once() -> None:
    traces: list[int] = []

    class Counting(layers.Layer):
        def call(self, x: Any) -> Any:
            traces.append(1)
            return x * 2

    model = Sequential([Input(3), Counting()])
    model(X)
    seen = len(traces)
    for _ in range(3):
        np.testing.assert_array_equal(model(X), X * 2)
    assert len(traces) == seen


def test_a_stack_of_nothing_but_an_input_returns_it() -> None:
    np.testing.assert_array_equal(Sequential([Input(3)])(X), X)


def test_the_input_may_go_by_keyword() -> None:
    layer = layers.Dense(2)
    np.testing.assert_array_equal(layer(inputs=X), layer(X))
    with pytest.raises(TypeError, match="'inputs'"):
        layers.Dense(2)()


def test_models_are_exported() -> None:
    assert lamina.Model is models.Model
    assert isinstance(branches(), models.Functional)
