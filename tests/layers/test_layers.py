"""Layers: values, gradients and shapes against plain NumPy; configs; what is random."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

import lamina
from lamina import layers, ops
from lamina.registry import layers as registry

rng = np.random.default_rng(5)


class Case(NamedTuple):
    """A layer, the shapes of its inputs, and expected(weights, *inputs) in NumPy."""

    make: Callable[..., layers.Layer]
    shapes: tuple[tuple[int, ...], ...]
    expected: Callable[..., Any]
    draw: Callable[..., Any] = rng.normal


def softmax(x, axis=-1):
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def unit(x, axis):
    return x / np.sqrt((x**2).sum(axis=axis, keepdims=True))


def dense(w, x):
    return np.tanh(x @ w[0] + w[1])


A, B, C, S = (4, 3), (2, 3, 4), (2, 3, 4, 5), (4, 1)
MEAN, VARIANCE = [1.0, -2.0, 0.5], [4.0, 0.25, 1.0]
CASES: dict[str, list[Case]] = {
    "Dense": [
        Case(lambda **k: layers.Dense(5, "tanh", bias_initializer="normal", **k), (A,), dense),
        Case(lambda **k: layers.Dense(2, use_bias=False, **k), (B,), lambda w, x: x @ w[0]),
    ],
    "Activation": [Case(lambda **k: layers.Activation("tanh", **k), (B,), lambda w, x: np.tanh(x))],
    "Identity": [Case(layers.Identity, (B,), lambda w, x: x)],
    "Lambda": [
        Case(
            lambda **k: layers.Lambda(lambda x, a: a * ops.square(x), arguments={"a": 3.0}, **k),
            (A,),
            lambda w, x: 3 * x**2,
        )
    ],
    "ReLU": [
        Case(layers.ReLU, (B,), lambda w, x: np.maximum(x, 0)),
        Case(
            lambda **k: layers.ReLU(max_value=1.0, negative_slope=0.1, threshold=0.2, **k),
            (B,),
            lambda w, x: np.where(x >= 0.2, np.minimum(x, 1.0), 0.1 * (x - 0.2)),
        ),
    ],
    "LeakyReLU": [Case(layers.LeakyReLU, (B,), lambda w, x: np.where(x > 0, x, 0.3 * x))],
    "PReLU": [
        Case(
            lambda **k: layers.PReLU("normal", shared_axes=[1, 3], **k),
            (C,),
            lambda w, x: np.where(x > 0, x, w[0] * x),
        )
    ],
    "ELU": [
        Case(
            lambda **k: layers.ELU(0.7, **k),
            (B,),
            lambda w, x: np.where(x > 0, x, 0.7 * np.expm1(np.minimum(x, 0))),
        )
    ],
    "Softmax": [
        Case(layers.Softmax, (B,), lambda w, x: softmax(x)),
        Case(lambda **k: layers.Softmax([1, 2], **k), (B,), lambda w, x: softmax(x, (1, 2))),
    ],
    "Flatten": [
        Case(layers.Flatten, (C,), lambda w, x: x.reshape(2, -1)),
        Case(
            lambda **k: layers.Flatten("channels_first", **k),
            (C,),
            lambda w, x: np.moveaxis(x, 1, -1).reshape(2, -1),
        ),
        Case(layers.Flatten, ((5,),), lambda w, x: x[:, None]),
    ],
    "Reshape": [
        Case(lambda **k: layers.Reshape((6, -1), **k), (B,), lambda w, x: x.reshape(2, 6, 2)),
        Case(lambda **k: layers.Reshape((12,), **k), (B,), lambda w, x: x.reshape(2, 12)),
    ],
    "Permute": [
        Case(lambda **k: layers.Permute((3, 1, 2), **k), (C,), lambda w, x: x.transpose(0, 3, 1, 2))
    ],
    "RepeatVector": [
        Case(lambda **k: layers.RepeatVector(3, **k), (A,), lambda w, x: np.stack([x] * 3, axis=1))
    ],
    "Dropout": [Case(lambda **k: layers.Dropout(0.5, **k), (A,), lambda w, x: x)],
    "GaussianNoise": [Case(lambda **k: layers.GaussianNoise(0.5, **k), (A,), lambda w, x: x)],
    "AlphaDropout": [Case(lambda **k: layers.AlphaDropout(0.5, **k), (A,), lambda w, x: x)],
    "GaussianDropout": [Case(lambda **k: layers.GaussianDropout(0.5, **k), (A,), lambda w, x: x)],
    "ActivityRegularization": [
        Case(lambda **k: layers.ActivityRegularization(0.5, **k), (A,), lambda w, x: x)
    ],
    "Rescaling": [
        Case(
            lambda **k: layers.Rescaling([0.5, 2, 3], offset=-1, **k),
            (A,),
            lambda w, x: x * [0.5, 2, 3] - 1,
        )
    ],
    "Normalization": [
        Case(
            lambda **k: layers.Normalization(mean=MEAN, variance=VARIANCE, **k),
            (A,),
            lambda w, x: (x - MEAN) / np.sqrt(VARIANCE),
        ),
        Case(
            lambda **k: layers.Normalization(1, MEAN, VARIANCE, invert=True, **k),
            (B,),
            lambda w, x: np.c_[MEAN] + x * np.sqrt(np.c_[VARIANCE]),
        ),
    ],
    "Embedding": [
        Case(
            lambda **k: layers.Embedding(9, 5, **k),
            (B,),
            lambda w, x: w[0][x.astype(int)],
            lambda size: rng.uniform(0, 9, size),
        )
    ],
    "Masking": [Case(layers.Masking, (B,), lambda w, x: x)],
    "Add": [Case(layers.Add, (A, A, A), lambda w, x, y, z: x + y + z)],
    "Subtract": [Case(layers.Subtract, (A, S), lambda w, x, y: x - y)],
    "Multiply": [Case(layers.Multiply, (A, (4, 2, 3)), lambda w, x, y: x[:, None] * y)],
    "Average": [Case(layers.Average, (A, A, A), lambda w, x, y, z: (x + y + z) / 3)],
    "Maximum": [Case(layers.Maximum, (A, A), lambda w, x, y: np.maximum(x, y))],
    "Minimum": [Case(layers.Minimum, (A, A), lambda w, x, y: np.minimum(x, y))],
    "Concatenate": [
        Case(layers.Concatenate, (A, S), lambda w, x, y: np.concatenate([x, y], -1)),
        Case(
            lambda **k: layers.Concatenate(1, **k),
            (B, (2, 1, 4)),
            lambda w, x, y: np.concatenate([x, y], 1),
        ),
    ],
    "Dot": [
        Case(lambda **k: layers.Dot(1, **k), (A, A), lambda w, x, y: (x * y).sum(1)[:, None]),
        Case(
            lambda **k: layers.Dot((2, 1), **k),
            (B, (2, 4, 5)),
            lambda w, x, y: np.einsum("bik,bkj->bij", x, y),
        ),
        Case(
            lambda **k: layers.Dot(-1, normalize=True, **k),
            (B, (2, 4)),
            lambda w, x, y: np.einsum("bik,bk->bi", unit(x, 2), unit(y, 1)),
        ),
    ],
}
ROWS = [
    pytest.param(case, id=f"{name}-{number}")
    for name, cases in CASES.items()
    for number, case in enumerate(cases)
]


def alone(items):
    return items[0] if len(items) == 1 else items


def sample(case, dtype):
    return [case.draw(size=shape).astype(dtype) for shape in case.shapes]


@pytest.mark.parametrize("case", ROWS)
@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-5), ("float64", 1e-12)])
def test_values(case: Case, dtype: str, tolerance: float) -> None:
    layer, inputs = case.make(dtype=dtype), sample(case, dtype)
    outputs = layer(alone(inputs)).numpy()
    expected = case.expected([w.numpy() for w in layer.weights], *inputs)
    assert outputs.dtype == dtype
    np.testing.assert_allclose(outputs, expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("case", ROWS)
def test_gradients_are_the_slopes_of_the_numpy_form(case: Case) -> None:
    layer, inputs = case.make(dtype="float64"), sample(case, "float64")
    shape = layer(alone(inputs)).shape
    seed = rng.normal(size=shape)
    weights = [w.numpy() for w in layer.weights]

    @lamina.function
    def gradients(*tensors):
        target = ops.sum(layer(alone(list(tensors))) * seed)
        return lamina.grad(target, [*layer.weights, *tensors])

    step = 1e-6
    for array, gradient in zip([*weights, *inputs], gradients(*inputs), strict=True):
        slopes = np.zeros(array.shape)
        for index in np.ndindex(array.shape):
            kept = array[index]
            sides = []
            for sign in (1, -1):
                array[index] = kept + sign * step
                sides.append((case.expected(weights, *inputs) * seed).sum())
            array[index] = kept
            slopes[index] = (sides[0] - sides[1]) / (2 * step)
        found = np.zeros_like(slopes) if gradient is None else gradient  # None: no part in it
        np.testing.assert_allclose(found, slopes, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("case", ROWS)
def test_symbolic_shapes_are_those_of_the_values(case: Case) -> None:
    layer = case.make()
    symbols = [layers.Input(shape[1:]) for shape in case.shapes]
    symbolic = layer(alone(symbols))
    outputs = layer(alone(sample(case, "float32")))
    assert symbolic.shape == (None, *outputs.shape[1:])
    assert symbolic.dtype == outputs.dtype
    shapes = alone([list(shape) for shape in case.shapes])
    assert layer.compute_output_shape(shapes) == outputs.shape
    assert layer.output is symbolic


@pytest.mark.parametrize("case", [row for row in ROWS if not row.id.startswith("Lambda")])
def test_a_config_makes_the_same_layer(case: Case) -> None:
    layer, inputs = case.make(name="it", trainable=False, dtype="float64"), sample(case, "float64")
    outputs = layer(alone(inputs))
    again = registry.deserialize({"class_name": type(layer).__name__, "config": layer.get_config()})
    assert again.get_config() == layer.get_config()
    again(alone(inputs))
    again.set_weights(layer.get_weights())
    np.testing.assert_array_equal(again(alone(inputs)), outputs)


def test_function_forms() -> None:
    x, y = sample(CASES["Maximum"][0], "float32")
    np.testing.assert_array_equal(layers.add([x, y]), x + y)
    np.testing.assert_array_equal(layers.subtract([x, y]), x - y)
    np.testing.assert_array_equal(layers.multiply([x, y]), x * y)
    np.testing.assert_array_equal(layers.average([x, y]), (x + y) / 2)
    np.testing.assert_array_equal(layers.maximum([x, y]), np.maximum(x, y))
    np.testing.assert_array_equal(layers.minimum([x, y]), np.minimum(x, y))
    np.testing.assert_array_equal(layers.concatenate([x, y], axis=0), np.concatenate([x, y]))
    np.testing.assert_allclose(layers.dot([x, y], axes=1)[:, 0], (x * y).sum(1), rtol=1e-6)


def test_softmax_leaves_out_what_is_masked() -> None:
    x, mask = rng.normal(size=(3, 4)).astype(np.float32), rng.random((3, 4)) > 0.3
    mask[:, 0] = True
    expected = np.where(mask, np.exp(x), 0)
    expected /= expected.sum(1, keepdims=True)
    np.testing.assert_allclose(layers.Softmax()(x, mask=mask), expected, rtol=1e-6)


@pytest.mark.parametrize("axis", [-1, None, (1, 2), 1])
@pytest.mark.parametrize("batches", [1, 3])
def test_normalization_adapts(axis: Any, batches: int) -> None:
    x = 3 * rng.normal(size=(30, 3, 4)) + 5
    layer = layers.Normalization(axis=axis, dtype="float64")
    layer.adapt(x if batches == 1 else np.array_split(x, batches))
    kept = () if axis is None else (axis,) if isinstance(axis, int) else axis
    reduced = tuple(i for i in range(3) if i not in {k % 3 for k in kept})
    mean, deviation = x.mean(reduced, keepdims=True), x.std(reduced, keepdims=True)
    np.testing.assert_allclose(layer(x), (x - mean) / deviation, rtol=1e-10, atol=1e-10)
    assert [w.name for w in layer.weights] == ["mean", "variance", "count"]
    assert layer.trainable_weights == []
