"""The layer that multiplies by a kernel along any axes."""

from __future__ import annotations

import math
import string
from collections.abc import Sequence
from typing import Any, NamedTuple

from lamina import activations, ops
from lamina.initializers import VarianceScaling
from lamina.layers.input_spec import InputSpec, Shape
from lamina.layers.weighted import Weighted
from lamina.registry import layers
from lamina.tensor import TensorBase
from lamina.variable import Variable


class Subscripts(NamedTuple):
    """The axes of "input,kernel->output" by letter, those that `...` stood for included."""

    input: str
    kernel: str
    output: str

    @property
    def is_product(self) -> bool:
        """Whether it is one matrix product: input (rows, inner), kernel (inner, columns)."""
        summed = "".join(c for c in self.kernel if c not in self.output)
        columns = self.kernel[len(summed) :]
        rows = self.input[: len(self.input) - len(summed)]
        return self == (rows + summed, summed + columns, rows + columns) and bool(summed)


@layers.register()
class EinsumDense(Weighted):
    """Compute activation(einsum(equation, x, kernel) + bias).

    equation: as "abc,cd->abd"; `...` in it stands for further axes of input and output.
    output_shape: sizes of the output's axes without the batch, None where they are the input's.
    bias_axes: the output's letters that the bias has, in its order; None: no bias.
    Weights: kernel, of the equation's sizes, then bias.
    """

    kernel: Variable
    bias: Variable | None

    def __init__(
        self,
        equation: str,
        output_shape: int | Sequence[int | None],
        activation: Any = None,
        bias_axes: str | None = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.equation = equation
        sizes = (output_shape,) if isinstance(output_shape, int) else output_shape
        self.output_shape = tuple(sizes)
        self.bias_axes = bias_axes
        self.activation = activations.get(activation)
        self._set_options("kernel", kernel_initializer, kernel_regularizer, kernel_constraint)
        self._set_options("bias", bias_initializer, bias_regularizer, bias_constraint)

    def build(self, input_shape: Shape) -> None:
        axes = self._subscripts(len(input_shape))
        sizes = self._sizes(axes, input_shape)
        shape = tuple(sizes[c] for c in axes.kernel)
        self.kernel = self._add("kernel", shape, initializer=self._for_axes(axes))
        self.bias = None
        if self.bias_axes is not None:
            first = min(axes.output.index(c) for c in self.bias_axes)
            letters = axes.output[first:]
            shape = tuple(sizes[c] if c in self.bias_axes else 1 for c in letters)
            self.bias = self._add("bias", shape)
        self.input_spec = InputSpec(ndim=len(input_shape))

    def _subscripts(self, rank: int) -> Subscripts:
        """Return the equation's axes for input of a rank; raise ValueError if it is malformed."""
        terms = self.equation.replace(" ", "").replace("->", ",").split(",")
        if len(terms) == 3 and terms[0].count("...") == terms[2].count("...") <= 1:
            spare = [c for c in string.ascii_letters if c not in self.equation]
            elided = rank - len(terms[0].replace("...", ""))
            if elided == 0 or (elided > 0 and "..." in terms[0]):
                letters = "".join(spare[:elided])
                axes = Subscripts(*(term.replace("...", letters) for term in terms))
                known = set(axes.input) | set(axes.kernel)
                once = all(term.isalpha() and len(set(term)) == len(term) for term in axes)
                bias = set(self.bias_axes or "") <= set(axes.output)
                needed = set(axes.kernel) <= set(axes.input) | set(axes.output)
                if once and set(axes.output) <= known and needed and bias:
                    return axes
        raise ValueError(
            f"{self._title}: expected an equation such as 'abc,cd->abd' for input with {rank} "
            f"dimensions, each letter once in a term and bias_axes among the output's, received "
            f"{self.equation!r} with bias_axes={self.bias_axes!r}"
        )

    def _sizes(self, axes: Subscripts, input_shape: Shape) -> dict[str, int | None]:
        """Return the size of each axis by its letter, None where it varies."""
        sizes = dict(zip(axes.input, input_shape, strict=True))
        spare = len(axes.output) - 1 - len(self.output_shape)  # what `...` stood for
        at = self.equation.split("->")[1].replace(" ", "").find("...")
        letters = axes.output[1 + spare :] if at == 0 else axes.output[1 : len(axes.output) - spare]
        for letter, size in zip(letters, self.output_shape, strict=False):
            if size is not None and sizes.get(letter) not in (None, size):
                raise ValueError(
                    f"{self._title}: axis {letter!r} of {self.equation!r} has size "
                    f"{sizes[letter]} in input {input_shape}, {size} in {self.output_shape=}"
                )
            sizes[letter] = sizes.get(letter) if size is None else size
        return sizes

    def _for_axes(self, axes: Subscripts) -> Any:
        """Return the kernel's initializer; one that scales by fans is told which axes are which."""
        found = self.kernel_initializer
        if not isinstance(found, VarianceScaling) or found.input_axes or found.output_axes:
            return found
        outputs = [i for i, c in enumerate(axes.kernel) if c in axes.output]
        inputs = [i for i, c in enumerate(axes.kernel) if c not in axes.output]
        config = {**found.get_config(), "input_axes": inputs, "output_axes": outputs}
        return type(found).from_config(config)

    def call(self, inputs: TensorBase) -> TensorBase:
        axes = self._subscripts(inputs.ndim)
        columns = axes.kernel[len([c for c in axes.kernel if c not in axes.output]) :]
        if not axes.is_product or self.bias_axes not in (None, columns):
            outputs = ops.einsum(f"{axes.input},{axes.kernel}->{axes.output}", inputs, self.kernel)
            return self.activation(outputs if self.bias is None else outputs + self.bias)
        # One matrix product, to which bias and activation are fused.
        rows = inputs.shape[: len(axes.output) - len(columns)]
        sizes = self.kernel.shape[-len(columns) :] if columns else ()
        inner, width = math.prod(inputs.shape[len(rows) :]), math.prod(sizes)
        outputs = ops.matmul(
            ops.reshape(inputs, (math.prod(rows), inner)), ops.reshape(self.kernel, (inner, width))
        )
        if self.bias is not None:
            outputs = outputs + ops.reshape(self.bias, (width,))
        shape = (*rows, *sizes)
        if self.activation is activations.softmax:  # the only one that asks for the axes
            return self.activation(ops.reshape(outputs, shape))
        return ops.reshape(self.activation(outputs), shape)
