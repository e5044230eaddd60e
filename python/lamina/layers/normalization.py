"""Layers that bring each sample to mean 0 and variance 1, or to size 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lamina import ops
from lamina.layers.base import Layer
from lamina.layers.core import positive_integer
from lamina.layers.input_spec import InputSpec, Shape
from lamina.layers.weighted import Weighted
from lamina.ops.normalization import normalize_groups
from lamina.registry import layers
from lamina.tensor import TensorBase
from lamina.variable import Variable

Axes = int | Sequence[int]


class Affine(Weighted):
    """A layer that multiplies by gamma (unless scale is False) and adds beta (unless center is)."""

    supports_masking = True
    gamma: Variable | None
    beta: Variable | None

    def __init__(self, epsilon: float, center: bool, scale: bool, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(epsilon, (int, float)) or not epsilon >= 0:
            raise ValueError(
                f"{self._title}: expected epsilon of 0 or more, received epsilon={epsilon!r}"
            )
        self.epsilon = float(epsilon)
        self.center = center
        self.scale = scale

    def add_affine(self, shape: tuple[int, ...]) -> None:
        self.gamma = self._add("gamma", shape) if self.scale else None
        self.beta = self._add("beta", shape) if self.center else None


def whole_axis(layer: str, axis: Any) -> int:
    if isinstance(axis, bool) or not isinstance(axis, (int, np.integer)):
        raise ValueError(f"{layer}: expected axis to be a whole number, received axis={axis!r}")
    return int(axis)


def known_sizes(layer: Layer, shape: Shape, axis: Axes) -> tuple[int, ...]:
    """Return the input's sizes along the axes that have weights, in Keras's order: as sorted."""
    axes = [axis] if isinstance(axis, int) else list(axis)
    ndim = len(shape)
    if any(not -ndim <= a < ndim for a in axes):
        raise ValueError(
            f"{layer._title}: expected axis in {-ndim}..{ndim - 1}, received axis={axis} "
            f"for shape {shape}"
        )
    sizes = [shape[a] for a in sorted(axes)]
    known = tuple(size for size in sizes if size is not None)
    if len(known) < len(sizes):
        raise ValueError(
            f"{layer._title}: expected known sizes along axis={axis}, received shape {shape}"
        )
    return known


@layers.register()
class LayerNormalization(Affine):
    """Normalize each sample over `axis` (one or several), by its own mean and variance there.

    Weights: gamma, beta, of the input's sizes along `axis`.
    Source: Ba, Kiros and Hinton 2016, arXiv:1607.06450.
    """

    def __init__(
        self,
        axis: Axes = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(epsilon, center, scale, **kwargs)
        self._set_options("beta", beta_initializer, beta_regularizer, beta_constraint)
        self._set_options("gamma", gamma_initializer, gamma_regularizer, gamma_constraint)
        self.axis = axis if isinstance(axis, int) else sorted(axis)

    def build(self, input_shape: Shape) -> None:
        self.add_affine(known_sizes(self, input_shape, self.axis))

    def call(self, inputs: TensorBase) -> TensorBase:
        return ops.layer_normalization(inputs, self.gamma, self.beta, self.axis, self.epsilon)


@layers.register()
class GroupNormalization(Affine):
    """Normalize each sample by the mean and variance of groups of channels.

    groups: how many; they must divide the channels; -1: as many as channels. axis: the channels'.
    Weights: gamma, beta (channels,).
    Source: Wu and He 2018, arXiv:1803.08494.
    """

    def __init__(
        self,
        groups: int = 32,
        axis: int = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(epsilon, center, scale, **kwargs)
        self._set_options("beta", beta_initializer, beta_regularizer, beta_constraint)
        self._set_options("gamma", gamma_initializer, gamma_regularizer, gamma_constraint)
        self.groups = -1 if groups == -1 else positive_integer(self._title, "groups", groups)
        self.axis = whole_axis(self._title, axis)

    def build(self, input_shape: Shape) -> None:
        (channels,) = known_sizes(self, input_shape, self.axis)
        if self.groups > 0 and channels % self.groups:
            raise ValueError(
                f"{self._title}: expected groups to divide the {channels} channels of shape "
                f"{input_shape}, received groups={self.groups}"
            )
        self.add_affine((channels,))
        self.input_spec = InputSpec(ndim=len(input_shape), axes={self.axis: channels})

    def call(self, inputs: TensorBase) -> TensorBase:
        last = ops.moveaxis(inputs, self.axis, -1)
        groups = last.shape[-1] if self.groups == -1 else self.groups
        normal = normalize_groups(last, groups, self.gamma, self.beta, self.epsilon)
        return ops.moveaxis(normal, -1, self.axis)


@layers.register()
class RMSNormalization(Layer):
    """Divide each sample by the root of the mean of its squares over `axis`, and scale.

    Weights: scale, of the input's sizes along `axis`.
    Source: Zhang and Sennrich 2019, arXiv:1910.07467.
    """

    supports_masking = True

    def __init__(self, axis: Axes = -1, epsilon: float = 1e-6, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = axis if isinstance(axis, int) else sorted(axis)
        self.epsilon = float(epsilon)

    def build(self, input_shape: Shape) -> None:
        shape = known_sizes(self, input_shape, self.axis)
        self.scale = self.add_weight(shape, "ones", name="scale")

    def call(self, inputs: TensorBase) -> TensorBase:
        return ops.rms_normalization(inputs, self.scale, self.axis, self.epsilon)


@layers.register()
class UnitNormalization(Layer):
    """Divide by the root of the sum of squares over `axis`, so that it becomes 1."""

    supports_masking = True

    def __init__(self, axis: Axes = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = axis if isinstance(axis, int) else list(axis)

    def call(self, inputs: TensorBase) -> TensorBase:
        squares = ops.sum(ops.square(inputs), self.axis, keepdims=True)
        return inputs * ops.rsqrt(ops.maximum(squares, 1e-24))
