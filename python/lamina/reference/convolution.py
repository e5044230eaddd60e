"""Convolutions over one to three spatial axes: tensors (batch, spatial..., channels)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from lamina.reference.registry import OPS, Array, op

Sizes = Sequence[int]


class Window:
    """A window of `size` taps along each spatial axis.

    Output o sees the inputs o strides - before + t dilations, t = 0..size-1; outside are zeros.
    """

    def __init__(
        self,
        inputs: Sizes,
        size: Sizes,
        strides: Sizes = (),
        padding: Sizes = (),
        dilations: Sizes = (),
    ) -> None:
        rank = len(inputs)
        self.inputs, self.size = tuple(inputs), tuple(size)
        self.strides, self.dilations = strides or (1,) * rank, dilations or (1,) * rank
        self.pairs = list(zip(padding[::2], padding[1::2], strict=True)) or [(0, 0)] * rank
        self.outputs = tuple(
            (n + sum(pair) - (k - 1) * d - 1) // s + 1
            for n, k, s, d, pair in zip(
                self.inputs, self.size, self.strides, self.dilations, self.pairs, strict=True
            )
        )

    def pad(self, x: Array) -> Array:
        """Return x with the padding around it; inputs that no output sees may stay."""
        return np.pad(x, [(0, 0), *((b, max(a, 0)) for b, a in self.pairs), (0, 0)])

    def crop(self, padded: Array) -> Array:
        """Return a padded array without its padding."""
        inner = [slice(b, b + n) for (b, _), n in zip(self.pairs, self.inputs, strict=True)]
        place = (slice(None), *inner)
        return padded[place]

    def taps(self) -> Iterator[tuple[tuple[int, ...], tuple[slice, ...]]]:
        """Yield each tap, and where in a padded array all the outputs see it."""
        for tap in np.ndindex(self.size):
            seen = [
                slice(t * d, t * d + (n - 1) * s + 1, s)
                for t, d, n, s in zip(tap, self.dilations, self.outputs, self.strides, strict=True)
            ]
            yield tap, (slice(None), *seen)


def grouped(x: Array, groups: int) -> Array:
    """Return (..., channels) as (..., groups, channels / groups)."""
    return x.reshape(*x.shape[:-1], groups, x.shape[-1] // groups)


def convolve(x: Array, w: Array, window: Window, groups: int = 1) -> Array:
    """Return the sum over taps t and channels c of x[b, o strides + t dilations, c] w[t, c, f]."""
    padded = grouped(window.pad(x), groups)
    y = np.zeros((len(x), *window.outputs, groups, w.shape[-1] // groups), x.dtype)
    for tap, seen in window.taps():
        y += np.einsum("...gc,cgf->...gf", padded[seen], grouped(w[tap], groups))
    return y.reshape(*y.shape[:-2], w.shape[-1])


def spread(dy: Array, w: Array, window: Window, groups: int = 1) -> Array:
    """Return dx: every output gives dy w[t] back to the inputs that it saw."""
    channels = w.shape[-2] * groups
    dx = window.pad(np.zeros((len(dy), *window.inputs, channels), dy.dtype))
    for tap, seen in window.taps():
        slope = np.einsum("...gf,cgf->...gc", grouped(dy, groups), grouped(w[tap], groups))
        dx[seen] += slope.reshape(*dy.shape[:-1], channels)
    return window.crop(dx)


def correlate(x: Array, dy: Array, window: Window, groups: int = 1) -> Array:
    """Return dw: for each tap the sum over samples and outputs of what they saw times dy."""
    padded, channels, filters = window.pad(x), x.shape[-1] // groups, dy.shape[-1]
    slopes = dy.reshape(-1, groups, filters // groups)
    dw = np.zeros((*window.size, channels, filters), x.dtype)
    for tap, seen in window.taps():
        values = padded[seen].reshape(len(slopes), groups, channels)
        dw[tap] = np.einsum("igc,igf->cgf", values, slopes).reshape(channels, filters)
    return dw


def _around(x: Array, w: Array, options: dict[str, Any]) -> tuple[Window, int]:
    """Return the window of kernel w over x, and the number of groups."""
    return Window(x.shape[1:-1], w.shape[:-2], *_geometry(options)), options.get("groups", 1)


def _geometry(options: dict[str, Any]) -> list[Sizes]:
    return [options.get(name, ()) for name in ("strides", "padding", "dilations")]


@op("conv")
def conv(x: Array, w: Array, **options: Any) -> Array:
    """Return the convolution of x with w (size..., channels / groups, filters)."""
    return convolve(x, w, *_around(x, w, options))


@conv.gradient
def _(dy: Array, x: Array, w: Array, **options: Any) -> tuple[Array, Array]:
    around = _around(x, w, options)
    return spread(dy, w, *around), correlate(x, dy, *around)


@op("conv_input_grad")
def conv_input_grad(dy: Array, w: Array, size: Sizes, **options: Any) -> Array:
    """Return the gradient of x, whose spatial axes have `size`: the transposed convolution."""
    return spread(dy, w, Window(size, w.shape[:-2], *_geometry(options)), options.get("groups", 1))


@conv_input_grad.gradient
def _(slope: Array, dy: Array, w: Array, size: Sizes, **options: Any) -> tuple[Array, Array]:
    around = _around(slope, w, options)
    return convolve(slope, w, *around), correlate(slope, dy, *around)


@op("conv_kernel_grad")
def conv_kernel_grad(x: Array, dy: Array, size: Sizes, **options: Any) -> Array:
    """Return the gradient of w, whose spatial axes have `size`."""
    window = Window(x.shape[1:-1], size, *_geometry(options))
    return correlate(x, dy, window, options.get("groups", 1))


@conv_kernel_grad.gradient
def _(slope: Array, x: Array, dy: Array, size: Sizes, **options: Any) -> tuple[Array, Array]:
    around = _around(x, slope, options)
    return spread(dy, slope, *around), convolve(x, slope, *around)


def _parameters(options: dict[str, Any]) -> dict[str, Any]:
    """Return the options that are an activation's parameters."""
    names = ("strides", "padding", "dilations", "groups", "size")
    return {name: value for name, value in options.items() if name not in names}


