"""Recurrent layers beyond their numbers: states, masks, dropout, configs, errors."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lamina
from lamina import layers, models, ops

KINDS = (layers.SimpleRNN, layers.LSTM, layers.GRU)
every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)


def sequences(batch: int = 3, steps: int = 5, features: int = 4) -> Any:
    return np.random.default_rng(0).normal(size=(batch, steps, features)).astype(np.float32)


@every_kind
def test_weights_as_in_keras(kind: Any) -> None:
    layer = kind(6, name="layer")
    layer.build((None, None, 4))
    gates = {"SimpleRNN": 1, "LSTM": 4, "GRU": 3}[kind.__name__]
    bias = (2, 18) if kind is layers.GRU else (6 * gates,)
    assert [w.shape for w in layer.weights] == [(4, 6 * gates), (6, 6 * gates), bias]
    cell = {"SimpleRNN": "simple_rnn_cell", "LSTM": "lstm_cell", "GRU": "gru_cell"}[kind.__name__]
    names = ("kernel", "recurrent_kernel", "bias")
    assert [w.path for w in layer.weights] == [f"layer/{cell}/{name}" for name in names]
    recurrent = layer.get_weights()[1]
    np.testing.assert_allclose(recurrent @ recurrent.T, np.eye(6), atol=1e-5)
    assert layer.units == 6
    assert layer.recurrent_initializer is layer.cell.recurrent_initializer


@pytest.mark.parametrize("unit_forget_bias", [True, False])
def test_the_forget_gate_starts_open(unit_forget_bias: bool) -> None:
    layer = layers.LSTM(3, unit_forget_bias=unit_forget_bias)
    layer.build((None, 5, 2))
    expected = np.zeros(12)
    expected[3:6] = unit_forget_bias
    np.testing.assert_array_equal(layer.get_weights()[2], expected)


@every_kind
def test_two_halves_of_a_sequence_with_the_state_between_make_the_whole(kind: Any) -> None:
    x, layer = sequences(), kind(6, return_state=True)
    whole, *_ = layer(x)
    _, *states = layer(x[:, :2])
    by_argument, *_ = layer(x[:, 2:], initial_state=states)
    by_list, *_ = layer([x[:, 2:], *states])
    np.testing.assert_allclose(by_argument, whole, rtol=1e-6)
    np.testing.assert_array_equal(by_list, by_argument)


@every_kind
def test_a_stateful_layer_goes_on_where_it_stopped(kind: Any) -> None:
    x, layer = sequences(), kind(6, stateful=True)
    layer.build(x.shape)
    plain = kind(6)
    plain.build(x.shape)
    plain.set_weights(layer.get_weights())
    layer(x[:, :2])
    np.testing.assert_allclose(layer(x[:, 2:]), plain(x), rtol=1e-6)
    layer.reset_state()
    np.testing.assert_allclose(layer(x), plain(x), rtol=1e-6)
    assert len(layer.weights) == 3
    with pytest.raises(ValueError, match="batches of 3 rows"):
        layer(x[:2])


def test_stateful_layers_in_models() -> None:
    x = sequences(4)
    model = models.Sequential([layers.Input(batch_shape=(2, 5, 4)), layers.LSTM(3, stateful=True)])
    first = model.predict(x, batch_size=2, verbose=0)
    again = model.predict(x, batch_size=2, verbose=0)
    assert np.abs(first - again).max() > 1e-3
    model.layers[0].reset_state()
    np.testing.assert_array_equal(model.predict(x, batch_size=2, verbose=0), first)
    with pytest.raises(ValueError, match="fixed batch size"):
        models.Sequential([layers.Input((5, 4)), layers.LSTM(3, stateful=True)])


def test_a_both_ways_stateful_layer_is_reset_both_ways() -> None:
    x, layer = sequences(), layers.Bidirectional(layers.GRU(3, stateful=True))
    first = np.asarray(layer(x))
    assert np.abs(first - layer(x)).max() > 1e-3
    layer.reset_states()
    np.testing.assert_array_equal(layer(x), first)


@every_kind
def test_masked_steps_at_the_end_are_as_if_they_were_not_there(kind: Any) -> None:
    x = sequences()
    x[:, 3:] = 0
    model = models.Sequential([layers.Input((5, 4)), layers.Masking(), kind(6)])
    np.testing.assert_allclose(model(x), model.layers[1](x[:, :3]), rtol=1e-6)


def test_masks_go_on_with_the_sequences_only() -> None:
    x = sequences()
    x[:, 3:] = 0
    for layer, expected in (
        (layers.GRU(3, return_sequences=True), True),
        (layers.GRU(3), False),
        (layers.Bidirectional(layers.GRU(3, return_sequences=True)), True),
        (layers.TimeDistributed(layers.Dense(2)), True),
    ):
        mask = layer(layers.Masking()(x))._keras_mask
        assert (mask is not None) == expected
        if mask is not None:
            np.testing.assert_array_equal(mask, np.any(x != 0, axis=-1))


def test_the_mask_of_the_sequences_counts_beside_an_initial_state() -> None:
    x = sequences()
    x[:, 3:] = 0
    state = np.ones((3, 6), np.float32)
    layer = layers.GRU(6)
    masked = layer(layers.Masking()(x), initial_state=[state])
    np.testing.assert_allclose(masked, layer(x[:, :3], initial_state=[state]), rtol=1e-6)


@every_kind
@pytest.mark.parametrize("rate", ["dropout", "recurrent_dropout"])
def test_dropout_drops_in_training_only_and_the_same_in_all_steps(kind: Any, rate: str) -> None:
    x = np.ones((64, 4, 3), np.float32)
    layer = kind(5, use_bias=False, **{rate: 0.5}, seed=1, return_sequences=True)
    plain = kind(5, use_bias=False, return_sequences=True)
    layer.build(x.shape)
    plain.build(x.shape)
    plain.set_weights(layer.get_weights())
    np.testing.assert_array_equal(layer(x), plain(x))
    noisy = np.asarray(layer(x, training=True))
    assert np.abs(noisy - layer(x, training=True)).max() > 1e-3
    # Of the inputs only 8 subsets exist, and a row keeps its own.
    assert len(np.unique(noisy[:, 0].round(5), axis=0)) == (8 if rate == "dropout" else 1)
    assert len(np.unique(noisy[:, 3].round(5), axis=0)) >= 8


def test_dropout_of_everything_leaves_the_bias() -> None:
    layer = layers.SimpleRNN(3, dropout=1.0, activation=None, bias_initializer="ones")
    np.testing.assert_array_equal(layer(np.ones((2, 1, 3)), training=True), np.ones((2, 3)))


class Counter(layers.Layer):
    """A cell of one's own: how often the input was positive, and the largest input so far."""

    state_size = (1, 3)

    def call(self, inputs: Any, states: Any) -> Any:
        count, largest = states
        count = count + ops.any(inputs > 0, axis=1, keepdims=True)
        return count, [count, ops.maximum(largest, inputs)]


