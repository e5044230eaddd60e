"""Activations as layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lamina import activations, ops
from lamina.layers.base import Layer
from lamina.layers.input_spec import InputSpec, Shape
from lamina.layers.weighted import Weighted
from lamina.registry import layers
from lamina.tensor import TensorBase
from lamina.variable import Variable


@layers.register()
class Activation(Layer):
    """Apply an activation function, given itself or by name."""

    supports_masking = True

    def __init__(self, activation: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.activation = activations.get(activation)

    def call(self, inputs: TensorBase) -> TensorBase:
        return self.activation(inputs)


@layers.register()
class ReLU(Layer):
    """Compute max(x, 0), at most `max_value`; below `threshold` negative_slope (x - threshold)."""

    supports_masking = True

    def __init__(
        self,
        max_value: float | None = None,
        negative_slope: float = 0.0,
        threshold: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if max_value is not None:
            _at_least_zero(self._title, "max_value", max_value)
        self.max_value = max_value
        self.negative_slope = _at_least_zero(self._title, "negative_slope", negative_slope)
        self.threshold = _at_least_zero(self._title, "threshold", threshold)

    def call(self, inputs: TensorBase) -> TensorBase:
        return activations.relu(
            inputs,
            negative_slope=self.negative_slope,
            max_value=self.max_value,
            threshold=self.threshold,
        )


@layers.register()
class LeakyReLU(Layer):
    """Compute x where x > 0, negative_slope x elsewhere; older programs call that `alpha`."""

    supports_masking = True

    def __init__(self, negative_slope: float = 0.3, **kwargs: Any) -> None:
        negative_slope = kwargs.pop("alpha", negative_slope)
        super().__init__(**kwargs)
        self.negative_slope = _at_least_zero(self._title, "negative_slope", negative_slope)

    def call(self, inputs: TensorBase) -> TensorBase:
        return activations.leaky_relu(inputs, negative_slope=self.negative_slope)


@layers.register()
class PReLU(Weighted):
    """Compute x where x > 0, alpha x elsewhere, with a learned alpha.

    Weight: alpha, of the shape of one sample, but 1 along `shared_axes` (counted from 1).
    Source: He et al. 2015, arXiv:1502.01852.
    """

    supports_masking = True
    alpha: Variable

    def __init__(
        self,
        alpha_initializer: Any = "zeros",
        alpha_regularizer: Any = None,
        alpha_constraint: Any = None,
        shared_axes: int | Sequence[int] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._set_options("alpha", alpha_initializer, alpha_regularizer, alpha_constraint)
        if isinstance(shared_axes, int):
            shared_axes = [shared_axes]
        self.shared_axes = None if shared_axes is None else list(shared_axes)

    def build(self, input_shape: Shape) -> None:
        shared = self.shared_axes or []
        if not all(1 <= axis < len(input_shape) for axis in shared):
            raise ValueError(
                f"{self._title}: expected shared_axes in 1..{len(input_shape) - 1}, "
                f"received {shared} for shape {input_shape}"
            )
        sizes = {axis: input_shape[axis] for axis in range(1, len(input_shape))}
        shape = tuple(1 if axis in shared else size for axis, size in sizes.items())
        self.alpha = self._add("alpha", shape)
        fixed = {axis: size for axis, size in sizes.items() if axis not in shared}
        self.input_spec = InputSpec(ndim=len(input_shape), axes=fixed)

    def call(self, inputs: TensorBase) -> TensorBase:
        return activations.relu(inputs) - self.alpha * activations.relu(-inputs)


@layers.register()
class ELU(Layer):
    """Compute x where x > 0, alpha (exp(x) - 1) elsewhere."""

    supports_masking = True

    def __init__(self, alpha: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.alpha = alpha

    def call(self, inputs: TensorBase) -> TensorBase:
        return activations.elu(inputs, alpha=self.alpha)


@layers.register()
class Softmax(Layer):
    """Compute exp(x) / Σ exp(x) over `axis` (several axes: jointly).

    mask (bool, broadcasts to the input): where False, the element takes no part and comes out as 0.
    """

    supports_masking = True

    def __init__(self, axis: int | Sequence[int] = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = axis if isinstance(axis, int) else list(axis)

    def call(self, inputs: TensorBase, mask: TensorBase | None = None) -> TensorBase:
        if mask is not None and mask.dtype != "bool":
            mask = ops.greater(mask, 0.5)
        return masked_softmax(inputs, self.axis, mask)


def masked_softmax(x: TensorBase, axis: int | list[int], mask: TensorBase | None) -> TensorBase:
    """Return softmax over the axes of where the mask is True, 0 elsewhere; None: of everything."""
    if mask is not None:
        x = ops.where(mask, x, -1e9)
    axes = [axis] if isinstance(axis, int) else axis
    if len(axes) == 1:
        outputs = activations.softmax(x, axis=axes[0])
    else:
        outputs = ops.exp(x - ops.logsumexp(x, axis=axes, keepdims=True))
    return outputs if mask is None else ops.where(mask, outputs, 0.0)


def _at_least_zero(layer: str, name: str, value: Any) -> float:
    if not isinstance(value, (int, float)) or not value >= 0:
        raise ValueError(f"{layer}: expected {name} >= 0, received {name}={value!r}")
    return value