def _finish(y: Array, bias: tuple[Array, ...], activation: str, options: dict[str, Any]) -> Array:
    return np.asarray(OPS[activation].forward(sum(bias, y), **_parameters(options)))


@op("fused_conv")
def fused_conv(
    x: Array, w: Array, *bias: Array, activation: str = "identity", **options: Any
) -> Array:
    """Return activation(conv(x, w) + bias): what the core computes in one pass."""
    return _finish(convolve(x, w, *_around(x, w, options)), bias, activation, options)


@op("fused_conv_transpose")
def fused_conv_transpose(
    x: Array, w: Array, *bias: Array, activation: str = "identity", **options: Any
) -> Array:
    """Return activation(conv_input_grad(x, w) + bias)."""
    window = Window(options["size"], w.shape[:-2], *_geometry(options))
    return _finish(spread(x, w, window, options.get("groups", 1)), bias, activation, options)


@op("conv_input_grad_slope")
def conv_input_grad_slope(dy: Array, w: Array, via: Array, slope: str, **options: Any) -> Array:
    """Return conv_input_grad(dy, w) f'(via), f being the activation that `slope` names."""
    window = Window(options["size"], w.shape[:-2], *_geometry(options))
    dx = spread(dy, w, window, options.get("groups", 1))
    return np.asarray(OPS[f"{slope}_grad"].forward(via, dx, **_parameters(options)))


@op("conv_max_pool")
def conv_max_pool(
    x: Array, w: Array, *bias: Array, pool: Sizes, **options: Any
) -> tuple[Array, Array]:
    """Return max_pool(fused_conv(x, w, bias)) with windows of sizes `pool`, side by side."""
    y, where = OPS["max_pool"].forward(fused_conv.forward(x, w, *bias, **options), pool, pool)
    return y, where
