"""Layers that convolve each channel by itself, and those that mix the channels afterwards."""

from __future__ import annotations

from typing import Any

from lamina import ops
from lamina.layers.convolution import Convolution
from lamina.layers.core import positive_integer
from lamina.layers.input_spec import Shape
from lamina.layers.spatial import Sizes
from lamina.registry import layers
from lamina.tensor import TensorBase
from lamina.variable import Variable


class _DepthwiseConv(Convolution):
    """Convolve each channel with `depth_multiplier` kernels of its own; then bias and activation.

    Weights: kernel (*kernel_size, channels, depth_multiplier), then bias
    (channels depth_multiplier,).
    """

    kernel: Variable

    def __init__(
        self,
        kernel_size: Sizes,
        strides: Sizes = 1,
        padding: str = "valid",
        depth_multiplier: int = 1,
        data_format: str | None = None,
        dilation_rate: Sizes = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            *(kernel_size, strides, padding, data_format, dilation_rate, activation, use_bias),
            activity_regularizer=activity_regularizer,
            **kwargs,
        )
        self._set_options(
            "depthwise", depthwise_initializer, depthwise_regularizer, depthwise_constraint
        )
        self._set_options("bias", bias_initializer, bias_regularizer, bias_constraint)
        self.depth_multiplier = positive_integer(self._title, "depth_multiplier", depth_multiplier)

    def build(self, input_shape: Shape) -> None:
        channels = self._channels(input_shape)
        shape = (*self.kernel_size, channels, self.depth_multiplier)
        self.kernel = self._add("depthwise", shape, name="kernel")
        self._add_bias(channels * self.depth_multiplier)

    def call(self, inputs: TensorBase) -> TensorBase:
        self._check_fits(inputs.shape)
        return self._with_bias(
            ops.depthwise_conv(
                *(inputs, self.kernel, self.strides, self.padding),
                *(self.data_format, self.dilation_rate),
            )
        )


@layers.register()
class DepthwiseConv1D(_DepthwiseConv):
    __doc__ = f"Depthwise convolution along the steps of a sequence. {_DepthwiseConv.__doc__}"
    rank = 1


@layers.register()
class DepthwiseConv2D(_DepthwiseConv):
    __doc__ = f"Depthwise convolution over an image. {_DepthwiseConv.__doc__}"
    rank = 2


class _SeparableConv(Convolution):
    """Convolve each channel by itself, then mix the channels at each place; bias and activation.

    Weights: depthwise_kernel (*kernel_size, channels, depth_multiplier), pointwise_kernel
    (1, ..., channels depth_multiplier, filters), then bias (filters,).
    """

    depthwise_kernel: Variable
    pointwise_kernel: Variable

    def __init__(
        self,
        filters: int,
        kernel_size: Sizes,
        strides: Sizes = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Sizes = 1,
        depth_multiplier: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        pointwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        pointwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        pointwise_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            *(kernel_size, strides, padding, data_format, dilation_rate, activation, use_bias),
            activity_regularizer=activity_regularizer,
            **kwargs,
        )
        self._set_options(
            "depthwise", depthwise_initializer, depthwise_regularizer, depthwise_constraint
        )
        self._set_options(
            "pointwise", pointwise_initializer, pointwise_regularizer, pointwise_constraint
        )
        self._set_options("bias", bias_initializer, bias_regularizer, bias_constraint)
        self.filters = positive_integer(self._title, "filters", filters)
        self.depth_multiplier = positive_integer(self._title, "depth_multiplier", depth_multiplier)

    def build(self, input_shape: Shape) -> None:
        channels, ones = self._channels(input_shape), (1,) * self.rank
        depthwise = (*self.kernel_size, channels, self.depth_multiplier)
        self.depthwise_kernel = self._add("depthwise", depthwise, name="depthwise_kernel")
        pointwise = (*ones, channels * self.depth_multiplier, self.filters)
        self.pointwise_kernel = self._add("pointwise", pointwise, name="pointwise_kernel")
        self._add_bias(self.filters)

    def call(self, inputs: TensorBase) -> TensorBase:
        self._check_fits(inputs.shape)
        return self._with_bias(
            ops.separable_conv(
                *(inputs, self.depthwise_kernel, self.pointwise_kernel, self.strides),
                *(self.padding, self.data_format, self.dilation_rate),
            )
        )


@layers.register("SeparableConvolution1D")
class SeparableConv1D(_SeparableConv):
    __doc__ = f"Separable convolution along the steps of a sequence. {_SeparableConv.__doc__}"
    rank = 1


@layers.register("SeparableConvolution2D")
class SeparableConv2D(_SeparableConv):
    __doc__ = f"Separable convolution over an image. {_SeparableConv.__doc__}"
    rank = 2


SeparableConvolution1D, SeparableConvolution2D = SeparableConv1D, SeparableConv2D
