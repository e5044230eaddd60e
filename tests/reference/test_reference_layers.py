"""Every layer against the NumPy reference: values, and the gradients of inputs and weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

import lamina
from attention_layer_cases import LISTED, SPREAD
from conv_cases import conv_layer_rows
from lamina import layers, nest, ops
from lamina.models import Model
from lamina.reference import LAYERS
from lamina.reference.activations import ACTIVATIONS
from lamina.reference.normalization import moments
from lamina.registry import activations
from lamina.registry import layers as registry
from op_case import Array
from recurrent_layer_cases import recurrent_rows
from vision_layer_cases import ROWS

TOLERANCE = {"float32": {"rtol": 3e-5, "atol": 3e-5}, "float64": {"rtol": 1e-10, "atol": 1e-11}}
Options = dict[str, Any]


@dataclass
class Case:
    """A layer's name and arguments, and the shapes of one sample of its inputs.

    call: what it is called with, made from the first input; reference: what only the reference
    takes, or takes instead; spread: each input is an argument, not all of them a list.
    """

    name: str
    shapes: tuple[tuple[int, ...], ...]
    arguments: Options = field(default_factory=dict)
    call: Callable[[Array], Options] = lambda x: {}
    reference: Options = field(default_factory=dict)
    spread: bool = False

    def __str__(self) -> str:
        return f"{self.name}-{self.shapes}-{self.arguments}".replace(" ", "")

    def inputs(self, dtype: str, batch: int) -> list[Array]:
        rng = np.random.default_rng(5)
        drawn = [rng.normal(size=(batch, *shape)).astype(dtype) for shape in self.shapes]
        return [abs(x) for x in drawn] if self.name == "Embedding" else drawn

    def layer(self, dtype: str) -> Any:
        """Return the layer with random weights, or statistics of random data."""
        rng = np.random.default_rng(6)
        made = getattr(layers, self.name)(**with_layers(self.arguments, dtype), dtype=dtype)
        if self.name == "InputLayer":
            return Model(made.output, made.output)
        self.apply(made, self.inputs(dtype, 2), self.call(self.inputs(dtype, 2)[0]))
        if self.name == "Normalization" and "mean" not in self.arguments:
            made.adapt(2 * rng.normal(size=(11, *self.shapes[0])) + 3)
        elif made.weights:
            drawn = [rng.normal(size=w.shape) for w in made.weights]
            positive = [w.name == "moving_variance" for w in made.weights]
            made.set_weights([abs(w) if p else w for w, p in zip(drawn, positive, strict=True)])
        return made

    def apply(self, layer: Any, inputs: list[Any], options: Options) -> Any:
        """Return the layer's output, without the states that a cell gives beside it."""
        outputs = layer(*inputs, **options) if self.spread else layer(alone(inputs), **options)
        return nest.flatten(outputs)[0]


def with_layers(value: Any, dtype: str) -> Any:
    """Return arguments with layers in place of (name, arguments)."""
    if isinstance(value, dict):
        return {key: with_layers(item, dtype) for key, item in value.items()}
    if isinstance(value, list):
        return [with_layers(item, dtype) for item in value]
    if isinstance(value, tuple) and [*map(type, value)] == [str, dict]:
        return getattr(layers, value[0])(**value[1], dtype=dtype)
    return value


def training(x: Array) -> Options:
    return {"training": True}


def some(x: Array) -> Options:
    """Return a mask that hides a third of the elements, and all of the first row."""
    mask = np.random.default_rng(8).random(x.shape) > 1 / 3
    mask[0] = False
    return {"mask": mask}


