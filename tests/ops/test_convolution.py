"""Convolution: fusion, gradients of gradients, aliases, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import lamina
from lamina import _core, layers, ops


def steps_of(*names: str) -> list[str]:
    """Return the steps of a plan that convolves, then adds a bias, then applies named ops."""
    graph = _core.Graph()
    x, w, bias = (graph.input(shape, "float32") for shape in ((2, 7, 6, 3), (3, 2, 3, 5), (5,)))
    y = graph.apply("conv", [x, w], {"padding": [1, 1, 0, 1]})[0]
    for name in names:
        y = graph.apply(name, [y, bias] if name == "add" else [y], {})[0]
    return [step.split()[0] for step in graph.compile([y]).steps]


def test_bias_and_activation_become_one_step_with_the_convolution() -> None:
    assert steps_of("add", "relu") == ["fused_conv"]
    assert steps_of("tanh") == ["fused_conv"]
    assert steps_of("add", "softmax") == ["fused_conv", "softmax"]


def test_the_gradient_of_a_gradient() -> None:
    """y = x * w, linear in both: d/dw of sum((d sum(y^2) / dx)^2), by central differences."""
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(2, 5, 6, 3)), rng.normal(size=(2, 3, 3, 4))
    direction, step = rng.normal(size=w.shape), 1e-5

    @lamina.function
    def both(x: Any, w: Any) -> Any:
        energy = ops.sum(ops.square(ops.conv(x, w, strides=2, padding="same")))
        penalty = ops.sum(ops.square(lamina.grad(energy, x)))
        return penalty, lamina.grad(penalty, w)

    slope = np.sum(np.asarray(both(x, w)[1]) * direction)
    ahead, behind = (float(both(x, w + sign * step * direction)[0]) for sign in (1, -1))
    assert slope == pytest.approx((ahead - behind) / (2 * step), rel=1e-7)


def test_a_separable_convolution_is_two_convolutions() -> None:
    rng = np.random.default_rng(1)
    x, depthwise = rng.normal(size=(2, 6, 5, 3)), rng.normal(size=(2, 2, 3, 2))
    pointwise = rng.normal(size=(1, 1, 6, 4))
    expected = ops.conv(ops.depthwise_conv(x, depthwise, padding="same"), pointwise)
    actual = ops.separable_conv(x, depthwise, pointwise, padding="same")
    np.testing.assert_array_equal(actual, expected)


def test_a_causal_convolution_sees_nothing_later() -> None:
    x = np.random.default_rng(2).normal(size=(1, 9, 2)).astype(np.float32)
    layer = layers.Conv1D(4, 3, padding="causal", dilation_rate=2)
    before = np.asarray(layer(x))
    x[0, 6:] = np.nan
    after = np.asarray(layer(x))
    np.testing.assert_array_equal(after[0, :6], before[0, :6])
    assert np.isnan(after[0, 6:]).all()


def test_other_names() -> None:
    assert layers.Convolution2D is layers.Conv2D
    assert layers.Convolution1DTranspose is layers.Conv1DTranspose
    assert layers.SeparableConvolution2D is layers.SeparableConv2D
    config = {"class_name": "Convolution3D", "config": {"filters": 2, "kernel_size": 3}}
    assert layers.deserialize(config).kernel_size == (3, 3, 3)


def test_sizes_that_vary_are_found_when_called() -> None:
    inputs = layers.Input((None, None, 3))
    assert layers.Conv2D(4, 3)(inputs).shape == (None, None, None, 4)
    assert layers.Conv2D(4, 3, 2, "same").compute_output_shape((1, 9, 8, 3)) == (1, 5, 4, 4)


IMAGE = np.zeros((2, 5, 6, 4), np.float32)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: layers.Conv2D(0, 3), "filters"),
        (lambda: layers.Conv2D(3, 0), "kernel_size"),
        (lambda: layers.Conv2D(3, (3, 3, 3)), "kernel_size"),
        (lambda: layers.Conv2D(3, 3, 0), "strides"),
        (lambda: layers.Conv2D(3, 3, padding="causal"), "padding"),
        (lambda: layers.Conv2D(3, 3, data_format="NHWC"), "data_format"),
        (lambda: layers.Conv2D(3, 3, groups=2), "multiple of groups"),
        (lambda: layers.Conv2D(3, 3, groups=3)(IMAGE), "3 groups divide"),
        (lambda: layers.Conv2D(3, 7)(IMAGE), r"span \(7, 7\) do not fit input"),
        (lambda: layers.Conv2D(3, 3, dilation_rate=3)(IMAGE), r"span \(7, 7\)"),
        (lambda: layers.Conv1D(3, 3)(IMAGE), "3 dimensions"),
        (lambda: layers.Conv2DTranspose(3, 3, 2, output_padding=2), "output_padding below strides"),
        (lambda: layers.DepthwiseConv2D(3, depth_multiplier=0), "depth_multiplier"),
        (lambda: ops.conv(IMAGE, np.zeros((3, 3, 3, 8))), "no whole groups"),
        (lambda: ops.conv(IMAGE, np.zeros((3, 4, 8))), "as many dimensions"),
        (lambda: ops.conv_transpose(IMAGE, np.zeros((3, 3, 8, 3))), "expected a kernel"),
        (lambda: ops.depthwise_conv(IMAGE, np.zeros((3, 3, 3, 1))), "expected a kernel"),
        (lambda: ops.conv(IMAGE, np.zeros((3, 3, 4, 8)), padding="full"), "padding"),
    ],
)
def test_what_cannot_be_is_refused(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def refusal(op: str, *shapes: tuple[int, ...], **attributes: Any) -> str:
    with pytest.raises(ValueError, match=op) as caught:
        _core.apply(op, [np.zeros(shape, np.float32) for shape in shapes], attributes)
    return str(caught.value)


def test_the_core_says_what_it_expected() -> None:
    x, w = (2, 5, 6, 4), (3, 3, 4, 8)
    assert "strides" in refusal("conv", x, w, strides=[1])
    assert "padding" in refusal("conv", x, w, padding=[1, 1, -1, 0])
    assert "does not fit spatial axis 0" in refusal("conv", x, (6, 3, 4, 8))
    assert "groups" in refusal("conv", x, w, groups=2)
    assert "(2, 3, 4, 8)" in refusal("conv_input_grad", (2, 3, 3, 8), w, size=[5, 6])
    assert "size" in refusal("conv_kernel_grad", x, (2, 3, 4, 8), size=[3])
    assert "bias of shape (8,)" in refusal("fused_conv", x, w, (4,))
    assert "no activation 'swell'" in refusal("fused_conv", x, w, activation="swell")
