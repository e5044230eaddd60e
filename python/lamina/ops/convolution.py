"""Convolution along the spatial axes of a tensor, plain, transposed, depthwise and separable."""

from __future__ import annotations

from lamina.ops._apply import apply_one, to_common, to_floating
from lamina.ops._window import Sizes, channels_first, padding_pairs, sizes
from lamina.ops.shaping import moveaxis, reshape
from lamina.symbolic import operation
from lamina.tensor import TensorBase, TensorLike

__all__ = ["conv", "conv_transpose", "depthwise_conv", "separable_conv"]


@operation
def conv(
    inputs: TensorLike,
    kernel: TensorLike,
    strides: Sizes = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Sizes = 1,
) -> TensorBase:
    """Return y[b, o, f], the sum over t and c of x[b, o strides + t dilation_rate, c] w[t, c, f].

    inputs: (batch, 1 to 3 spatial axes, channels), or with data_format "channels_first" (batch,
    channels, spatial axes); kernel: (taps along those axes, channels / groups, filters), where
    inputs and kernel tell the number of groups. padding: "valid", "same" for ceil(size / stride)
    outputs, or along a single axis "causal", by which an output sees nothing later.
    """
    return _convolve("conv", inputs, kernel, strides, padding, data_format, dilation_rate)


@operation
def depthwise_conv(
    inputs: TensorLike,
    kernel: TensorLike,
    strides: Sizes = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Sizes = 1,
) -> TensorBase:
    """Return the convolution of each channel with kernels of its own; arguments as for `conv`.

    kernel: (taps, channels, multiplier); channel c gives the output channels c multiplier + m.
    """
    return _convolve("depthwise_conv", inputs, kernel, strides, padding, data_format, dilation_rate)


@operation
def separable_conv(
    inputs: TensorLike,
    depthwise_kernel: TensorLike,
    pointwise_kernel: TensorLike,
    strides: Sizes = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Sizes = 1,
) -> TensorBase:
    """Return a depthwise convolution followed by one of a single tap, which mixes the channels."""
    y = depthwise_conv(inputs, depthwise_kernel, strides, padding, data_format, dilation_rate)
    return conv(y, pointwise_kernel, data_format=data_format)


@operation
def conv_transpose(
    inputs: TensorLike,
    kernel: TensorLike,
    strides: Sizes = 1,
    padding: str = "valid",
    output_padding: Sizes | None = None,
    data_format: str | None = None,
    dilation_rate: Sizes = 1,
) -> TensorBase:
    """Return the transposed convolution, the gradient of a `conv` in its input.

    kernel: (taps, filters, channels). With r = (taps - 1) rate + 1 the output has
    (size - 1) strides + max(r, strides) elements along an axis for "valid", size strides for
    "same"; output_padding, below strides, gives instead (size - 1) strides + output_padding + r
    for "valid", + r mod 2 for "same".
    """
    x, w, moved = _operands("conv_transpose", inputs, kernel, data_format)
    rank, taps = x.ndim - 2, w.shape[:-2]
    steps = sizes("conv_transpose", "strides", strides, rank)
    rates = sizes("conv_transpose", "dilation_rate", dilation_rate, rank)
    extra: tuple[int | None, ...] = (None,) * rank
    if output_padding is not None:
        extra = sizes("conv_transpose", "output_padding", output_padding, rank, least=0)
    if w.shape[-1] != x.shape[-1]:
        raise ValueError(
            f"conv_transpose: expected a kernel (taps, filters, {x.shape[-1]}) for inputs "
            f"{x.shape}, received {w.shape}"
        )
    size: list[int] = []
    pairs: list[int] = []
    for axis in range(rank):
        reach = (taps[axis] - 1) * rates[axis] + 1
        n, cut = _transposed(padding, x.shape[1 + axis], reach, steps[axis], extra[axis])
        size.append(n)
        pairs += cut
    y = apply_one("conv_input_grad", x, w, size=size, strides=steps, padding=pairs, dilations=rates)
    return moveaxis(y, -1, 1) if moved else y


def _transposed(
    padding: str, n: int, reach: int, stride: int, extra: int | None
) -> tuple[int, tuple[int, int]]:
    """Return the output's size along an axis, and what a convolution back would pad it by."""
    if not isinstance(padding, str) or padding.lower() not in ("valid", "same"):
        raise ValueError(
            f"conv_transpose: expected padding 'valid' or 'same', received {padding!r}"
        )
    if extra is not None and extra >= stride:
        raise ValueError(
            f"conv_transpose: expected output_padding below strides, received {extra} and {stride}"
        )
    whole = (n - 1) * stride + reach  # what n windows cover
    if padding.lower() == "valid":
        return whole + (max(stride - reach, 0) if extra is None else extra), (0, 0)
    size = n * stride if extra is None else (n - 1) * stride + reach % 2 + extra
    grown = size - (n - 1) * stride + reach - 2
    before = reach - 1 - min(grown - grown // 2, reach - 1)
    return size, (before, max(whole - size - before, 0))


def _convolve(
    op: str,
    inputs: TensorLike,
    kernel: TensorLike,
    strides: Sizes,
    padding: str,
    data_format: str | None,
    dilation_rate: Sizes,
) -> TensorBase:
    x, w, moved = _operands(op, inputs, kernel, data_format)
    rank, taps, channels = x.ndim - 2, w.shape[:-2], x.shape[-1]
    steps = sizes(op, "strides", strides, rank)
    rates = sizes(op, "dilation_rate", dilation_rate, rank)
    pairs = padding_pairs(op, padding, x.shape[1:-1], taps, steps, rates, causal=rank == 1)
    if op == "depthwise_conv":  # a group for each channel
        if w.shape[-2] != channels:
            raise ValueError(
                f"{op}: expected a kernel (taps, {channels}, multiplier) for inputs {x.shape}, "
                f"received {w.shape}"
            )
        w = reshape(w, (*taps, 1, channels * w.shape[-1]))
    groups, left = divmod(channels, max(w.shape[-2], 1))
    if left or groups == 0 or w.shape[-1] % groups:
        raise ValueError(
            f"{op}: inputs with {channels} channels and a kernel of shape {w.shape} leave no "
            f"whole groups; expected (taps, channels / groups, filters)"
        )
    y = apply_one("conv", x, w, strides=steps, padding=pairs, dilations=rates, groups=groups)
    return moveaxis(y, -1, 1) if moved else y


def _operands(
    op: str, inputs: TensorLike, kernel: TensorLike, data_format: str | None
) -> tuple[TensorBase, TensorBase, bool]:
    """Return the inputs with their channels last, the kernel, and whether channels came first."""
    x, w = to_common(to_floating(inputs), to_floating(kernel))
    if not 3 <= x.ndim <= 5 or w.ndim != x.ndim:
        raise ValueError(
            f"{op}: expected inputs with a batch axis, 1 to 3 spatial axes and a channel axis, and "
            f"a kernel of as many dimensions, received shapes {x.shape} and {w.shape}"
        )
    moved = channels_first(op, data_format)
    return (moveaxis(x, 1, -1) if moved else x), w, moved