V, M, T = (7,), (3, 5), (2, 3, 5)
MEAN, VARIANCE = [1.0, -2.0, 0.5], [4.0, 0.25, 0.0]
NOISE = ("AlphaDropout", "Dropout", "GaussianDropout")
CASES = [
    Case("InputLayer", (V,), {"shape": V}),
    Case("Identity", (M,)),
    Case("Lambda", (V,), {"function": ops.square}, reference={"slope": lambda x: 2 * x}),
    Case("Dense", (V,), {"units": 5}),
    Case("Dense", (V,), {"units": 1, "activation": "sigmoid"}),
    Case("Dense", (M,), {"units": 9, "activation": "softmax"}),
    Case("Dense", (T,), {"units": 17, "activation": "relu", "use_bias": False}),
    *[Case("Activation", (M,), {"activation": name}) for name in ACTIVATIONS],
    Case("ReLU", (M,)),
    Case("ReLU", (M,), {"max_value": 1.0, "negative_slope": 0.1, "threshold": 0.2}),
    Case("LeakyReLU", (M,)),
    Case("LeakyReLU", (V,), {"negative_slope": 0.01}),
    Case("PReLU", (M,)),
    Case("PReLU", (T,), {"shared_axes": [1, 3]}),
    Case("ELU", (M,), {"alpha": 0.7}),
    Case("Softmax", (M,)),
    Case("Softmax", (T,), {"axis": 1}),
    Case("Softmax", (T,), {"axis": [1, 3]}),
    Case("Softmax", (M,), call=some),
    Case("Softmax", (T,), {"axis": [2, 3]}, call=some),
    Case("Flatten", (T,)),
    Case("Flatten", (T,), {"data_format": "channels_first"}),
    Case("Flatten", ((),)),
    Case("Reshape", (M,), {"target_shape": (5, 3)}),
    Case("Reshape", (T,), {"target_shape": (-1, 3)}),
    Case("Permute", (T,), {"dims": (3, 1, 2)}),
    Case("RepeatVector", (V,), {"n": 3}),
    Case("Embedding", (V,), {"input_dim": 9, "output_dim": 4}),
    Case("Embedding", (M,), {"input_dim": 5, "output_dim": 1, "mask_zero": True}),
    Case("Embedding", ((),), {"input_dim": 5, "output_dim": 17}),
    Case("Masking", (M,)),
    Case("Masking", (T,), {"mask_value": 2.5}),
    *[Case(name, (M,), {"rate": 0.3}, call=training) for name in NOISE],
    *[Case(name, (M,), {"rate": 0.5}) for name in NOISE],
    *[Case("Dropout", (M,), {"rate": rate}, call=training) for rate in (0.0, 1.0)],
    Case("Dropout", (T,), {"rate": 0.3, "noise_shape": (None, 1, None, 5)}, call=training),
    Case("AlphaDropout", (M,), {"rate": 0.6, "noise_shape": (None, 1, 5)}, call=training),
    Case("GaussianNoise", (M,), {"stddev": 0.5}),
    Case("GaussianNoise", (M,), {"stddev": 0.5}, call=training),
    Case("ActivityRegularization", (M,), {"l1": 0.1, "l2": 0.2}),
    Case("Rescaling", (V,), {"scale": 0.25, "offset": -1}),
    Case("Rescaling", ((4, 3),), {"scale": [0.5, 2, 3]}),
    Case("Normalization", ((3,),), {"mean": MEAN, "variance": VARIANCE}),
    Case("Normalization", (M,), {"axis": 1, "mean": MEAN, "variance": VARIANCE, "invert": True}),
    Case("Normalization", (M,), {"axis": None, "mean": 2.0, "variance": 9.0}),
    Case("Normalization", (T,)),
    Case("Normalization", (T,), {"axis": (1, -1)}),
    Case("Normalization", (V,), {"axis": None}),
    Case("Add", (V, V, V)),
    Case("Add", (M, (5,), (1, 1))),
    Case("Subtract", (M, (3, 1))),
    Case("Multiply", (M, M, (5,))),
    Case("Average", (M, (5,), M)),
    Case("Maximum", (M, M, (3, 1))),
    Case("Minimum", (V, V, V)),
    Case("Concatenate", ((7,), (1,), (3,))),
    Case("Concatenate", (M, (1, 5)), {"axis": 1}),
    Case("Dot", (V, V), {"axes": 1}),
    Case("Dot", ((3, 5), (5, 7)), {"axes": (2, 1)}),
    Case("Dot", (T, (5,)), {"axes": -1, "normalize": True}),
    Case("Dot", (T, (4, 3)), {"axes": (2, 2), "normalize": True}),
]
CASES += [Case(*row) for row in (*ROWS, *LISTED, *recurrent_rows())]
CASES += [Case(*row, spread=True) for row in SPREAD]
CASES += [Case(*row) for row in conv_layer_rows()]
every_case = pytest.mark.parametrize("case", CASES, ids=str)


def alone(items: list[Any]) -> Any:
    return items[0] if len(items) == 1 else items


class Pair:
    """A layer and its reference, with the same weights, in the same random state."""

    def __init__(self, case: Case, dtype: str, batch: int) -> None:
        self.case, self.layer, self.inputs = case, case.layer(dtype), case.inputs(dtype, batch)
        self.call = case.call(self.inputs[0])
        self.options = {**case.arguments, **case.reference, **self.call}
        self.state = None
        generator = getattr(self.layer, "seed_generator", None)
        if generator or case.name in (*NOISE, "GaussianNoise"):
            self.state = generator.state.numpy() if generator else np.zeros(2, np.int64)
            self.options["state"] = self.state
        if case.name == "Lambda":
            self.options["function"] = np.square
        self.reference = LAYERS[case.name]

    def weights(self) -> list[Array]:
        return [w.numpy() for w in self.layer.weights]

    def output(self) -> Array:
        """Return the layer's output from the first random state."""
        if hasattr(self.layer, "seed_generator"):
            self.layer.seed_generator.state.assign(self.state)
        return np.asarray(self.case.apply(self.layer, self.inputs, self.call))

    def gradients(self, dy: Array) -> list[Array]:
        """Return the gradient of sum(dy * output) for each input and trainable weight."""
        if hasattr(self.layer, "seed_generator"):
            self.layer.seed_generator.state.assign(self.state)

        @lamina.function
        def slopes(*tensors: Any) -> Any:
            total = ops.sum(self.case.apply(self.layer, list(tensors), self.call) * dy)
            return lamina.grad(total, [*tensors, *self.layer.trainable_weights])

        sources = [*self.inputs, *self.layer.trainable_weights]
        return [
            np.zeros(source.shape) if slope is None else np.asarray(slope)
            for source, slope in zip(sources, slopes(*self.inputs), strict=True)
        ]

    def expected(self) -> Array:
        return np.asarray(self.reference.forward(*self.inputs, *self.weights(), **self.options))

    def expected_gradients(self, dy: Array) -> list[Array]:
        assert self.reference.backward is not None
        found = self.reference.backward(dy, *self.inputs, *self.weights(), **self.options)
        return [slope for slope in found if slope is not None]


