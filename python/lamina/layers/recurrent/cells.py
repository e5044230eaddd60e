"""The recurrent cells: what happens in one step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lamina import activations, ops
from lamina.layers.recurrent.standard_cell import StandardCell, States
from lamina.ops._apply import apply
from lamina.registry import activations as registry
from lamina.registry import layers
from lamina.tensor import TensorBase

# Activations whose derivative the core has in terms of their value.
_VIA_VALUE = ("tanh", "relu", "sigmoid", "elu", "selu", "softplus", "softsign", "hard_sigmoid")


@layers.register()
class SimpleRNNCell(StandardCell):
    """One step of a fully connected recurrence: (batch, in), [h] → h, [h].

    h = activation(inputs @ kernel + h @ recurrent_kernel + bias).

    Weights: kernel (in, units), recurrent_kernel (units, units), bias (units,).
    dropout, recurrent_dropout: rates for inputs and state, the same in all steps of a sequence.
    Source: Elman 1990, Cognitive Science 14.
    """

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(units, activation, use_bias, dropout, recurrent_dropout, seed, **kwargs)
        self._set_options("kernel", kernel_initializer, kernel_regularizer, kernel_constraint)
        self._set_options(
            "recurrent", recurrent_initializer, recurrent_regularizer, recurrent_constraint
        )
        self._set_options("bias", bias_initializer, bias_regularizer, bias_constraint)

    def call(
        self, inputs: TensorBase, states: States, training: bool = False
    ) -> tuple[TensorBase, States]:
        from_inputs, from_state, _ = self._products(inputs, states[0], training, self.gates)
        if self.bias is not None:
            from_inputs = from_inputs + self.bias
        h = self.activation(from_inputs + from_state)
        return h, [h]

    def fuses(self, training: bool) -> bool:
        return registry.name_of(self.activation) in _VIA_VALUE and super().fuses(training)

    def _fused(self, *tensors: TensorBase, reverse: bool) -> Sequence[TensorBase]:
        name = registry.name_of(self.activation) or ""
        results: Sequence[TensorBase] = apply(
            "simple_rnn", *tensors, reverse=reverse, activation=name
        )
        return results


@layers.register()
class LSTMCell(StandardCell):
    """One step of a long short-term memory: (batch, in), [h, c] → h, [h, c].

    i, f, o = recurrent_activation, g = activation of inputs @ kernel + h @ recurrent_kernel + bias,
    cut into i, f, g, o; c = f c + i g; h = o activation(c).

    Weights: kernel (in, 4 units), recurrent_kernel (units, 4 units), bias (4 units,).
    unit_forget_bias: whether the bias of f starts at 1 (Jozefowicz et al. 2015).
    dropout, recurrent_dropout: rates for inputs and state, the same in all steps of a sequence.
    Source: Hochreiter and Schmidhuber 1997, Neural Computation 9; Gers et al. 2000.
    """

    gates = 4

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        unit_forget_bias: bool = True,
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(units, activation, use_bias, dropout, recurrent_dropout, seed, **kwargs)
        self._set_options("kernel", kernel_initializer, kernel_regularizer, kernel_constraint)
        self._set_options(
            "recurrent", recurrent_initializer, recurrent_regularizer, recurrent_constraint
        )
        self._set_options("bias", bias_initializer, bias_regularizer, bias_constraint)
        self.recurrent_activation = activations.get(recurrent_activation)
        self.unit_forget_bias = unit_forget_bias

    @property
    def state_size(self) -> list[int]:
        """The units of h and c."""
        return [self.units, self.units]

    def _first_bias(self, shape: Sequence[int], dtype: str) -> Any:
        if not self.unit_forget_bias:
            return super()._first_bias(shape, dtype)
        first, rest = (self.bias_initializer((n * self.units,), dtype=dtype) for n in (1, 2))
        return ops.concatenate([first, ops.ones((self.units,), dtype=dtype), rest])

    def call(
        self, inputs: TensorBase, states: States, training: bool = False
    ) -> tuple[TensorBase, States]:
        h, c = states
        from_inputs, from_state, _ = self._products(inputs, h, training, self.gates)
        if self.bias is not None:
            from_inputs = from_inputs + self.bias
        i, f, g, o = ops.split(from_inputs + from_state, 4, axis=1)
        gate = self.recurrent_activation
        c = gate(f) * c + gate(i) * self.activation(g)
        h = gate(o) * self.activation(c)
        return h, [h, c]

    def fuses(self, training: bool) -> bool:
        return _are_standard(self) and super().fuses(training)

    def _fused(self, *tensors: TensorBase, reverse: bool) -> Sequence[TensorBase]:
        results: Sequence[TensorBase] = apply("lstm", *tensors, reverse=reverse)
        return results


@layers.register()
class GRUCell(StandardCell):
    """One step of a gated recurrent unit: (batch, in), [h] → h, [h].

    With x = inputs @ kernel + bias[0] and s = h @ recurrent_kernel + bias[1], cut into z, r, n:
    z, r = recurrent_activation(x + s); n = activation(x + r s); h = z h + (1 - z) n.

    reset_after=False: r comes before the product, n = activation(x + (r h) @ recurrent_kernel).
    Weights: kernel (in, 3 units), recurrent_kernel (units, 3 units), bias (2, 3 units), or, with
    reset_after=False, (3 units,), of x alone.
    dropout, recurrent_dropout: rates for inputs and state, the same in all steps of a sequence.
    Source: Cho et al. 2014, arXiv:1406.1078, version 3; reset_after=False: version 1.
    """

    gates = 3

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        reset_after: bool = True,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(units, activation, use_bias, dropout, recurrent_dropout, seed, **kwargs)
        self._set_options("kernel", kernel_initializer, kernel_regularizer, kernel_constraint)
        self._set_options(
            "recurrent", recurrent_initializer, recurrent_regularizer, recurrent_constraint
        )
        self._set_options("bias", bias_initializer, bias_regularizer, bias_constraint)
        self.recurrent_activation = activations.get(recurrent_activation)
        self.reset_after = reset_after

    def _bias_shape(self) -> tuple[int, ...]:
        return (2, 3 * self.units) if self.reset_after else (3 * self.units,)

    def call(
        self, inputs: TensorBase, states: States, training: bool = False
    ) -> tuple[TensorBase, States]:
        (h,) = states
        gates = 3 if self.reset_after else 2
        x, s, dropped = self._products(inputs, h, training, gates)
        if self.bias is not None:
            x = x + (self.bias[0] if self.reset_after else self.bias)
            s = s + self.bias[1] if self.reset_after else s
        x_z, x_r, x_n = ops.split(x, 3, axis=1)
        s_z, s_r, *s_n = ops.split(s, gates, axis=1)
        z, r = self.recurrent_activation(x_z + s_z), self.recurrent_activation(x_r + s_r)
        if self.reset_after:
            n = self.activation(x_n + r * s_n[0])
        else:
            seen = r * (h if dropped is None else h * dropped[2])
            n = self.activation(x_n + ops.matmul(seen, self.recurrent_kernel[:, 2 * self.units :]))
        h = z * h + (1.0 - z) * n
        return h, [h]

    def fuses(self, training: bool) -> bool:
        return self.reset_after and _are_standard(self) and super().fuses(training)

    def _fused(self, *tensors: TensorBase, reverse: bool) -> Sequence[TensorBase]:
        results: Sequence[TensorBase] = apply("gru", *tensors, reverse=reverse)
        return results


def _are_standard(cell: Any) -> bool:
    """Return whether a cell's activations are those of the core's op."""
    return (
        registry.name_of(cell.activation) == "tanh"
        and registry.name_of(cell.recurrent_activation) == "sigmoid"
    )
