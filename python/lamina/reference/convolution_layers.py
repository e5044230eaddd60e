"""Layers that convolve: activation(convolution + bias), with Keras's arguments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from lamina.reference.activations import ACTIVATIONS
from lamina.reference.convolution import Window, convolve, correlate, spread
from lamina.reference.layers import LAYERS
from lamina.reference.registry import Array, Reference

Sizes = int | Sequence[int]
Options = dict[str, Any]


def per_axis(value: Sizes, rank: int) -> tuple[int, ...]:
    """Return one integer for all axes, or one for each, as one for each."""
    return (value,) * rank if isinstance(value, int) else tuple(value)


def same_padding(n: int, reach: int, stride: int) -> tuple[int, int]:
    """Return what gives ceil(n / stride) outputs of windows that reach so far."""
    total = max((-(-n // stride) - 1) * stride + reach - n, 0)
    return total // 2, total - total // 2


def window_over(spatial: Sequence[int], size: Sequence[int], options: Options) -> Window:
    """Return the window that a layer's strides, padding and dilation_rate mean."""
    strides = per_axis(options.get("strides", 1), len(spatial))
    rates = per_axis(options.get("dilation_rate", 1), len(spatial))
    pairs: list[int] = []
    for n, k, s, d in zip(spatial, size, strides, rates, strict=True):
        reach = (k - 1) * d + 1
        pairs += {
            "valid": (0, 0),
            "same": same_padding(n, reach, s),
            "causal": (reach - 1, 0),
        }[options.get("padding", "valid")]
    return Window(spatial, size, strides, pairs, rates)


def transposed_window(spatial: Sequence[int], size: Sequence[int], options: Options) -> Window:
    """Return the window that goes back from a transposed convolution's output to its input."""
    rank = len(spatial)
    strides = per_axis(options.get("strides", 1), rank)
    rates = per_axis(options.get("dilation_rate", 1), rank)
    given = options.get("output_padding")
    extra = [None] * rank if given is None else per_axis(given, rank)
    outputs: list[int] = []
    pairs: list[int] = []
    for n, k, s, d, more in zip(spatial, size, strides, rates, extra, strict=True):
        reach = (k - 1) * d + 1
        if options.get("padding", "valid") == "valid":
            outputs.append((n - 1) * s + (max(reach, s) if more is None else reach + more))
            pairs += [0, 0]
        else:
            outputs.append(n * s if more is None else (n - 1) * s + reach % 2 + more)
            over = reach - (outputs[-1] - (n - 1) * s)  # what the first and last window stick out
            before = max(over // 2, 0)
            pairs += [before, max(over - before, 0)]
    return Window(outputs, size, strides, pairs, rates)


Parts = tuple[Array, Callable[[Array], tuple[Array, Array]]]


def _conv(x: Array, kernel: Array, options: Options) -> Parts:
    """Return the convolution, and what goes back from its gradient to x's and the kernel's."""
    window, groups = (
        window_over(x.shape[1:-1], kernel.shape[:-2], options),
        options.get("groups", 1),
    )
    return convolve(x, kernel, window, groups), lambda dz: (
        spread(dz, kernel, window, groups),
        correlate(x, dz, window, groups),
    )


def _transpose(x: Array, kernel: Array, options: Options) -> Parts:
    window = transposed_window(x.shape[1:-1], kernel.shape[:-2], options)
    return spread(x, kernel, window), lambda dz: (
        convolve(dz, kernel, window),
        correlate(dz, x, window),
    )


def _depthwise(x: Array, kernel: Array, options: Options) -> Parts:
    """Return the convolution with a group for each channel."""
    y, back = _conv(
        x, kernel.reshape(*kernel.shape[:-2], 1, -1), {**options, "groups": x.shape[-1]}
    )

    def slopes(dz: Array) -> tuple[Array, Array]:
        dx, dkernel = back(dz)
        return dx, dkernel.reshape(kernel.shape)

    return y, slopes


def _moved(x: Array, options: Options, source: int, target: int) -> Array:
    return np.moveaxis(x, source, target) if _channels_first(options) else x


def _channels_first(options: Options) -> bool:
    return options.get("data_format") == "channels_first"


def _enter(name: str, product: Callable[[Array, Array, Options], Parts]) -> None:
    """Enter the layer that adds a bias and applies an activation to such a product."""

    def before_activation(
        x: Array, kernel: Array, bias: tuple[Array, ...], options: Options
    ) -> Parts:
        z, back = product(_moved(x, options, 1, -1), kernel, options)
        return _moved(np.asarray(sum(bias, z)), options, -1, 1), back

    def forward(x: Array, kernel: Array, *bias: Array, **options: Any) -> Array:
        z, _ = before_activation(x, kernel, bias, options)
        return np.asarray(ACTIVATIONS[options.get("activation") or "linear"].forward(z))

    def backward(dy: Array, x: Array, kernel: Array, *bias: Array, **options: Any) -> Any:
        z, back = before_activation(x, kernel, bias, options)
        slope = ACTIVATIONS[options.get("activation") or "linear"].backward
        assert slope is not None
        dz = _moved(np.asarray(slope(dy, z)[0]), options, 1, -1)
        dx, dkernel = back(dz)
        sums = [dz.sum(axis=tuple(range(dz.ndim - 1))) for _ in bias]
        return _moved(dx, options, -1, 1), dkernel, *sums

    LAYERS[name] = Reference(forward, backward)


for _rank in (1, 2, 3):
    _enter(f"Conv{_rank}D", _conv)
    _enter(f"Conv{_rank}DTranspose", _transpose)


for _rank in (1, 2):
    _enter(f"DepthwiseConv{_rank}D", _depthwise)


def _separable(x: Array, depthwise: Array, options: Options) -> Parts:
    """Return the depthwise stage alone, without what the layer does afterwards."""
    return _depthwise(_moved(x, options, 1, -1), depthwise, options)


def separable(x: Array, depthwise: Array, pointwise: Array, *bias: Array, **options: Any) -> Array:
    """Return a depthwise convolution followed by one of a single tap, bias and activation."""
    y, _ = _separable(x, depthwise, options)
    after = {"activation": options.get("activation")}
    z = LAYERS[f"Conv{x.ndim - 2}D"].forward(y, pointwise, *bias, **after)
    return _moved(z, options, -1, 1)


def separable_slopes(
    dy: Array, x: Array, depthwise: Array, pointwise: Array, *bias: Array, **options: Any
) -> tuple[Array | None, ...]:
    """Return the gradients of x, both kernels and the bias."""
    y, back = _separable(x, depthwise, options)
    backward = LAYERS[f"Conv{x.ndim - 2}D"].backward
    assert backward is not None
    after = {"activation": options.get("activation")}
    dmiddle, dpointwise, *dbias = backward(_moved(dy, options, 1, -1), y, pointwise, *bias, **after)
    assert dmiddle is not None
    dx, ddepthwise = back(dmiddle)
    return _moved(dx, options, -1, 1), ddepthwise, dpointwise, *dbias


for _rank in (1, 2):
    LAYERS[f"SeparableConv{_rank}D"] = Reference(separable, separable_slopes)