def test_every_layer_and_activation_has_a_reference_and_a_case() -> None:
    known = {name for name in registry.names() if not issubclass(registry.find(name), Model)}
    assert known == set(LAYERS) == {case.name for case in CASES}
    assert set(activations.names()) == set(ACTIVATIONS)


@every_case
@pytest.mark.parametrize("batch", [1, 7])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_values(case: Case, dtype: str, batch: int) -> None:
    pair = Pair(case, dtype, batch)
    actual, expected = pair.output(), pair.expected()
    assert actual.dtype == dtype
    assert actual.shape == expected.shape
    np.testing.assert_allclose(actual, expected, **TOLERANCE[dtype])


@every_case
@pytest.mark.parametrize("batch", [1, 7])
def test_gradients_equal_the_reference(case: Case, batch: int) -> None:
    pair = Pair(case, "float64", batch)
    dy = np.random.default_rng(9).normal(size=pair.expected().shape)
    expected = pair.expected_gradients(dy)
    for actual, wanted in zip(pair.gradients(dy), expected, strict=True):
        assert actual.shape == wanted.shape
        np.testing.assert_allclose(actual, wanted, **TOLERANCE["float64"])


@every_case
def test_gradients_equal_central_differences(case: Case) -> None:
    pair, rng, step = Pair(case, "float64", 5), np.random.default_rng(10), 1e-6
    dy = rng.normal(size=pair.output().shape)
    gradients = pair.gradients(dy)
    inputs, variables = pair.inputs, pair.layer.trainable_weights
    weights = [w.numpy() for w in variables]
    directions = [rng.normal(size=a.shape) for a in (*inputs, *weights)]
    sides = []
    for sign in (1, -1):
        moved = [a + sign * step * d for a, d in zip((*inputs, *weights), directions, strict=True)]
        pair.inputs = moved[: len(inputs)]
        for variable, value in zip(variables, moved[len(inputs) :], strict=True):
            variable.assign(value)
        sides.append(float(np.sum(dy * pair.output())))
    slope = sum(np.sum(g * d) for g, d in zip(gradients, directions, strict=True))
    assert slope == pytest.approx((sides[0] - sides[1]) / (2 * step), rel=1e-6, abs=1e-6)


@every_case
def test_any_memory_layout_gives_the_same_bits(case: Case) -> None:
    pair = Pair(case, "float32", 7)
    expected, plain = pair.output(), pair.inputs
    layouts: list[Callable[[Array], Array]] = [
        np.asfortranarray,
        lambda x: np.repeat(x, 2, axis=0)[::2],
        lambda x: np.flip(np.ascontiguousarray(np.flip(x))),
    ]
    for layout in layouts:
        pair.inputs = [layout(x) for x in plain]
        np.testing.assert_array_equal(pair.output(), expected)


@pytest.mark.parametrize("case", [c for c in CASES if c.call is training], ids=str)
def test_noise_differs_from_call_to_call_and_only_in_training(case: Case) -> None:
    pair = Pair(case, "float32", 7)
    x = pair.inputs[0]
    first, second = pair.layer(x, training=True), pair.layer(x, training=True)
    constant = case.arguments.get("rate") in (0.0, 1.0)
    assert np.array_equal(first, second) == constant
    np.testing.assert_array_equal(pair.layer(x), x)


@pytest.mark.parametrize("axis", [-1, None, 1, (1, -1)])
def test_normalization_adapts_to_the_moments(axis: Any) -> None:
    data = 2 * np.random.default_rng(12).normal(size=(23, 3, 5)) + 3
    layer = layers.Normalization(axis=axis, dtype="float64")
    layer.adapt([data[:10], data[10:11], data[11:]])
    for actual, expected in zip(layer.weights[:2], moments(data, axis), strict=True):
        np.testing.assert_allclose(actual.numpy(), expected, rtol=1e-12)
