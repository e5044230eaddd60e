"""Indices out of range: an error that says which and where, and nothing changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lamina
from lamina import Input, Model, Sequential, _core, layers, ops

X = np.arange(12, dtype=np.float32).reshape(3, 4)
ROWS = 40
rng = np.random.default_rng(0)
IDS = rng.integers(0, 10, (ROWS, 3))
Y = rng.normal(size=(ROWS, 1)).astype(np.float32)
WRONG = IDS.copy()
WRONG[27, 1] = 10
MESSAGE = r"Embedding 'words': expected ids in 0\.\.9, received 10 at \[27, 1\]"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: ops.take(X, [0, 4], axis=1),
            r"take: expected indices in -4\.\.3, received 4 at \[1\]",
        ),
        (lambda: ops.take(X, [[-13]]), r"in -12\.\.11, received -13 at \[0, 0\]"),
        (lambda: ops.take(np.zeros(0), [0]), "expected no indices where there is nothing"),
        (lambda: ops.take_along_axis(X, [[0], [3], [9]], 1), r"received 9 at \[2, 0\]"),
        (lambda: ops.convert_to_tensor(X)[:, [0, -5]], r"received -5 at \[1\]"),
        (
            lambda: ops.scatter([[0, 5]], [1.0], (2, 3)),
            r"scatter, axis 1: .*-3\.\.2, received 5 at \[0\]",
        ),
        (lambda: ops.scatter_update(X, [[3, 0]], [1.0]), "scatter_update, axis 0: .* received 3"),
        (
            lambda: ops.sparse_categorical_crossentropy([1, 0, 4], X),
            r"labels in 0\.\.3, received 4 at \[2\]",
        ),
        (
            lambda: ops.sparse_categorical_crossentropy([-1.0, 0, 0], X, from_logits=True),
            r"labels in 0\.\.3, received -1 at \[0\]",
        ),
        (
            lambda: layers.Embedding(5, 2, name="e")([[1], [-1]]),
            r"'e': .*0\.\.4, received -1 at \[1, 0\]",
        ),
        (lambda: layers.Embedding(5, 2)([[np.nan]]), r"received nan at \[0, 0\]"),
        (lambda: layers.Embedding(5, 2)(np.float32([1e10])), "received 10000000000 at"),
        (lambda: layers.Embedding(5, 2)(np.uint8([255])), r"received 255 at \[0\]"),
    ],
)
def test_errors(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_what_is_out_of_range_by_definition_is_no_error() -> None:
    np.testing.assert_array_equal(ops.one_hot([3, -1, 0], 3), [[0, 0, 0], [0, 0, 0], [1, 0, 0]])
    np.testing.assert_array_equal(ops.segment_sum([1.0, 2, 4], [0, 5, -1], 2), [1, 0])
    np.testing.assert_array_equal(ops.in_top_k([1, -1, 4], X, 2), [False] * 3)
    np.testing.assert_array_equal(ops.scatter([[0, -1]], [1.0], (2, 3)), [[0, 0, 1], [0, 0, 0]])


def chain() -> Any:
    """Return layers that write variables before and after the embedding."""
    model = Sequential([Input((3,), dtype="int32"), layers.Embedding(10, 4, name="words")])
    for layer in (layers.BatchNormalization(), layers.Dropout(0.5), layers.Flatten()):
        model.add(layer)
    model.add(layers.Dense(1))
    return model


def late() -> Any:
    """Return a model whose ids are computed, and looked up after other layers have written."""
    inputs = Input((3,))
    scaled = layers.BatchNormalization(momentum=0.5)(inputs)
    vectors = layers.Embedding(10, 4, name="words")(inputs * 1.0)
    outputs = layers.Dense(1)(ops.mean(vectors, axis=1) + ops.sum(scaled, axis=1, keepdims=True))
    return Model(inputs, outputs)


@pytest.fixture(params=[None, 0.0], ids=["as estimated", "all workers"])
def grain(request: pytest.FixtureRequest) -> None:
    if request.param is not None:
        _core.set_parallel_grain(request.param)


@pytest.mark.parametrize(
    "call",
    [
        lambda model: model(WRONG),
        lambda model: model.predict(WRONG, verbose=0),
        lambda model: model.predict(WRONG, batch_size=7, verbose=0),
        lambda model: model.evaluate(WRONG, Y, verbose=0),
        lambda model: model.fit(WRONG, Y, batch_size=ROWS, verbose=0),
        lambda model: model.fit(WRONG, Y, batch_size=ROWS, epochs=3, shuffle=False, verbose=2),
        lambda model: model.train_on_batch(WRONG, Y),
    ],
)
@pytest.mark.parametrize("make", [chain, late])
def test_models_change_nothing(
    make: Callable[[], Any], call: Callable[[Any], Any], grain: None
) -> None:
    model = make()
    model.compile("adam", "mse")
    model.fit(IDS, Y, batch_size=8, verbose=0)
    before = [v.numpy() for v in (*model.variables, *model.optimizer.variables)]
    with pytest.raises(ValueError, match=MESSAGE):
        call(model)
    for variable, value in zip((*model.variables, *model.optimizer.variables), before, strict=True):
        np.testing.assert_array_equal(variable, value)
    assert np.isfinite(model.fit(IDS, Y, verbose=0).history["loss"]).all()


def test_a_shuffled_batch_names_the_row_of_the_data() -> None:
    model = chain()
    model.compile("adam", "mse")
    with pytest.raises(ValueError, match=MESSAGE):
        model.fit(WRONG, Y, batch_size=8, verbose=0)
    batches = [(IDS, Y), (WRONG[20:], Y[20:])]
    with pytest.raises(ValueError, match=r"^batch 1: Embedding 'words': .* at \[7, 1\]"):
        model.fit(iter(batches), verbose=0)


def test_labels_of_a_step_of_ones_own() -> None:
    layer = layers.Dense(3)
    layer(X)
    step = lamina.optimizers.SGD(1.0)

    @lamina.function
    def train(x: Any, labels: Any) -> Any:
        loss = ops.mean(ops.sparse_categorical_crossentropy(labels, layer(x), from_logits=True))
        step.apply(lamina.grad(loss, layer.trainable_variables), layer.trainable_variables)
        return loss

    train(X, np.int32([0, 1, 2]))
    before = layer.get_weights()
    with pytest.raises(ValueError, match=r"labels in 0\.\.2, received 3 at \[1\]"):
        train(X, np.int32([0, 3, 2]))
    for one, other in zip(layer.get_weights(), before, strict=True):
        np.testing.assert_array_equal(one, other)


def test_within_loops_and_branches() -> None:
    @lamina.function
    def last(ids: Any) -> Any:
        return ops.scan(lambda total, i: (total + ops.take(X, i, axis=0), None), ops.zeros(4), ids)[
            0
        ]

    @lamina.function
    def chosen(which: Any, at: Any) -> Any:
        return ops.cond(which, lambda: ops.take(X, at, axis=0), lambda: ops.zeros(4))

    np.testing.assert_array_equal(last(np.int32([0, 1])), X[0] + X[1])
    with pytest.raises(ValueError, match=r"indices in -3\.\.2, received 7"):
        last(np.int32([0, 7, 1]))
    np.testing.assert_array_equal(chosen(False, np.int32(9)), np.zeros(4))
    with pytest.raises(ValueError, match="received 9"):
        chosen(True, np.int32(9))


def test_indices_that_are_known_are_checked_when_a_graph_is_described() -> None:
    program = lamina.function(lambda x: ops.take(x, [0, 3], axis=0))
    with pytest.raises(ValueError, match=r"indices in -3\.\.2, received 3 at \[1\]"):
        program.plan(X)
    fine = lamina.function(lambda x: ops.take(x, [0, 2], axis=0))
    assert not any("bounded" in step for step in fine.plan(X)[0].steps)
