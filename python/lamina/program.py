"""Functions compiled into plans: described once for each signature, then run by the core."""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from lamina import _core, dtypes, nest
from lamina.ops._apply import to_array, to_tensor
from lamina.tensor import Shape, Tensor, TensorBase, TracedTensor
from lamina.trace import Trace, current_trace
from lamina.utils.locks import RLock

# A plan holds memory; callers that never repeat a shape must not pile them up.
_MOST_PLANS = 32


class TensorSpec:
    """What a plan is made for: a shape without unknown sizes, and a dtype."""

    __slots__ = ("dtype", "shape")

    def __init__(self, shape: Shape, dtype: str) -> None:
        self.shape = shape
        self.dtype = dtype

    @staticmethod
    def of(leaf: Any) -> TensorSpec:
        """Return the spec of anything with a shape and a dtype."""
        return TensorSpec(tuple(leaf.shape), dtypes.canonical(leaf.dtype))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TensorSpec):
            return False
        return (self.shape, self.dtype) == (other.shape, other.dtype)

    def __hash__(self) -> int:
        return hash((self.shape, self.dtype))

    def __repr__(self) -> str:
        return f"TensorSpec({self.shape}, {self.dtype})"


class _Compiled(NamedTuple):
    plan: _core.Plan
    outputs: Any  # what the function gives: a structure of TensorSpecs, None where it gave None


class Program:
    """A function of tensors, run as compiled plans.

    Positional arguments are arrays or numbers, nested in lists, tuples and dicts as the function
    likes, or None or strings, which are fixed in the plan; keyword arguments may be arrays too, or
    hashable values that are fixed. Results are tensors in the structure that the function gives.
    Called where a graph is being described, it becomes part of that graph. As a method, it has
    plans for each object.
    """

    def __init__(self, fn: Callable[..., Any]) -> None:
        self._fn = fn
        self._compiled: dict[Hashable, _Compiled] = {}
        self._recall = _core.Recall(Tensor)  # of calls with plain arrays for one tensor or a tuple
        self._lock = RLock()
        self.recall = self._recall.call

    def __call__(self, *args: Any, **static: Any) -> Any:
        """Run the function, compiling it first if the shapes, dtypes or keywords are new."""
        output = self.recall(*args, **static) if static else self.recall(*args)
        if output is not None:
            return output
        named = {name: value for name, value in static.items() if _holds_array(value)}
        static = {name: value for name, value in static.items() if name not in named}
        if current_trace() is not None:
            args, named = nest.map_structure(_lift, (args, named))
            return self._fn(*args, **named, **static)
        return self._run(args, named, static)

    def __set_name__(self, owner: type, name: str) -> None:
        self._attribute = name

    def __get__(self, instance: Any, owner: type | None = None) -> Program:
        if instance is None:
            return self
        bound = Program(self._fn.__get__(instance))
        vars(instance)[self._attribute] = bound
        return bound

    def __reduce__(self) -> Any:
        return Program, (self._fn,)

    def plan(self, *specs: Any, **static: Any) -> tuple[_core.Plan, Any]:
        """Return the plan for such arguments, and the structure of its outputs.

        specs: as the arguments, with leaves that have a shape and a dtype (a `TensorSpec`, an
        array) or are None. The plan's inputs are those leaves in order without the Nones, its
        outputs the results' likewise; the structure has a `TensorSpec` for each.
        """
        compiled = self._find(nest.map_structure(_some(TensorSpec.of), (specs, {})), static)
        return compiled.plan, compiled.outputs

    def _run(
        self, args: tuple[Any, ...], named: Mapping[str, Any], static: Mapping[str, Any]
    ) -> Any:
        arrays = nest.map_structure(_some(to_array), (args, named))
        compiled = self._find(nest.map_structure(_some(TensorSpec.of), arrays), static)
        results = iter(
            compiled.plan.run([leaf for leaf in nest.leaves(arrays) if type(leaf) is np.ndarray])
        )
        if not named and _is_plain(args) and _is_flat(compiled.outputs):
            self._recall.remember(args, compiled.plan, keywords=dict(static))
        return nest.map_structure(_some(lambda _: Tensor(next(results))), compiled.outputs)

    def _find(self, specs: Any, static: Mapping[str, Any]) -> _Compiled:
        key = (
            nest.outline(specs),
            *nest.leaves(specs),
            *((name, type(static[name]), static[name]) for name in sorted(static)),
        )
        try:
            found = self._compiled.get(key)
        except TypeError:
            bad = [name for name, value in static.items() if not isinstance(value, Hashable)]
            raise TypeError(
                f"{getattr(self._fn, '__name__', 'function')}: expected arrays or values that can "
                f"be hashed by keyword, received {', '.join(bad)}; pass lists of numbers as arrays"
            ) from None
        if found is None:
            with self._lock:
                found = self._compiled.get(key) or self._compile(specs, static)
                self._compiled[key] = found
                if len(self._compiled) > _MOST_PLANS:
                    del self._compiled[next(iter(self._compiled))]
                    self._recall.forget()
        return found

    def _compile(self, specs: Any, static: Mapping[str, Any]) -> _Compiled:
        trace = Trace()
        with trace:
            args, named = nest.map_structure(
                _some(lambda spec: trace.input(spec.shape, spec.dtype)), specs
            )
            results = nest.map_structure(
                _some(lambda x: trace.lift(to_tensor(x))), self._fn(*args, **named, **static)
            )
        plan = trace.compile([y for y in nest.leaves(results) if isinstance(y, TracedTensor)])
        return _Compiled(plan, nest.map_structure(_some(TensorSpec.of), results))


def function(fn: Callable[..., Any]) -> Program:
    """Compile a function of tensors: a decorator.

    Arguments are arrays or numbers, by position or keyword, in structures if need be; other keyword
    arguments are fixed values. The function runs once, symbolically, for each new combination of
    shapes, dtypes and fixed values; calls then run the compiled plan. Inside, `lamina.grad`
    differentiates and variables can be assigned.
    """
    program = Program(fn)
    functools.update_wrapper(program, fn)
    return program


def _some(fn: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return fn, passing None and strings through."""
    return lambda leaf: leaf if leaf is None or isinstance(leaf, str) else fn(leaf)


def _holds_array(value: Any) -> bool:
    return any(isinstance(leaf, (TensorBase, np.ndarray)) for leaf in nest.leaves(value))


def _is_plain(args: Sequence[Any]) -> bool:
    """Return whether arguments are what the core can remember: arrays and numbers."""
    return all(type(x) in (np.ndarray, Tensor, float, int) for x in args)


def _is_flat(outputs: Any) -> bool:
    """Return whether outputs are one tensor or a tuple of several."""
    several = type(outputs) is tuple and len(outputs) > 1
    return all(type(y) is TensorSpec for y in (outputs if several else (outputs,)))


_lift = _some(to_tensor)
