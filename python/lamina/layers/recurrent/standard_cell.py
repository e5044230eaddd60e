"""What the recurrent cells have in common: weights, dropout, and sequences at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from lamina import activations, ops, random
from lamina.layers.core import positive_integer
from lamina.layers.input_spec import Shape
from lamina.layers.weighted import Weighted
from lamina.random import SeedGenerator
from lamina.tensor import TensorBase
from lamina.variable import Variable

States = list[TensorBase]


class StandardCell(Weighted):
    """What the cells with a kernel, a recurrent kernel and a bias share.

    A subclass says how many gates' sums lie side by side in its kernels, which states it has, what
    a step computes, and when the core can compute a whole sequence in one operation.
    """

    gates: ClassVar[int] = 1
    kernel: Variable
    recurrent_kernel: Variable
    bias: Variable | None

    def __init__(
        self,
        units: int,
        activation: Any,
        use_bias: bool,
        dropout: float,
        recurrent_dropout: float,
        seed: int | None,
        **kwargs: Any,
    ) -> None:
        self.units = positive_integer(type(self).__name__, "units", units)
        kwargs.pop("implementation", None)  # there is one way to compute
        super().__init__(**kwargs)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.dropout = min(1.0, max(0.0, dropout))
        self.recurrent_dropout = min(1.0, max(0.0, recurrent_dropout))
        self.seed = seed
        if self.dropout > 0 or self.recurrent_dropout > 0:
            self.seed_generator = SeedGenerator(seed)
        self._masks: tuple[Any, Any] | None = None

    @property
    def state_size(self) -> int | list[int]:
        """The number of units of the state; a list where there are several states."""
        return self.units

    @property
    def output_size(self) -> int:
        """The number of features of the output."""
        return self.units

    def get_initial_state(self, batch_size: int) -> States:
        """Return states of zeros."""
        size = self.state_size
        sizes = [size] if isinstance(size, int) else size
        return [ops.zeros((batch_size, units), dtype=self.compute_dtype) for units in sizes]

    def build(self, input_shape: Shape) -> None:
        columns = self.gates * self.units
        self.kernel = self._add("kernel", (self._features(input_shape), columns))
        self.recurrent_kernel = self._add(
            "recurrent", (self.units, columns), name="recurrent_kernel"
        )
        self.bias = None
        if self.use_bias:
            self.bias = self._add("bias", self._bias_shape(), initializer=self._first_bias)

    def _bias_shape(self) -> tuple[int, ...]:
        return (self.gates * self.units,)

    def _first_bias(self, shape: Sequence[int], dtype: str) -> Any:
        return self.bias_initializer(shape, dtype=dtype)

    # Dropout: the same elements in all steps of a sequence. With recurrent dropout each gate has
    # masks of its own, both of its input and of the state.

    def begin_sequence(self, batch_size: int, training: bool) -> None:
        """Draw the dropout masks of a sequence."""
        count = self.gates if self.recurrent_dropout > 0 else 1
        features = self.kernel.shape[0]

        def draw(rate: float, size: int) -> list[TensorBase] | None:
            if not training or rate == 0:
                return None
            ones = ops.ones((batch_size, size), dtype=self.compute_dtype)
            masks = [random.dropout(ones, rate, seed=self.seed_generator) for _ in range(count)]
            return masks * (self.gates // count)

        self._masks = draw(self.dropout, features), draw(self.recurrent_dropout, self.units)

    def end_sequence(self) -> None:
        """Forget the masks."""
        self._masks = None

    def _products(
        self, inputs: TensorBase, state: TensorBase, training: bool, gates: int
    ) -> tuple[TensorBase, TensorBase, Any]:
        """Return inputs @ kernel, state @ recurrent_kernel for the first `gates`, and its masks."""
        alone = self._masks is None  # called by itself, not for a step of a sequence
        if alone:
            self.begin_sequence(inputs.shape[0], training)
        dropped, recurrent_dropped = self._masks or (None, None)
        if alone:
            self.end_sequence()
        recurrent = self.recurrent_kernel[:, : gates * self.units]
        return (
            self._product(inputs, self.kernel, dropped),
            self._product(state, recurrent, recurrent_dropped),
            recurrent_dropped,
        )

    def _product(self, x: TensorBase, kernel: TensorBase, masks: Any) -> TensorBase:
        if masks is None:
            return ops.matmul(x, kernel)
        if all(mask is masks[0] for mask in masks):
            return ops.matmul(x * masks[0], kernel)
        parts = ops.split(kernel, kernel.shape[1] // self.units, axis=1)
        products = [ops.matmul(x * mask, part) for mask, part in zip(masks, parts, strict=False)]
        return ops.concatenate(products, axis=1)

    # A whole sequence at once

    def fuses(self, training: bool) -> bool:
        """Return whether `sequence` computes what the steps would."""
        return not (training and self.recurrent_dropout > 0)

    def sequence(
        self,
        inputs: TensorBase,
        states: States,
        mask: TensorBase | None,
        reverse: bool,
        training: bool,
    ) -> tuple[TensorBase, States]:
        """Return the outputs at all times, (batch, time, units), and the last states."""
        if training and self.dropout > 0:
            noise = (inputs.shape[0], 1, inputs.shape[2])
            inputs = random.dropout(inputs, self.dropout, noise, seed=self.seed_generator)
        bias: TensorBase | None = self.bias
        if bias is None:
            bias = ops.zeros(self._bias_shape(), dtype=self.compute_dtype)
        tensors: list[TensorBase] = [inputs, self.kernel, self.recurrent_kernel, bias, *states]
        results = self._fused(*tensors, *(() if mask is None else (mask,)), reverse=reverse)
        last = 0 if reverse else inputs.shape[1] - 1
        return results[0], [result[:, last] for result in results[: len(states)]]

    def _fused(self, *tensors: TensorBase, reverse: bool) -> Sequence[TensorBase]:
        """Apply the core's op; its first outputs are those of the states at all times."""
        raise NotImplementedError
