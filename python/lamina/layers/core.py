"""Entry points of a model, and the layers every network is made of."""

from __future__ import annotations

import inspect
import operator
from collections.abc import Callable, Mapping, Sequence
from types import NoneType
from typing import Any

import numpy as np

from lamina import activations, ops
from lamina.layers.base import Layer
from lamina.layers.input_spec import InputSpec, Shape, as_shape
from lamina.layers.weighted import Weighted
from lamina.registry import layers, operations
from lamina.symbolic import Node
from lamina.tensor import KerasTensor, TensorBase
from lamina.variable import Variable


@layers.register()
class InputLayer(Layer):
    """Where data enters a functional graph; `Input` makes one and returns its tensor.

    shape: of one sample (an int is a shape of one dimension); or batch_shape: with the batch.
    """

    def __init__(
        self,
        shape: int | Sequence[int | None] | None = None,
        batch_size: int | None = None,
        dtype: Any = None,
        batch_shape: Sequence[int | None] | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name or None, dtype=dtype)
        if (shape is None) == (batch_shape is None):
            raise ValueError(f"{self._title}: expected either shape or batch_shape")
        if batch_shape is not None and batch_size is not None:
            raise ValueError(f"{self._title}: batch_shape says the batch size; drop batch_size")
        if batch_shape is None:
            batch_shape = (batch_size, *as_shape(shape if shape is not None else ()))
        self.batch_shape = as_shape(batch_shape)
        self.built = True
        Node(self, (), {}, KerasTensor(self.batch_shape, self.dtype, name=self.name))

    def call(self) -> None:
        """Nothing: the graph puts the data in place of the tensor."""

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make such a layer again."""
        return {"batch_shape": list(self.batch_shape), "dtype": self.dtype, "name": self.name}


def Input(
    shape: int | Sequence[int | None] | None = None,
    batch_size: int | None = None,
    dtype: Any = None,
    batch_shape: Sequence[int | None] | None = None,
    name: str | None = None,
) -> KerasTensor:
    """Return the symbolic tensor that a functional model starts from, shape (batch, *shape).

    `Input(13)` is `Input((13,))`; None in a shape is a size that varies.
    """
    layer = InputLayer(shape, batch_size, dtype, batch_shape, name)
    tensor: KerasTensor = layer.output
    return tensor


@layers.register()
class Dense(Weighted):
    """Compute activation(x @ kernel + bias); (..., in) → (..., units).

    Weights: kernel (in, units), then bias (units,) unless `use_bias` is False.
    """

    supports_masking = True
    kernel: Variable
    bias: Variable | None

    def __init__(
        self,
        units: int,
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
        self.units = positive_integer("Dense", "units", units)
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self._set_options("kernel", kernel_initializer, kernel_regularizer, kernel_constraint)
        self._set_options("bias", bias_initializer, bias_regularizer, bias_constraint)
        self.input_spec = InputSpec(min_ndim=2)

    def build(self, input_shape: Shape) -> None:
        features = self._features(input_shape)
        self.kernel = self._add("kernel", (features, self.units))
        self.bias = self._add("bias", (self.units,)) if self.use_bias else None
        self.input_spec = InputSpec(min_ndim=2, axes={-1: features})

    def call(self, inputs: TensorBase) -> TensorBase:
        outputs = ops.matmul(inputs, self.kernel)
        if self.bias is not None:
            outputs = outputs + self.bias
        return self.activation(outputs)


@layers.register()
class Identity(Layer):
    """Return the input."""

    supports_masking = True

    def call(self, inputs: Any) -> Any:
        return inputs


@layers.register()
class Lambda(Layer):
    """Apply a function that composes `lamina.ops`, with `arguments` as its options.

    mask: the output's mask, or a function of (inputs, mask) that returns it.
    To be saved, it must be a named function; loading finds it in `custom_objects`, or under
    `lamina.saving.register_serializable`.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        output_shape: Any = None,
        mask: Any = None,
        arguments: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not callable(function):
            raise TypeError(f"{self._title}: expected a function, received {function!r}")
        self.function = function
        self.output_shape = output_shape
        self.mask = mask
        self.supports_masking = mask is not None
        if not isinstance(arguments, (Mapping, NoneType)):
            raise ValueError(f"{self._title}: expected a dict of arguments, received {arguments!r}")
        self.arguments = dict(arguments or {})
        self._options = set(inspect.signature(function).parameters)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Return the layer; its function is found by name."""
        function = config["function"]
        if isinstance(function, str):
            function = operations.find(function)
        return cls(**{**config, "function": function})

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return self.mask(inputs, mask) if callable(self.mask) else self.mask

    def call(self, inputs: Any, mask: Any = None, training: bool | None = None) -> Any:
        options = dict(self.arguments)
        if "mask" in self._options:
            options["mask"] = mask
        if "training" in self._options:
            options["training"] = training
        return self.function(inputs, **options)


def positive_integer(kind: str, name: str, value: Any) -> int:
    """Return `value` as an int; raise ValueError if it is not a positive whole number."""
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool) and value > 0:
        return operator.index(value)
    raise ValueError(f"{kind}: expected {name} to be a positive integer, received {name}={value!r}")
