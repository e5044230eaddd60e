"""Functions that bring their own gradients."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from lamina import nest
from lamina.ops._apply import to_tensor
from lamina.ops._body import Body
from lamina.tensor import KerasTensor, Tensor, TensorBase
from lamina.trace import Trace, current_trace

__all__ = ["custom_gradient"]


def custom_gradient(f: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function whose gradient is what f says: a decorator.

    f gives y, a tensor or a list or tuple of some, and a function grad(*upstream). From the
    derivatives of what is differentiated with respect to each of y that gives those with respect to
    each of f's positional arguments: one, or a sequence; None for 0. It may use what f has computed
    and the arguments, and is differentiated itself where derivatives are.
    """

    @functools.wraps(f)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        if any(isinstance(leaf, KerasTensor) for leaf in nest.leaves((args, kwargs))):
            raise TypeError(
                f"custom_gradient: {_name(f)} was called on a KerasTensor; call it in a layer"
            )
        y, gradient = f(*args, **kwargs)
        trace = current_trace()
        return y if trace is None else _attached(trace, f, args, y, gradient)

    return wrapper


def _attached(
    trace: Trace,
    f: Callable[..., Any],
    args: tuple[Any, ...],
    y: Any,
    gradient: Callable[..., Any],
) -> Any:
    """Return y with its gradient by the arguments that a graph can differentiate by."""
    arguments = [x for x in nest.leaves(args) if isinstance(x, (TensorBase, np.ndarray))]
    free = [i for i, x in enumerate(arguments) if not isinstance(x, (Tensor, np.ndarray))]
    results = [trace.lift(to_tensor(leaf)) for leaf in nest.leaves(y)]
    if not free:
        return y
    sources = [trace.lift(to_tensor(arguments[i])) for i in free]
    body = Body(trace)
    with body:
        upstream = [body.input(x.shape, x.dtype) for x in results]
        found = gradient(*upstream)
        found = list(found) if isinstance(found, (list, tuple)) else [found]
        if len(found) != len(arguments):
            raise ValueError(
                f"custom_gradient: expected {len(arguments)} derivatives of {_name(f)}'s gradient, "
                f"one for each argument, received {len(found)}"
            )
        derivatives = []
        for i, source in zip(free, sources, strict=True):
            zero = np.zeros(source.shape, source.dtype)
            derivative = body.lift(to_tensor(zero if found[i] is None else found[i]))
            if (derivative.shape, derivative.dtype) != (source.shape, source.dtype):
                raise ValueError(
                    f"custom_gradient: expected the derivative by argument {i} of {_name(f)} to be "
                    f"{source.dtype} {source.shape}, received {derivative.dtype} {derivative.shape}"
                )
            derivatives.append(derivative)
    if body.written:
        raise ValueError(f"custom_gradient: the gradient of {_name(f)} must not assign variables")
    function = body.function(
        [*map(body.capture, body.captured), *map(body.initial, body.used), *upstream], derivatives
    )
    outputs = trace.apply(
        "with_gradient",
        [*results, *sources, *body.captured, *map(trace.read, body.used)],
        {"gradient": [function], "results": len(results), "sources": len(sources)},
    )
    return nest.pack_as(y, outputs)


def _name(f: Callable[..., Any]) -> str:
    return getattr(f, "__name__", "the function")
