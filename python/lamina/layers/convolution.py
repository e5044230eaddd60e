"""Layers that convolve: a weighted sum over each window of a sequence, an image or a volume.

Inputs are (batch, spatial axes, channels), or (batch, channels, spatial axes) with data_format
"channels_first". Sizes (kernel_size, strides, dilation_rate) are one integer for all spatial axes
or one for each.
"""

from __future__ import annotations

from typing import Any, ClassVar

from lamina import activations, ops
from lamina.layers.core import positive_integer
from lamina.layers.input_spec import InputSpec, Shape
from lamina.layers.spatial import Sizes, as_sizes, data_format_of, padding_of, spatial_axes
from lamina.layers.weighted import Weighted
from lamina.registry import layers
from lamina.tensor import TensorBase
from lamina.variable import Variable


class Convolution(Weighted):
    """What all of them share: windows, and activation(outputs + bias)."""

    rank: ClassVar[int]
    bias: Variable | None

    def __init__(
        self,
        kernel_size: Sizes,
        strides: Sizes,
        padding: str,
        data_format: str | None,
        dilation_rate: Sizes,
        activation: Any,
        use_bias: bool,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.kernel_size = as_sizes(self, "kernel_size", kernel_size, self.rank)
        self.strides = as_sizes(self, "strides", strides, self.rank)
        self.padding = self._padding(padding)
        self.data_format = data_format_of(self, data_format)
        self.dilation_rate = as_sizes(self, "dilation_rate", dilation_rate, self.rank)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def _padding(self, padding: str) -> str:
        return padding_of(self, padding)

    def _channels(self, shape: Shape) -> int:
        """Return the number of channels, and ask for as many from now on."""
        axis = 1 if self.data_format == "channels_first" else self.rank + 1
        channels = shape[axis]
        if not channels:
            raise ValueError(
                f"{self._title}: expected a known number of channels (axis {axis}), "
                f"received shape {shape}"
            )
        self.input_spec = InputSpec(ndim=self.rank + 2, axes={axis: channels})
        return channels

    def _add_bias(self, filters: int) -> None:
        self.bias = self._add("bias", (filters,)) if self.use_bias else None

    def _with_bias(self, outputs: TensorBase) -> TensorBase:
        if self.bias is not None:
            bias: Any = self.bias
            if self.data_format == "channels_first":
                bias = ops.reshape(bias, (-1, *[1] * self.rank))
            outputs = outputs + bias
        activated: TensorBase = self.activation(outputs)
        return activated

    def _check_fits(self, shape: tuple[int, ...]) -> None:
        seen = [shape[axis] for axis in spatial_axes(self.data_format, len(shape))]
        reach = [(k - 1) * d + 1 for k, d in zip(self.kernel_size, self.dilation_rate, strict=True)]
        if self.padding == "valid" and any(map(int.__lt__, seen, reach)):
            raise ValueError(
                f"{self._title}: kernels that span {tuple(reach)} do not fit input of shape "
                f"{shape}, spatial sizes {tuple(seen)}; smaller ones or padding='same' do"
            )


class _Conv(Convolution):
    """Convolve with `filters` kernels; then bias and activation.

    padding: "valid", "same", or in one dimension "causal". groups: channels and filters are split
    into so many groups that see nothing of each other.
    Weights: kernel (*kernel_size, channels / groups, filters), then bias (filters,).
    """

    kernel: Variable

    def __init__(
        self,
        filters: int,
        kernel_size: Sizes,
        strides: Sizes = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Sizes = 1,
        groups: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            *(kernel_size, strides, padding, data_format, dilation_rate, activation, use_bias),
            activity_regularizer=activity_regularizer,
            **kwargs,
        )
        self._set_options("kernel", kernel_initializer, kernel_regularizer, kernel_constraint)
        self._set_options("bias", bias_initializer, bias_regularizer, bias_constraint)
        self.filters = positive_integer(self._title, "filters", filters)
        self.groups = positive_integer(self._title, "groups", groups)
        if self.filters % self.groups:
            raise ValueError(
                f"{self._title}: expected filters to be a multiple of groups, "
                f"received filters={filters}, groups={groups}"
            )

    def _padding(self, padding: str) -> str:
        if self.rank == 1 and isinstance(padding, str) and padding.lower() == "causal":
            return "causal"
        return super()._padding(padding)

    def build(self, input_shape: Shape) -> None:
        channels = self._channels(input_shape)
        if channels % self.groups:
            raise ValueError(
                f"{self._title}: expected a number of channels that {self.groups} groups divide, "
                f"received shape {input_shape}"
            )
        shape = (*self.kernel_size, channels // self.groups, self.filters)
        self.kernel = self._add("kernel", shape)
        self._add_bias(self.filters)

    def call(self, inputs: TensorBase) -> TensorBase:
        self._check_fits(inputs.shape)
        return self._with_bias(
            ops.conv(
                *(inputs, self.kernel, self.strides, self.padding),
                *(self.data_format, self.dilation_rate),
            )
        )


@layers.register("Convolution1D")
class Conv1D(_Conv):
    __doc__ = f"Convolution along the steps of a sequence. {_Conv.__doc__}"
    rank = 1


@layers.register("Convolution2D")
class Conv2D(_Conv):
    __doc__ = f"Convolution over an image. {_Conv.__doc__}"
    rank = 2


@layers.register("Convolution3D")
class Conv3D(_Conv):
    __doc__ = f"Convolution over a volume. {_Conv.__doc__}"
    rank = 3


class _ConvTranspose(Convolution):
    """Spread each input over a window of outputs: a convolution's gradient; then bias, activation.

    output_padding: None, or below strides; see `ops.conv_transpose` for the output's size.
    Weights: kernel (*kernel_size, filters, channels), then bias (filters,).
    """

    kernel: Variable

    def __init__(
        self,
        filters: int,
        kernel_size: Sizes,
        strides: Sizes = 1,
        padding: str = "valid",
        output_padding: Sizes | None = None,
        data_format: str | None = None,
        dilation_rate: Sizes = 1,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            *(kernel_size, strides, padding, data_format, dilation_rate, activation, use_bias),
            activity_regularizer=activity_regularizer,
            **kwargs,
        )
        self._set_options("kernel", kernel_initializer, kernel_regularizer, kernel_constraint)
        self._set_options("bias", bias_initializer, bias_regularizer, bias_constraint)
        self.filters = positive_integer(self._title, "filters", filters)
        self.output_padding = output_padding
        if output_padding is not None:
            extra = as_sizes(self, "output_padding", output_padding, self.rank, least=0)
            if any(map(int.__ge__, extra, self.strides)):
                raise ValueError(
                    f"{self._title}: expected output_padding below strides={self.strides}, "
                    f"received {output_padding}"
                )
            self.output_padding = extra

    def build(self, input_shape: Shape) -> None:
        shape = (*self.kernel_size, self.filters, self._channels(input_shape))
        self.kernel = self._add("kernel", shape)
        self._add_bias(self.filters)

    def call(self, inputs: TensorBase) -> TensorBase:
        return self._with_bias(
            ops.conv_transpose(
                *(inputs, self.kernel, self.strides, self.padding, self.output_padding),
                *(self.data_format, self.dilation_rate),
            )
        )


@layers.register("Convolution1DTranspose")
class Conv1DTranspose(_ConvTranspose):
    __doc__ = f"Transposed convolution along the steps of a sequence. {_ConvTranspose.__doc__}"
    rank = 1


@layers.register("Convolution2DTranspose")
class Conv2DTranspose(_ConvTranspose):
    __doc__ = f"Transposed convolution over an image. {_ConvTranspose.__doc__}"
    rank = 2


@layers.register("Convolution3DTranspose")
class Conv3DTranspose(_ConvTranspose):
    __doc__ = f"Transposed convolution over a volume. {_ConvTranspose.__doc__}"
    rank = 3


Convolution1D, Convolution2D, Convolution3D = Conv1D, Conv2D, Conv3D
Convolution1DTranspose = Conv1DTranspose
Convolution2DTranspose = Conv2DTranspose
Convolution3DTranspose = Conv3DTranspose
