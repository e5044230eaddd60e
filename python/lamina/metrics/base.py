"""The base class of metrics: variables that batches are added to, and a result of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from lamina import initializers, ops
from lamina.registry import Configurable
from lamina.tensor import TensorBase
from lamina.utils.naming import auto_name
from lamina.variable import Variable


class Metric(Configurable):
    """Accumulate a number over batches; a subclass overrides `update_state` and `result`.

    Both compose `lamina.ops` on the metric's variables: in training they are part of the compiled
    graph, by hand they act at once. Values are computed in `dtype` (None: the predictions'), sums
    are float64: a scalar addition per batch is free, and a float32 sum stops counting at 2^24 and
    drifts long before.
    """

    # Whether larger ("up") or smaller ("down") is better, for callbacks that keep the best.
    _direction: ClassVar[str | None] = None

    def __init__(self, name: str | None = None, dtype: str | None = None) -> None:
        self.name = name or auto_name(type(self).__name__)
        self.dtype = dtype
        self._variables: list[Variable] = []

    def add_variable(
        self,
        shape: Sequence[int] = (),
        initializer: Any = "zeros",
        dtype: str | None = "float64",
        name: str | None = None,
    ) -> Variable:
        """Return a new variable of the metric's state."""
        variable = Variable(
            initializers.get(initializer),
            shape=tuple(shape),
            dtype=dtype,
            trainable=False,
            name=name,
        )
        self._variables.append(variable)
        return variable

    add_weight = add_variable

    @property
    def variables(self) -> list[Variable]:
        """The metric's state, and that of metrics it holds."""
        nested = [value for value in vars(self).values() if isinstance(value, Metric)]
        return [*self._variables, *(v for metric in nested for v in metric.variables)]

    def update_state(self, *args: Any, **kwargs: Any) -> None:
        """Add a batch: (y_true, y_pred, sample_weight=None), or (values, sample_weight=None)."""
        raise NotImplementedError(f"{type(self).__name__} must override update_state")

    def result(self) -> TensorBase:
        """Return the metric over all that was added since the last reset."""
        raise NotImplementedError(f"{type(self).__name__} must override result")

    def reset_state(self) -> None:
        """Forget what was added."""
        for variable in self.variables:
            variable.assign(ops.zeros(variable.shape, variable.dtype))

    def __call__(self, *args: Any, **kwargs: Any) -> TensorBase:
        """Add a batch and return the result so far."""
        self.update_state(*args, **kwargs)
        return self.result()
