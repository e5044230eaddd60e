"""What models say of themselves: summaries, configs, JSON, and the clones made of those."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from lamina import Input, Model, Sequential, layers, models, ops
from small_models import Tower, X, Y, branches, rng, stack

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


def test_the_config_of_a_graph_makes_a_model() -> None:
    twin = Model.from_config(branches().get_config())
    assert [tensor.name for tensor in twin.inputs] == ["a", "b"]
