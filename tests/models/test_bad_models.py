"""Models put together or called wrongly: the error says what would do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from lamina import Input, Model, Sequential, layers, models
from small_models import X, Y, branches, stack


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


def test_models_without_a_call_say_so() -> None:
    with pytest.raises(NotImplementedError, match="must override call"):
        Model()(X)
