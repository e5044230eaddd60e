"""Control flow: conditions and loops that depend on values, inside a graph or at once.

Functions given to them may use tensors and variables from around them, and assign variables; the
writes happen in program order, as often as the function runs. All can be differentiated, a
`while_loop` if `maximum_iterations` bounds it; the gradient computes each step or the chosen branch
a second time, so that of a loop only the values that go from step to step are kept.

What goes from step to step keeps its shape and dtype. Outside of a graph, a loop is compiled for
the call; a loop that is called often belongs into a `lamina.function`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from lamina import nest
from lamina.ops._apply import cast, to_tensor
from lamina.ops._loop import loop
from lamina.ops._loop import switch as traced_switch
from lamina.symbolic import operation
from lamina.tensor import TensorBase, TensorLike, TracedTensor
from lamina.trace import Trace, current_trace

__all__ = [
    "cond",
    "fori_loop",
    "map",
    "scan",
    "switch",
    "vectorized_map",
    "while_loop",
]


@operation
def cond(pred: TensorLike, true_fn: Callable[[], Any], false_fn: Callable[[], Any]) -> Any:
    """Return true_fn() if `pred`, a scalar, is true, else false_fn(); only that one is computed.

    Both give the same structure of tensors of the same shapes and dtypes.
    """
    if not _traced(pred):
        return true_fn() if bool(to_tensor(pred)) else false_fn()
    return _switch(
        "cond", cast(to_tensor(pred), "bool"), {"false_fn": false_fn, "true_fn": true_fn}
    )


@operation
def switch(index: TensorLike, branches: Sequence[Callable[..., Any]], *operands: Any) -> Any:
    """Return branches[index](*operands), the index clipped to the branches there are.

    Only that branch is computed. All give the same structure of tensors of the same types.
    """
    if not _traced(index):
        chosen = branches[max(0, min(int(to_tensor(index)), len(branches) - 1))]
        return chosen(*operands)
    called = {f"branch {i}": partial(branch, *operands) for i, branch in enumerate(branches)}
    return _switch("switch", to_tensor(index), called)


def _switch(name: str, index: TensorBase, branches: Mapping[str, Callable[[], Any]]) -> Any:
    if index.shape != ():
        raise ValueError(f"{name}: expected a scalar to choose by, received shape {index.shape}")
    structures: list[Any] = []

    def flat(label: str, branch: Callable[[], Any]) -> list[Any]:
        structures.append(branch())
        _check_structure(f"{name}: what {label} gives", structures[0], structures[-1])
        return _leaves(structures[-1])

    results = traced_switch(
        *(name, _trace(), cast(index, "int32")),
        {label: partial(flat, label, branch) for label, branch in branches.items()},
    )
    return _pack(structures[0], results)


@operation
def scan(
    f: Callable[[Any, Any], tuple[Any, Any]],
    init: Any,
    xs: Any = None,
    length: int | None = None,
    reverse: bool = False,
    unroll: int | bool = 1,
) -> tuple[Any, Any]:
    """Return what carry, y = f(carry, x) makes of `init` along the first axis of xs.

    f: from a carry and one element of xs to the next carry, of the same types, and a result y;
    the last carry and the stacked ys are returned. xs: a tensor, a structure of them, or None with
    a `length`. reverse: from the last element to the first. unroll: accepted for Keras's sake.
    """
    return _scan("scan", f, init, xs, length, reverse)


def _scan(
    name: str,
    f: Callable[[Any, Any], tuple[Any, Any]],
    init: Any,
    xs: Any,
    length: int | None = None,
    reverse: bool = False,
    own: int = 0,
) -> tuple[Any, Any]:
    """Scan as the operation `name`, the first `own` carries of which are not its caller's."""
    sizes = {tensor.shape[0] if tensor.ndim else None for tensor in _tensors(xs)}
    if length is not None:
        sizes.add(int(length))
    if len(sizes) != 1 or None in sizes:
        raise ValueError(
            f"{name}: expected xs with a first axis of one size, the length if that is given, "
            f"received sizes {sorted(sizes, key=str)}"
        )
    (steps,) = sizes

    def run(trace: Trace, init: Any, xs: Any) -> tuple[Any, Any]:
        made: Any = None

        def step(carries: Any, elements: Any) -> tuple[list[Any], list[Any]]:
            nonlocal made
            carry, made = f(_pack(init, carries), _pack(xs, elements))
            _check_structure(f"{name}: the carry", init, carry)
            return _leaves(carry), _leaves(made)

        carries, stacked = loop(
            *(name, trace, step, _tensors(init), _tensors(xs), own),
            length=steps,
            reverse=bool(reverse),
        )
        return _pack(init, carries), _pack(made, stacked)

    last, ys = _in_a_trace(run, init, xs)
    return last, ys


