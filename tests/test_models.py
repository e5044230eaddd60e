"""Models: stacks and graphs of layers, their order, summaries, clones, and wrong ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lamina
from lamina import Input, Model, Sequential, layers, models, ops

rng = np.random.default_rng(7)
X = rng.normal(size=(6, 3)).astype(np.float32)
Y = rng.normal(size=(6, 3)).astype(np.float32)


def relu(x):
    return np.maximum(x, 0)


def affine(layer, x):
    kernel, bias = layer.get_weights()
    return x @ kernel + bias


def stack(**options: Any) -> Sequential:
    return Sequential(
        [Input(3), layers.Dense(4, "relu", name="first"), layers.Dense(2, name="last")], **options
    )


def branches() -> Model:
    """Two inputs, a shared layer, an operation, a nested model, two outputs."""
    a, b = Input(3, name="a"), Input((3,), name="b")
    shared = layers.Dense(3, name="shared")
    inner = Sequential([Input(3), layers.Dense(2, "relu", name="inside")], name="inner")
    total = layers.Add(name="total")([shared(a), shared(b)])
    return Model([a, b], [inner(total), 2 * total[:, :1] - b], name="branches")


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


class Tower(Model):
    """A subclassed model."""

    def __init__(self, width: int = 4, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.width = width
        self.first = layers.Dense(width, "relu")
        self.drop = layers.Dropout(0.5)
        self.last = layers.Dense(2)

    def call(self, x: Any, training: bool = False) -> Any:
        return self.last(self.drop(self.first(x), training=training))


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


SUMMARY = """\
Model: "it"
┏━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━┓
┃ Layer (type)             ┃ Output Shape       ┃   Param # ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━┩
│ first (Dense)            │ (None, 4)          │        16 │
├──────────────────────────┼────────────────────┼───────────┤
│ last (Dense)             │ (None, 2)          │        10 │
└──────────────────────────┴────────────────────┴───────────┘
 Total params: 26 (104.00 B)
 Trainable params: 26 (104.00 B)
 Non-trainable params: 0 (0.00 B)"""


def summary(model: Model, **options: Any) -> str:
    lines: list[str] = []
    model.summary(print_fn=lines.append, **options)
    return "\n".join(lines)


def test_summaries() -> None:
    assert summary(stack(name="it"), line_length=60) == SUMMARY
    text = summary(branches(), line_length=160, expand_nested=True, show_trainable=True)
    assert "Connected to" in text
    assert "└ inside (Dense)" in text
    assert "shared[0][0], shared[1][0]" in text
    assert "0 (unbuilt)" in summary(Sequential([layers.Dense(2)]), line_length=80)
    only = summary(stack(), line_length=60, layer_range=["la.*", "last"])
    assert "last" in only
    assert "first" not in only
    model = Tower()
    model(X)
    assert "(None, 2)" in summary(model, line_length=60)


@pytest.mark.parametrize("make", [stack, branches])
def test_clones_have_layers_of_their_own(make: Callable[[], Model]) -> None:
    model = make()
    clone = models.clone_model(model)
    assert type(clone) is type(model)
    assert [layer.name for layer in clone.layers] == [layer.name for layer in model.layers]
    assert not {id(w) for w in clone.weights} & {id(w) for w in model.weights}
    clone.set_weights(model.get_weights())
    inputs = [X, Y] if make is branches else X
    for one, other in zip(clone(inputs), model(inputs), strict=True):
        np.testing.assert_array_equal(one, other)


def test_clones_may_differ() -> None:
    def wider(layer: layers.Layer) -> layers.Layer:
        config = layer.get_config()
        if layer.name == "first":
            config["units"] = 7
        return type(layer).from_config(config)

    x = Input(5, name="other")
    clone = models.clone_model(stack(), input_tensors=[x], clone_function=wider)
    assert [w.shape for w in clone.weights] == [(5, 7), (7,), (7, 2), (2,)]
    with pytest.raises(ValueError, match="Sequential or functional"):
        models.clone_model(Tower())


def test_json_describes_the_architecture() -> None:
    for model, inputs in ((stack(), X), (branches(), [X, Y])):
        again = models.model_from_json(model.to_json())
        again.set_weights(model.get_weights())
        for one, other in zip(again(inputs), model(inputs), strict=True):
            np.testing.assert_array_equal(one, other)
        assert again.to_json() == model.to_json()


def test_json_keeps_indices_and_arrays() -> None:
    x = Input((4, 5))
    model = Model(x, ops.concatenate([x[:, 1:3, ..., ::2], x[:, :2, :3] * np.arange(3.0)], axis=1))
    again = models.model_from_json(model.to_json())
    data = rng.normal(size=(2, 4, 5)).astype(np.float32)
    expected = np.concatenate([data[:, 1:3, ::2], data[:, :2, :3] * np.arange(3)], 1)
    np.testing.assert_allclose(model(data), expected, rtol=1e-6)
    np.testing.assert_array_equal(again(data), model(data))


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


def test_the_config_of_a_graph_makes_a_model() -> None:
    twin = Model.from_config(branches().get_config())
    assert [tensor.name for tensor in twin.inputs] == ["a", "b"]


def contain_itself() -> None:
    model = Sequential([layers.ReLU()])
    model.add(model)


def disconnected() -> Model:
    a, b = Input(3, name="a"), Input(3, name="b")
    return Model(a, layers.Add()([a, b]))


WRONG = {
    "features": (lambda: stack()(X[:, :2]), r"expected input with 3 features, received .*\(6, 2\)"),
    "rank": (lambda: stack()(np.ones((2, 3, 4))), r"of shape \(None, 3\)"),
    "which input": (lambda: branches()([X, Y[:, :2]]), "3 features for input 'b'"),
    "number of inputs": (lambda: branches()([X]), r"inputs \['a', 'b'\], received 1"),
    "no layer": (lambda: Sequential([3]), "expected a layer, received 3"),
    "names": (lambda: Sequential([layers.ReLU(name="x"), layers.ELU(name="x")]), "named 'x'"),
    "graph names": (
        lambda: Model(x := Input(3), layers.ReLU(name="x")(layers.ELU(name="x")(x))),
        r"several named \['x'\]",
    ),
    "late Input": (lambda: Sequential([layers.ReLU(), Input(3)]), "only come first"),
    "empty pop": (lambda: Sequential().pop(), "no layer"),
    "empty build": (lambda: Sequential().build((None, 3)), "no layers"),
    "disconnected": (disconnected, "Input 'b', which is not among"),
    "arrays": (lambda: Model(X, X), "symbolic tensors"),
    "one of two": (lambda: Model(inputs=Input(3)), "both inputs and outputs"),
    "no inputs": (lambda: Model([], []), r"expected inputs, received \[\]"),
    "no outputs": (lambda: Model(Input(3), None), "expected outputs, received None"),
    "inside itself": (contain_itself, "a layer of itself"),
    "list for one": (lambda: layers.Dense(2)([X, X]), "one input, received a list"),
    "dict for one": (lambda: layers.Dense(2)({"x": X}), "one input, received a dict"),
    "json": (lambda: models.model_from_json("5"), "description of a model, received 5"),
    "noise shape": (
        lambda: layers.Dropout(0.5, noise_shape=(1,))(X, training=True),
        r"noise_shape \(1,\) of rank 2",
    ),
    "layer name": (lambda: stack().get_layer("frist"), "'first', 'last'"),
    "layer index": (lambda: stack().get_layer(index=2), "below 2"),
    "neither": (lambda: stack().get_layer(), "name or an index"),
    "ragged": (lambda: stack()([[1, 2, 3], [1, 2]]), "equal length"),
}


@pytest.mark.parametrize(("call", "message"), WRONG.values(), ids=WRONG)
def test_wrong_use_is_a_value_error(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_the_input_may_go_by_keyword() -> None:
    layer = layers.Dense(2)
    np.testing.assert_array_equal(layer(inputs=X), layer(X))
    with pytest.raises(TypeError, match="'inputs'"):
        layers.Dense(2)()


def test_models_without_a_call_say_so() -> None:
    with pytest.raises(NotImplementedError, match="must override call"):
        Model()(X)


def test_models_are_exported() -> None:
    assert lamina.Model is models.Model
    assert isinstance(branches(), models.Functional)
