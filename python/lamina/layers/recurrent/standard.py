"""The recurrent layers of the standard cells."""

from __future__ import annotations

import inspect
from typing import Any

from lamina.layers.input_spec import InputSpec
from lamina.layers.recurrent.cells import GRUCell, LSTMCell, SimpleRNNCell
from lamina.layers.recurrent.rnn import RNN
from lamina.layers.recurrent.standard_cell import StandardCell
from lamina.registry import layers
from lamina.utils.naming import to_snake_case


class StandardRNN(RNN):
    """An RNN that makes its cell from its own arguments, and has them as attributes.

    With the standard activations, and without recurrent dropout in training, the core walks through
    a whole sequence in one operation. There is one way to compute: `implementation` has no effect,
    `use_cudnn` must not be True.
    """

    def __init__(self, cell: type[StandardCell], arguments: dict[str, Any]) -> None:
        apart = ("self", "__class__", "kwargs", "use_cudnn")
        own = {k: v for k, v in arguments.items() if k not in apart}
        kwargs = {k: v for k, v in arguments["kwargs"].items() if k != "implementation"}
        use_cudnn = arguments.get("use_cudnn", "auto")
        if use_cudnn not in ("auto", False):
            raise ValueError(
                f"{type(self).__name__}: there is no cuDNN on CPUs; expected use_cudnn='auto' or "
                f"False, received {use_cudnn!r}"
            )
        names = inspect.signature(cell).parameters
        of_cell = {name: own.pop(name) for name in names if name in own}
        common = {name: kwargs[name] for name in ("dtype", "trainable") if name in kwargs}
        name = to_snake_case(cell.__name__)
        super().__init__(cell(**of_cell, **common, name=name), **own, **kwargs)
        self.input_spec = InputSpec(ndim=3)

    def __getattr__(self, name: str) -> Any:
        cell = vars(self).get("cell")
        if cell is not None and name in inspect.signature(type(cell)).parameters:
            return getattr(cell, name)
        return super().__getattr__(name)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Return the layer that `get_config` described."""
        return cls(**config)


@layers.register()
class SimpleRNN(StandardRNN):
    """Fully connected recurrence: (batch, time, in) → (batch, units).

    The cell is `SimpleRNNCell`, the options of the walk are `RNN`'s.
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
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        seed: int | None = None,
        *,
        zero_output_for_mask: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(SimpleRNNCell, locals())


@layers.register()
class LSTM(StandardRNN):
    """Long short-term memory: (batch, time, in) → (batch, units).

    The cell is `LSTMCell`, the options of the walk are `RNN`'s.
    """

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
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        use_cudnn: bool | str = "auto",
        *,
        zero_output_for_mask: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(LSTMCell, locals())


@layers.register()
class GRU(StandardRNN):
    """Gated recurrent unit: (batch, time, in) → (batch, units).

    The cell is `GRUCell`, the options of the walk are `RNN`'s.
    """

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
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        reset_after: bool = True,
        use_cudnn: bool | str = "auto",
        *,
        zero_output_for_mask: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(GRUCell, locals())