@operation
def while_loop(
    cond: Callable[..., TensorLike],
    body: Callable[..., Any],
    loop_vars: Any,
    maximum_iterations: int | None = None,
) -> Any:
    """Return what body(*loop_vars) makes of loop_vars, again and again while cond(*loop_vars).

    loop_vars: a list or tuple, or a single argument; body gives the like, with the same shapes and
    dtypes. maximum_iterations: where to stop at the latest; gradients need it.
    """
    several = isinstance(loop_vars, (list, tuple))

    def call(fn: Callable[..., Any], values: Any) -> Any:
        return fn(*values) if several else fn(values)

    def go_on(values: Any) -> TensorBase:
        answer = cast(to_tensor(call(cond, values)), "bool")
        if answer.shape != ():
            raise ValueError(
                f"while_loop: expected a scalar of the condition, received {answer.shape}"
            )
        return answer

    def run(trace: Trace, values: Any) -> Any:
        def step(carries: Any, _: Any) -> tuple[list[Any], list[Any]]:
            after = call(body, _pack(values, carries[1:]))
            after = tuple(after) if several and isinstance(after, (list, tuple)) else after
            _check_structure("while_loop: what the body gives", values, after)
            return [go_on(after), *_leaves(after)], []

        values = tuple(values) if several else values
        carries, _ = loop(
            *("while_loop", trace, step, [go_on(values), *_tensors(values)], (), 1),
            length=-1 if maximum_iterations is None else int(maximum_iterations),
            conditional=True,
        )
        return _pack(values, carries[1:])

    result = _in_a_trace(run, loop_vars)
    return list(result) if isinstance(loop_vars, list) else result


@operation
def fori_loop(
    lower: TensorLike, upper: TensorLike, body_fun: Callable[[Any, Any], Any], init_val: Any
) -> Any:
    """Return what value = body_fun(i, value) makes of `init_val` for i from lower to upper - 1.

    Bounds that are numbers make a loop of known length; one with tensors as bounds has no gradient.
    """
    if _traced(lower) or _traced(upper):
        first, last = to_tensor(lower), to_tensor(upper)
        return while_loop(
            lambda i, _: i < last, lambda i, value: (i + 1, body_fun(i, value)), (first, init_val)
        )[1]
    first, last = to_tensor(lower), to_tensor(upper)
    (_, value), _ = _scan(
        "fori_loop",
        lambda carry, _: ((carry[0] + 1, body_fun(*carry)), None),
        *((first, init_val), None),
        length=max(0, int(last) - int(first)),
        own=1,
    )
    return value


@operation
def map(f: Callable[[Any], Any], xs: Any) -> Any:
    """Return the stacked f(x) of the elements x along the first axis of xs."""
    return _scan("map", lambda _, x: (None, f(x)), None, xs)[1]


@operation
def vectorized_map(function: Callable[[Any], Any], elements: Any) -> Any:
    """Return the stacked function(x) of the elements x along the first axis: the same as `map`."""
    return map(function, elements)


def _traced(x: Any) -> bool:
    """Return whether a value is not known before the graph runs."""
    return isinstance(x, TensorBase) and _is_symbolic(x)


def _is_symbolic(x: TensorBase) -> bool:
    from lamina.variable import Variable

    return isinstance(x, TracedTensor) or (isinstance(x, Variable) and current_trace() is not None)


def _trace() -> Trace:
    trace = current_trace()
    if trace is None:
        raise ValueError("expected to be in the function whose tensors these are")
    return trace


def _in_a_trace(run: Callable[..., Any], *args: Any) -> Any:
    """Return run(trace, *args): in the trace there is, or compiled for this call."""
    trace = current_trace()
    if trace is not None:
        return run(trace, *args)
    from lamina.program import Program

    return Program(lambda *args: run(_trace(), *args))(*args)


def _leaves(structure: Any) -> list[Any]:
    return [leaf for leaf in nest.leaves(structure) if leaf is not None]


def _tensors(structure: Any) -> list[TensorBase]:
    return [to_tensor(leaf) for leaf in _leaves(structure)]


def _pack(structure: Any, flat: Iterable[Any]) -> Any:
    """Return the structure with its leaves, but not its Nones, replaced in order."""
    following = iter(flat)
    return nest.map_structure(lambda leaf: None if leaf is None else next(following), structure)


def _check_structure(what: str, expected: Any, received: Any) -> None:
    def shown(structure: Any) -> Any:
        return nest.map_structure(lambda leaf: None if leaf is None else "tensor", structure)

    if nest.outline(shown(expected)) != nest.outline(shown(received)) or len(
        _leaves(expected)
    ) != len(_leaves(received)):
        raise ValueError(
            f"{what}: expected the structure {shown(expected)}, received {shown(received)}"
        )
