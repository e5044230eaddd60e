"""What plans make of convolutions that are pooled: less work, the same results and gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lamina
from lamina import _core, ops


def steps_of(pool: dict[str, Any], size: int = 11, batch: int = 8, filters: int = 4) -> list[str]:
    """Return the steps of a plan for the gradient of a convolution, its bias and relu, pooled."""
    graph = _core.Graph()
    shapes = ((batch, size + 2, size + 2, 3), (3, 3, 3, filters), (filters,))
    x, w, bias = (graph.input(shape, "float32") for shape in shapes)
    y = graph.apply("conv", [x, w], {})[0]
    y = graph.apply("relu", [graph.apply("add", [y, bias], {})[0]], {})[0]
    y = graph.apply("max_pool", [y], pool)[0]
    total = graph.apply("sum", [graph.apply("square", [y], {})[0]], {})[0]
    steps = graph.compile(graph.gradients(total, [x, w, bias])).steps
    return [step.replace("|", "").split()[0] for step in steps]


def test_pooling_is_part_of_the_convolution_and_slopes_and_sums_come_after_it() -> None:
    steps = steps_of({"window": [2, 2], "strides": [2, 2]})
    assert steps[0] == "conv_max_pool"
    assert steps.index("relu_grad") < steps.index("max_pool_grad")
    assert "fused_conv" not in steps
    assert "max_pool" not in steps


@pytest.mark.parametrize(
    "pool",
    [
        {"window": [3, 3], "strides": [2, 2]},
        {"window": [2, 2], "strides": [2, 2], "padding": [1, 0, 0, 0]},
    ],
)
def test_windows_that_do_not_tile_are_pooled_by_themselves(pool: dict[str, Any]) -> None:
    assert steps_of(pool)[:2] == ["fused_conv", "max_pool"]


def test_few_lines_are_left_to_more_workers() -> None:
    assert steps_of({"window": [2, 2], "strides": [2, 2]}, batch=1)[0] == "fused_conv"


Net = Callable[[Any, Any, Any], Any]


def pooled(pool: Callable[..., Any], activation: Callable[..., Any], **options: Any) -> Net:
    convolve = {name: options.pop(name) for name in ("strides", "dilation_rate") if name in options}

    def net(x: Any, w: Any, bias: Any) -> Any:
        return pool(activation(ops.conv(x, w, **convolve) + bias), **options)

    return net


NETS: list[tuple[tuple[int, ...], Net]] = [
    ((4, 12, 13, 2), pooled(ops.max_pool, ops.relu, pool_size=2)),
    ((2, 9, 14, 2), pooled(ops.max_pool, ops.tanh, pool_size=3, strides=2)),
    ((2, 13, 9, 2), pooled(ops.max_pool, ops.gelu, pool_size=2, padding="same")),
    ((3, 19, 18, 2), pooled(ops.max_pool, ops.sigmoid, pool_size=(3, 2), strides=2)),
    ((2, 12, 13, 2), pooled(ops.average_pool, ops.relu, pool_size=(2, 3))),
    ((3, 40, 2), pooled(ops.max_pool, ops.leaky_relu, pool_size=5)),
]


@pytest.mark.parametrize(("shape", "net"), NETS)
def test_gradients(shape: tuple[int, ...], net: Net) -> None:
    """Gradients of sum(net^2) by central differences, in float64."""
    rng = np.random.default_rng(5)
    size = (3,) * (len(shape) - 2)
    draws = [rng.normal(size=s) for s in (shape, (*size, shape[-1], 5), (5,))]

    @lamina.function
    def energy(*inputs: Any) -> Any:
        total = ops.sum(ops.square(net(*inputs)))
        return total, *(lamina.grad(total, x) for x in inputs)

    slopes = [np.asarray(slope) for slope in energy(*draws)[1:]]
    step = 1e-6
    for i, slope in enumerate(slopes):
        direction = rng.normal(size=slope.shape)
        ahead, behind = (
            float(energy(*draws[:i], draws[i] + sign * step * direction, *draws[i + 1 :])[0])
            for sign in (1, -1)
        )
        assert np.sum(slope * direction) == pytest.approx((ahead - behind) / (2 * step), rel=1e-6)


@pytest.mark.parametrize(("shape", "net"), NETS)
def test_results_do_not_depend_on_what_else_is_wanted(shape: tuple[int, ...], net: Net) -> None:
    """Reading what is pooled keeps the plan from doing less: the same up to rounding."""
    rng = np.random.default_rng(6)
    size = (3,) * (len(shape) - 2)
    draws = [rng.normal(size=s).astype(np.float32) for s in (shape, (*size, shape[-1], 33), (33,))]

    def outputs(keep: bool) -> list[Any]:
        @lamina.function
        def run(x: Any, w: Any, bias: Any) -> Any:
            seen = ops.conv(x, w) + bias
            y = net(x, w, bias)
            slopes = [lamina.grad(ops.sum(ops.square(y)), v) for v in (x, w, bias)]
            return (y, *slopes, *([ops.relu(seen), ops.tanh(seen), seen] if keep else []))

        return [np.asarray(v) for v in run(*draws)[:4]]

    for lean, full in zip(outputs(False), outputs(True), strict=True):
        np.testing.assert_allclose(lean, full, rtol=1e-4, atol=1e-4)
