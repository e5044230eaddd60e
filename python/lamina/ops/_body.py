"""Functions as parts of a graph: the bodies of loops, the branches of conditions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from lamina import _core
from lamina.tensor import TracedTensor
from lamina.trace import Trace

if TYPE_CHECKING:
    from lamina.variable import Variable


class Body(Trace):
    """The graph of a function within a graph.

    What it takes from around it becomes inputs: tensors of the outer traces, and variables, as they
    are when the function is called. What it writes to variables is their value at its end, which
    whoever calls it writes outside: so a body is pure, and writes keep their order.
    """

    def __init__(self, outer: Trace) -> None:
        super().__init__()
        self.outer = outer
        self._captured: dict[int, tuple[TracedTensor, TracedTensor]] = {}  # outer, inner
        self._first: dict[Variable, TracedTensor] = {}
        self._last: dict[Variable, TracedTensor] = {}

    def read(self, variable: Variable) -> TracedTensor:
        if variable not in self._last:
            self._last[variable] = self.initial(variable)
        return self._last[variable]

    def write(self, variable: Variable, tensor: TracedTensor) -> None:
        self._last[variable] = tensor

    def initial(self, variable: Variable) -> TracedTensor:
        """Return the input that is a variable's value at the start."""
        if variable not in self._first:
            self._first[variable] = self.input(variable.shape, variable.dtype)
        return self._first[variable]

    def capture(self, outer: TracedTensor) -> TracedTensor:
        """Return the input that is a tensor of the outer trace."""
        if outer.value not in self._captured:
            self._captured[outer.value] = (outer, self.input(outer.shape, outer.dtype))
        return self._captured[outer.value][1]

    def _foreign(self, tensor: TracedTensor) -> TracedTensor:
        return self.capture(self.outer.lift(tensor))

    @property
    def captured(self) -> list[TracedTensor]:
        """The tensors of the outer trace that it takes."""
        return [outer for outer, _ in self._captured.values()]

    @property
    def used(self) -> list[Variable]:
        """The variables that it reads or writes."""
        return list(self._last)

    @property
    def written(self) -> list[Variable]:
        """The variables that it writes."""
        return [v for v, last in self._last.items() if last is not self._first.get(v)]

    @property
    def only_read(self) -> list[Variable]:
        """The variables that it reads and leaves as they are."""
        return [v for v, last in self._last.items() if last is self._first.get(v)]

    def function(
        self, inputs: Iterable[TracedTensor], outputs: Iterable[TracedTensor]
    ) -> _core.Function:
        """Return what an operation of the core holds."""
        return _core.Function(self.graph, [x.value for x in inputs], [y.value for y in outputs])
