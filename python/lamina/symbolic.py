"""The functional API's record: which operation was called on which `KerasTensor`s."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ParamSpec, TypeVar

from lamina import nest
from lamina.eager import Eager
from lamina.registry import Configurable, operations
from lamina.tensor import KerasTensor, Shape, TensorBase, mask_of
from lamina.trace import Trace, current_trace
from lamina.utils.calls import MISTAKES, clarify
from lamina.utils.naming import auto_name

P = ParamSpec("P")
R = TypeVar("R")

# What unknown sizes are while shapes are found: a result that differs between them is unknown too.
# Both have many divisors, so that reshaping (None, 4) to (-1, 6) works.
_STAND_INS = (60, 120)


class Node:
    """One call of an operation or a layer on `KerasTensor`s.

    Adds itself to `operation.nodes` and is where each output's `history` points.
    """

    def __init__(
        self, operation: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], outputs: Any
    ) -> None:
        self.operation = operation
        self.args = args
        self.kwargs = dict(kwargs)
        self.inputs = keras_tensors((args, self.kwargs))
        self.outputs = keras_tensors(outputs)
        operation.nodes.append(self)
        for index, output in enumerate(self.outputs):
            output.history = (operation, len(operation.nodes) - 1, index)
            if output._keras_mask is not None:
                output._keras_mask.history = output.history


class Operation(Configurable):
    """A function of `lamina.ops` in a functional model, called on tensors when the model runs."""

    def __init__(self, op: str, name: str | None = None) -> None:
        self.op = op
        self.name = name or auto_name(op)
        self.nodes: list[Node] = []
        self._fn = operations.find(op)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Compute on tensors or arrays; on `KerasTensor`s, record the call."""
        if not _any_symbolic((*args, *kwargs.values())):
            return self._fn(*args, **kwargs)
        outputs = infer(self._fn, *args, **kwargs)
        Node(self, args, kwargs, outputs)
        return outputs


def operation(fn: Callable[P, R]) -> Callable[P, R]:
    """Make a function of tensors an operation: known by name, recorded on `KerasTensor`s.

    It is recorded as called and runs again, on sizes that are known by then, when the model does.
    """
    return operations.register()(_recorded(fn))


def _recorded(fn: Callable[P, R]) -> Callable[P, R]:
    @functools.wraps(fn)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            if _any_symbolic(args) or (kwargs and _any_symbolic(kwargs.values())):
                outputs: R = Operation(fn.__name__)(*args, **kwargs)
                return outputs
            return fn(*args, **kwargs)
        except MISTAKES as error:
            clarify(error, fn, args, kwargs)
            raise

    return wrapper


def compiled_operation(fn: Callable[P, R]) -> Callable[P, R]:
    """Make a function of tensors an operation that arrays go through by a compiled plan.

    Its first parameters are tensors, those annotated `TensorLike`; it must not look at their
    values, and give a tensor or a tuple of some.
    """
    eager = Eager(fn, _tensor_parameters(fn))
    recall: Callable[..., Any] = eager.recall
    recorded = _recorded(fn)

    @functools.wraps(fn)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            output: R | None = recall(*args, **kwargs) if kwargs else recall(*args)
            if output is None and current_trace() is None:
                output = eager(*args, **kwargs)
        except MISTAKES as error:
            clarify(error, fn, args, kwargs)
            raise
        return recorded(*args, **kwargs) if output is None else output

    return operations.register()(wrapper)


def _tensor_parameters(fn: Callable[..., Any]) -> int:
    """Return how many of the first parameters are tensors."""
    names = fn.__code__.co_varnames[: fn.__code__.co_argcount]
    tensors = itertools.takewhile(lambda name: fn.__annotations__[name] == "TensorLike", names)
    return sum(1 for _ in tensors)


def infer(fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Return the outputs' shapes and dtypes as `KerasTensor`s, in the structure that fn gives.

    Runs fn on scratch traces, twice if a size of the `KerasTensor`s among its arguments is unknown.
    """
    if all(None not in tensor.shape for tensor in keras_tensors((args, kwargs))):
        return nest.map_structure(_merge, _outputs(fn, args, kwargs, 0))
    try:
        results = [_outputs(fn, args, kwargs, size) for size in _STAND_INS]
    except ValueError as error:
        if type(error) is ValueError and f"{_STAND_INS[0]}" in str(error):
            error.args = (f"{error} (where {_STAND_INS[0]} stands for None)",)
        raise
    return nest.map_structure(_merge, *results)


def keras_tensors(structure: Any) -> list[KerasTensor]:
    """Return the `KerasTensor`s among the leaves of a structure."""
    return [leaf for leaf in nest.leaves(structure) if isinstance(leaf, KerasTensor)]


def _outputs(
    fn: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any], size: int
) -> Any:
    trace = Trace()

    def stand_in(leaf: Any) -> Any:
        if not isinstance(leaf, KerasTensor):
            return leaf
        tensor = trace.input(tuple(size if n is None else n for n in leaf.shape), leaf.dtype)
        tensor._keras_mask = stand_in(leaf._keras_mask)
        return tensor

    with trace:
        args, kwargs = nest.map_structure(stand_in, (args, dict(kwargs)))
        return fn(*args, **kwargs)


def _merge(first: Any, *others: Any) -> Any:
    if not isinstance(first, TensorBase):
        return first
    shapes: Sequence[Shape] = [tensor.shape for tensor in (first, *others)]
    merged = KerasTensor(
        [sizes[0] if len(set(sizes)) == 1 else None for sizes in zip(*shapes, strict=True)],
        first.dtype,
    )
    merged._keras_mask = _merge(*map(mask_of, (first, *others)))
    return merged


def _any_symbolic(values: Any) -> bool:
    for value in values:
        if isinstance(value, KerasTensor):
            return True
        if isinstance(value, (list, tuple)) and _any_symbolic(value):
            return True
        if isinstance(value, dict) and _any_symbolic(value.values()):
            return True
    return False