@pytest.mark.parametrize("unroll", [False, True])
def test_a_cell_of_ones_own(unroll: bool) -> None:
    x = sequences(3, 5, 3)
    layer = layers.RNN(Counter(), return_sequences=True, return_state=True, unroll=unroll)
    outputs, count, largest = layer(x)
    expected = np.cumsum(np.any(x > 0, axis=2), axis=1)
    np.testing.assert_array_equal(np.asarray(outputs)[..., 0], expected)
    np.testing.assert_array_equal(count, expected[:, -1:])
    np.testing.assert_array_equal(largest, np.maximum(x.max(axis=1), 0))


@every_kind
def test_layers_and_their_cells_agree(kind: Any) -> None:
    x, layer = sequences(), kind(6, return_sequences=True)
    by_cell = layers.RNN(layer.cell, return_sequences=True, unroll=True)
    np.testing.assert_allclose(layer(x), by_cell(x), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "layer",
    [
        layers.LSTM(3, activation="relu", dropout=0.25, return_sequences=True),
        layers.GRU(3, reset_after=False, go_backwards=True, zero_output_for_mask=True),
        layers.RNN([layers.LSTMCell(3), layers.SimpleRNNCell(2)], return_state=True),
        layers.Bidirectional(layers.GRU(3), merge_mode="sum"),
        layers.Bidirectional(layers.GRU(3), backward_layer=layers.LSTM(2, go_backwards=True)),
        layers.TimeDistributed(layers.Dense(2, activation="tanh")),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_configs_and_copies(layer: Any, tmp_path: Path) -> None:
    x = sequences()
    expected = layer(x)
    again = type(layer).from_config(layer.get_config())
    again(x)
    again.set_weights(layer.get_weights())
    for other in (again, pickle.loads(pickle.dumps(layer))):
        for one, two in zip(_flat(other(x)), _flat(expected), strict=True):
            np.testing.assert_array_equal(one, two)
    inputs = layers.Input((5, 4))
    model = models.Model(inputs, layer(inputs))
    model.save(tmp_path / "model.keras")
    loaded = models.load_model(tmp_path / "model.keras")
    for one, two in zip(_flat(loaded(x)), _flat(expected), strict=True):
        np.testing.assert_array_equal(one, two)


def _flat(outputs: Any) -> list[Any]:
    return lamina.nest.flatten(outputs)


def test_both_directions_stand_at_their_times() -> None:
    x = sequences()
    layer = layers.Bidirectional(layers.GRU(3, return_sequences=True), merge_mode=None)
    forward, backward = layer(x)
    np.testing.assert_array_equal(forward, layer.forward_layer(x))
    np.testing.assert_array_equal(backward, np.flip(layer.backward_layer(x), axis=1))
    assert (layer.forward_layer.name, layer.backward_layer.name) == (
        f"forward_{layer.forward_layer.name[8:]}",
        f"backward_{layer.forward_layer.name[8:]}",
    )


def test_a_wrapped_layer_of_another_dtype() -> None:
    both = layers.Bidirectional(layers.GRU(3, dtype="float64"))
    one = layers.TimeDistributed(layers.Dense(3, dtype="float64"))
    assert {both(sequences()).dtype, one(sequences()).dtype} == {"float64"}


def test_every_step_of_batch_normalization_is_normalized_by_itself() -> None:
    x = sequences(64) * np.arange(1, 6, dtype=np.float32)[:, None]
    y = np.asarray(layers.TimeDistributed(layers.BatchNormalization())(x, training=True))
    np.testing.assert_allclose(y.std(axis=0), np.ones((5, 4)), rtol=0.01)


@every_kind
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize(
    "options", [{}, {"return_sequences": True}, {"go_backwards": True, "return_state": True}]
)
def test_gradients_of_gradients(kind: Any, masked: bool, options: dict[str, Any]) -> None:
    x = sequences().astype(np.float64)
    mask = (np.arange(5) % 4 != np.arange(len(x))[:, None] % 4) if masked else None
    layer, plain = (kind(3, dtype="float64", unroll=unroll, **options) for unroll in (False, True))
    first = [np.random.default_rng(i).normal(size=(len(x), 3)) for i in range(2)]
    first = first[: 2 if kind is layers.LSTM else 1]

    def penalties(layer: Any) -> Any:
        @lamina.function
        def run(x: Any, first: Any) -> Any:
            y = lamina.nest.flatten(layer(x, initial_state=first, mask=mask))
            sources = [x, *first, *layer.trainable_variables]
            slopes = lamina.grad(sum(ops.sum(part**2) for part in y), sources)
            penalty = sum(ops.sum(slope**2) for slope in slopes)
            gradients = lamina.grad(penalty, sources)
            return penalty, gradients, lamina.grad(ops.sum(gradients[0] ** 2), x)

        return lamina.nest.flatten(run(x, first))

    layer(x), plain(x)
    layer.set_weights([w + 0.1 for w in layer.get_weights()])
    plain.set_weights(layer.get_weights())
    for fused, expected in zip(penalties(layer), penalties(plain), strict=True):
        np.testing.assert_allclose(fused, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers.LSTM(0), "expected units to be a positive integer, received units=0"),
        (lambda: layers.LSTM(3)(np.zeros((2, 4), np.float32)), "input with 3 dimensions"),
        (lambda: layers.LSTM(3)(sequences()[:, :0]), "at least one step"),
        (lambda: layers.LSTM(3)(sequences(), initial_state=[np.zeros((3, 3))]), "2 initial states"),
        (lambda: layers.GRU(3)(sequences(), mask=np.ones((3, 4), bool)), r"mask of shape \(3, 5\)"),
        (lambda: layers.RNN(layers.Dense(3)), "a cell with call"),
        (lambda: layers.RNN([]), "at least one cell"),
        (lambda: layers.StackedRNNCells([object()]), "expected cells with call"),
        (lambda: layers.Bidirectional(layers.Dense(3)), "a recurrent layer, received <Dense"),
        (lambda: layers.Bidirectional(layers.GRU(3), merge_mode="max"), "received 'max'"),
        (
            lambda: layers.Bidirectional(layers.GRU(3), backward_layer=layers.GRU(3)),
            "different go_backwards",
        ),
        (lambda: layers.TimeDistributed(3), "expected a layer, received 3"),
        (lambda: layers.TimeDistributed(layers.Dense(3))(np.zeros((2, 3))), "3 dimensions"),
    ],
)
def test_bad_input_is_refused_in_words(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()
