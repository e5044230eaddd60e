"""Describing a graph by running Python on stand-ins for its values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, cast

from numpy.typing import NDArray

from lamina import _core, nest
from lamina.tensor import Shape, Tensor, TensorBase, TracedTensor
from lamina.utils.locks import Local

if TYPE_CHECKING:
    from lamina.variable import Variable


class Trace:
    """A graph in the making: in `with trace:` operations on its tensors and variables add to it."""

    def __init__(self) -> None:
        self.graph = _core.Graph()

    def __enter__(self) -> Trace:
        _stack.push(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        _stack.pop()

    def input(self, shape: Shape, dtype: str) -> TracedTensor:
        """Return an input of the graph."""
        return TracedTensor(self, self.graph.input(shape, dtype))

    def constant(self, array: NDArray[Any]) -> TracedTensor:
        """Return a copy of an array as a part of the graph."""
        return TracedTensor(self, self.graph.constant(array))

    def read(self, variable: Variable) -> TracedTensor:
        """Return a variable's value: last written in this trace, else what it holds when run."""
        return TracedTensor(self, self.graph.read(variable.core))

    def write(self, variable: Variable, tensor: TracedTensor) -> None:
        """Let later reads give `tensor`, and the variable hold it after each run."""
        self.graph.write(variable.core, tensor.value)

    def apply(
        self, op: str, inputs: Sequence[TensorBase], attributes: dict[str, Any]
    ) -> tuple[TracedTensor, ...]:
        """Add an operation of the core to the graph; arrays become constants."""
        values = [self.lift(tensor).value for tensor in inputs]
        return tuple(
            TracedTensor(self, value) for value in self.graph.apply(op, values, attributes)
        )

    def lift(self, tensor: TensorBase) -> TracedTensor:
        """Return any tensor as one of this trace."""
        if isinstance(tensor, TracedTensor):
            return tensor if tensor.trace is self else self._foreign(tensor)
        if isinstance(tensor, Tensor):
            return self.constant(tensor.numpy())
        return self.read(cast("Variable", tensor))

    def _foreign(self, tensor: TracedTensor) -> TracedTensor:
        """Return a tensor of another trace as one of this; a function's trace has no such."""
        raise ValueError(
            f"{tensor!r} is of another trace: it was kept from a function that has returned"
        )

    def gradients(
        self, target: TensorBase, sources: Sequence[TensorBase]
    ) -> list[TracedTensor | None]:
        """Return the derivatives of the sum of `target`, None where a source has no part in it."""
        found = self.graph.gradients(self.lift(target).value, [self.lift(x).value for x in sources])
        return [None if value is None else TracedTensor(self, value) for value in found]

    def compile(self, outputs: Sequence[TracedTensor]) -> _core.Plan:
        """Return the plan that computes the outputs and updates the variables written."""
        return self.graph.compile([output.value for output in outputs])


class _Stack(Local):
    def __init__(self) -> None:
        self.traces: list[Trace | None] = []

    def push(self, trace: Trace | None) -> None:
        self.traces.append(trace)
        _core.set_tracing(trace is not None)

    def pop(self) -> None:
        self.traces.pop()
        _core.set_tracing(bool(self.traces) and self.traces[-1] is not None)


_stack = _Stack()


def current_trace() -> Trace | None:
    """Return the trace this thread is in, None outside of any."""
    traces = _stack.traces
    return traces[-1] if traces else None


@contextmanager
def untraced() -> Iterator[None]:
    """Compute at once within the `with` block, even where a graph is being described."""
    _stack.push(None)
    try:
        yield
    finally:
        _stack.pop()


def grad(target: TensorBase, sources: Any) -> Any:
    """Return the derivatives of a tensor, summed if it is no scalar, with respect to each source.

    sources: a tensor, a variable, or a structure of them; the result has the same structure, None
    where `target` does not depend on a source. Results may be differentiated again. Works where a
    graph is being described: in a function under `lamina.function`, in a layer's `call`, a loss or
    a training step.
    """
    trace = current_trace()
    if trace is None:
        raise RuntimeError(
            "lamina.grad works where a graph is being described: "
            "put it and what it differentiates into a function decorated with @lamina.function"
        )
    return nest.pack_as(sources, trace.gradients(target, nest.flatten(sources)))
