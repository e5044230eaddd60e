"""Attention: masks, causality, heads over any axes, and what is refused."""

from __future__ import annotations

import math
import pickle
from typing import Any

import numpy as np
import pytest

import lamina
from lamina import layers, ops
from lamina.models import Model, load_model

rng = np.random.default_rng(4)


def normal(*shape: int) -> np.ndarray:
    return rng.normal(size=shape).astype(np.float32)


def softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def expected_attention(q: Any, k: Any, v: Any, scale: float, seen: Any = True) -> np.ndarray:
    scores = scale * np.einsum("bthd,bshd->bhts", q, k)
    return np.einsum("bhts,bshd->bthd", softmax(np.where(seen, scores, -1e30)), v)


@pytest.mark.parametrize("heads", [1, 2, 4])
def test_dot_product_attention(heads: int) -> None:
    q, k, v = normal(2, 3, 4, 5), normal(2, 6, heads, 5), normal(2, 6, heads, 7)
    mask, bias = rng.random((2, 1, 3, 6)) > 0.5, normal(4, 3, 6)
    mask[0, 0, 1] = False  # nothing is seen: all weigh the same
    own = [np.repeat(x, 4 // heads, axis=2) for x in (k, v)]
    scale, tight = 1 / math.sqrt(5), {"rtol": 1e-5, "atol": 1e-6}
    found = ops.dot_product_attention(q, k, v, mask=mask)
    np.testing.assert_allclose(found, expected_attention(q, *own, scale, mask), **tight)
    found = ops.dot_product_attention(q, k, v, scale=0.3, is_causal=True)
    causal = np.tri(3, 6, dtype=np.bool_)
    np.testing.assert_allclose(found, expected_attention(q, *own, 0.3, causal), **tight)
    found = ops.dot_product_attention(q, k, v, bias=np.full((1, 1, 1, 6), [0, 0, 0, 0, 0, -1e9]))
    short = [x[:, :5] for x in own]
    np.testing.assert_allclose(found, expected_attention(q, *short, scale), **tight)
    shifted = ops.dot_product_attention(q, k, v, bias=bias) - ops.dot_product_attention(q, k, v)
    assert float(ops.max(ops.abs(shifted))) > 0.01


@pytest.mark.parametrize(
    "shapes",
    [
        ((2, 3, 4), (2, 6, 4, 5), (2, 6, 4, 5)),
        ((2, 3, 4, 5), (1, 6, 4, 5), (1, 6, 4, 5)),
        ((2, 3, 4, 5), (2, 6, 3, 5), (2, 6, 3, 5)),
        ((2, 3, 4, 5), (2, 6, 4, 5), (2, 5, 4, 5)),
        ((2, 3, 4, 5), (2, 6, 4, 6), (2, 6, 4, 6)),
    ],
)
def test_shapes_that_do_not_fit_are_refused(shapes: Any) -> None:
    with pytest.raises(ValueError, match=r"dot_product_attention: expected .* received shapes"):
        ops.dot_product_attention(*(normal(*shape) for shape in shapes))


def heads_layer(**options: Any) -> layers.MultiHeadAttention:
    layer = layers.MultiHeadAttention(2, 3, **options)
    layer(normal(2, 3, 4), normal(2, 5, 4))
    layer.set_weights([normal(*w.shape) for w in layer.weights])
    return layer


def test_weights_have_the_names_and_shapes_of_keras() -> None:
    layer = layers.MultiHeadAttention(2, 3, value_dim=5, use_gate=True, name="mha")
    layer.build((None, 7, 4), (None, 8, 6))
    assert {w.path: w.shape for w in layer.weights} == {
        "mha/query/kernel": (4, 2, 3),
        "mha/query/bias": (2, 3),
        "mha/key/kernel": (6, 2, 3),
        "mha/key/bias": (2, 3),
        "mha/gate/kernel": (4, 2, 5),
        "mha/gate/bias": (2, 5),
        "mha/value/kernel": (6, 2, 5),
        "mha/value/bias": (2, 5),
        "mha/attention_output/kernel": (2, 5, 4),
        "mha/attention_output/bias": (4,),
    }
    # Glorot: fans are the products of the axes that are summed, and of those that are made.
    limit = math.sqrt(6 / (64 + 256))
    wide = layers.MultiHeadAttention(8, 32)
    wide.build((None, 7, 64), (None, 7, 64))
    for kernel in wide.get_weights()[::2]:
        assert 0.99 * limit < np.abs(kernel).max() <= limit
    assert not np.array_equal(wide.get_weights()[0], wide.get_weights()[2])


@pytest.mark.parametrize("name", ["MultiHeadAttention", "GroupQueryAttention"])
def test_a_config_has_every_option(name: str) -> None:
    kind, sizes = getattr(layers, name), (2, 3) if name.startswith("M") else (3, 4, 2)
    options = {
        "dropout": 0.1,
        "use_bias": False,
        "sliding_window": 3,
        "flash_attention": True,
        "kernel_initializer": "he_normal",
        "bias_initializer": "ones",
        "kernel_regularizer": "l1",
        "bias_regularizer": "l2",
        "activity_regularizer": "l1l2",
        "kernel_constraint": "non_neg",
        "bias_constraint": "unit_norm",
        "use_gate": True,
        "seed": 7,
    }
    config, plain = kind(*sizes, **options).get_config(), kind(*sizes).get_config()
    assert [option for option in options if config[option] == plain[option]] == []
    assert kind.from_config(config).get_config() == config


def test_weights_are_returned_and_masks_hide_steps() -> None:
    layer, q, v = heads_layer(), normal(2, 3, 4), normal(2, 5, 4)
    seen = np.array([[1, 1, 0, 1, 0], [0, 1, 1, 0, 0]], bool)
    outputs, weights = layer(q, v, value_mask=seen, return_attention_scores=True)
    assert weights.shape == (2, 2, 3, 5)
    np.testing.assert_allclose(ops.sum(weights, axis=-1), np.ones((2, 2, 3)), rtol=1e-6)
    assert (np.asarray(weights)[~np.broadcast_to(seen[:, None, None], (2, 2, 3, 5))] == 0).all()
    for options in ({"key_mask": seen}, {"attention_mask": np.repeat(seen[:, None], 3, axis=1)}):
        np.testing.assert_allclose(layer(q, v, **options), outputs, rtol=2e-5, atol=2e-5)
    far = v.copy()
    far[~seen] = 1e6
    np.testing.assert_allclose(layer(q, far, value_mask=seen), outputs, rtol=2e-5, atol=2e-5)


def test_masks_that_tensors_carry_are_heeded_and_passed_on() -> None:
    x, steps = normal(2, 4, 4), np.array([[1, 1, 0, 0], [1, 1, 1, 0]], bool)
    x[~steps] = 0
    masked = layers.Masking()(x)
    layer = heads_layer()
    outputs = layer(masked, masked)
    np.testing.assert_array_equal(outputs._keras_mask, steps)
    explicit = layer(x, x, query_mask=steps, value_mask=steps)
    np.testing.assert_array_equal(outputs, explicit)
    assert layer(x, masked)._keras_mask is None
    np.testing.assert_array_equal(masked._keras_mask, steps)
    both = layers.Attention()([masked, masked])
    np.testing.assert_array_equal(both._keras_mask, steps)
    assert (np.asarray(both)[~steps] == 0).all()


@pytest.mark.parametrize("make", [heads_layer, lambda: layers.Attention()], ids=["heads", "plain"])
def test_causal_attention_does_not_see_ahead(make: Any) -> None:
    layer, x = make(), normal(2, 6, 4)

    def run(x: Any) -> Any:
        heads = isinstance(layer, layers.MultiHeadAttention)
        return np.asarray(layer(*((x, x) if heads else ([x, x],)), use_causal_mask=True))

    other = x.copy()
    other[:, 4:] += 1
    np.testing.assert_array_equal(run(x)[:, :4], run(other)[:, :4])
    assert (run(x)[:, 4:] != run(other)[:, 4:]).any()


def test_a_window_slides_along() -> None:
    layer, x = heads_layer(sliding_window=2), normal(1, 6, 4)
    _, weights = layer(x, x, return_attention_scores=True)
    near = np.abs(np.arange(6)[:, None] - np.arange(6)) < 2
    np.testing.assert_array_equal(np.asarray(weights)[0, 0] > 0, near)


@pytest.mark.parametrize("axes", [None, 1, 2, (1, 2), (2, 1), -2])
def test_attention_over_any_axes(axes: Any) -> None:
    x = normal(2, 3, 4, 5)
    layer = layers.MultiHeadAttention(2, 3, attention_axes=axes)
    outputs, weights = layer(x, x, return_attention_scores=True)
    kernels = layer.get_weights()
    q, k, v = (np.einsum("bijm,mhd->bijhd", x, kernels[i]) for i in (0, 2, 4))
    if axes == 1:
        expected = softmax(np.einsum("bijhd,bkjhd->bjhik", q, k) / math.sqrt(3))
        means = np.einsum("bjhik,bkjhd->bijhd", expected, v)
    elif axes in (2, -2):
        expected = softmax(np.einsum("bijhd,bikhd->bihjk", q, k) / math.sqrt(3))
        means = np.einsum("bihjk,bikhd->bijhd", expected, v)
    else:
        flat = [a.reshape(2, 12, 2, 3) for a in (q, k, v)]
        means = expected_attention(*flat, 1 / math.sqrt(3)).reshape(v.shape)
        assert weights.ndim == 6
    np.testing.assert_allclose(
        outputs, np.einsum("bijhd,hdm->bijm", means, kernels[6]), rtol=1e-4, atol=1e-5
    )
    np.testing.assert_allclose(layer(x, x), outputs, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", ["heads", "plain", "additive", "groups"])
def test_dropout_of_weights_only_in_training(kind: str) -> None:
    made: dict[str, Any] = {
        "heads": lambda: layers.MultiHeadAttention(2, 4, dropout=0.5),
        "groups": lambda: layers.GroupQueryAttention(4, 2, 1, dropout=0.5),
        "plain": lambda: layers.Attention(dropout=0.5),
        "additive": lambda: layers.AdditiveAttention(dropout=0.5),
    }
    layer, x = made[kind](), normal(8, 20, 4)
    arguments: Any = ([x, x],) if kind in ("plain", "additive") else (x, x)
    quiet = layer(*arguments)
    np.testing.assert_array_equal(quiet, layer(*arguments, training=False))
    noisy = [np.asarray(layer(*arguments, training=True)) for _ in range(400)]
    assert not np.array_equal(noisy[0], noisy[1])
    np.testing.assert_allclose(np.mean(noisy, axis=0), quiet, atol=0.3)


def test_models_with_attention_are_saved_and_copied(tmp_path: Any) -> None:
    inputs = lamina.Input((6,), dtype="int32")
    x = layers.Embedding(9, 8)(inputs)
    x = layers.EinsumDense("abc,cd->abd", (None, 8), bias_axes="d", activation="relu")(x)
    x = layers.Masking()(x)
    x = layers.Add()([x, layers.MultiHeadAttention(2, 4, dropout=0.1)(x, x, use_causal_mask=True)])
    x = layers.Add()([x, layers.Attention()([x, x])])
    model = Model(inputs, layers.Dense(1)(x))
    ids = rng.integers(0, 9, (4, 6))
    expected = model.predict(ids, verbose=0)
    model.save(tmp_path / "model.lamina")
    for again in (load_model(tmp_path / "model.lamina"), pickle.loads(pickle.dumps(model))):
        np.testing.assert_array_equal(again.predict(ids, verbose=0), expected)


def test_the_same_bits_on_any_number_of_threads(split_all: None) -> None:
    layer, x = layers.MultiHeadAttention(4, 16), normal(8, 40, 64)
    layer(x, x)

    def slopes() -> list[Any]:
        @lamina.function
        def run(x: Any) -> Any:
            y = layer(x, x, use_causal_mask=True)
            return [y, *lamina.grad(ops.sum(ops.square(y)), [x, *layer.weights])]

        return [np.asarray(value) for value in run(x)]

    results = []
    for threads in (1, 2, 3):
        lamina.utils.set_num_threads(threads)
        results.append(slopes())
    for one, two, three in zip(*results, strict=True):
        np.testing.assert_array_equal(one, two)
        np.testing.assert_array_equal(one, three)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers.MultiHeadAttention(0, 3), "num_heads to be a positive integer"),
        (lambda: layers.MultiHeadAttention(2, 3, sliding_window=0), "sliding_window"),
        (lambda: layers.MultiHeadAttention(2, 3, dropout=2), "dropout in 0..1"),
        (lambda: layers.GroupQueryAttention(3, 4, 3), "num_key_value_heads to divide"),
        (lambda: layers.Attention(score_mode="sum"), "score_mode 'dot' or 'concat'"),
        (lambda: layers.Attention()(normal(2, 3, 4)), "a list of inputs for .query, value."),
        (lambda: layers.Attention()([normal(2, 3, 4)]), "a list of inputs for .query, value."),
        (
            lambda: layers.MultiHeadAttention(2, 3)(
                normal(2, 3, 4), normal(2, 5, 4), normal(2, 6, 4)
            ),
            "value and key of the same shape",
        ),
        (lambda: layers.EinsumDense("ab,bc", 3)(normal(2, 3)), "expected an equation"),
        (lambda: layers.EinsumDense("ab,bc->ac", 3)(normal(2, 3, 4)), "expected an equation"),
        (lambda: layers.EinsumDense("ab,bc->ad", 3)(normal(2, 3)), "expected an equation"),
        (lambda: layers.EinsumDense("ab,bc->ac", 3, bias_axes="b")(normal(2, 3)), "bias_axes"),
        (lambda: layers.EinsumDense("abc,cd->abd", (9, 3))(normal(2, 3, 4)), "has size 3"),
    ],
)
def test_bad_arguments_are_refused(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()
