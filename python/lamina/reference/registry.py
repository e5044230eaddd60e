"""The table of reference operations: what each computes, forward and backward, in plain NumPy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
Forward: TypeAlias = Callable[..., Any]
Backward: TypeAlias = Callable[..., tuple[Array | None, ...]]


@dataclass
class Reference:
    """One operation.

    `forward(*inputs, **attributes)` gives the output, or a tuple of outputs;
    `backward(dy, *inputs, **attributes)` gives the gradient of sum(dy * output) with respect to
    each input, None where there is none. `backward` is None for what cannot be differentiated.
    """

    forward: Forward
    backward: Backward | None = None

    def gradient(self, backward: Backward) -> Backward:
        """Declare how to go backward; used as a decorator under the forward function."""
        self.backward = backward
        return backward


OPS: dict[str, Reference] = {}


def op(name: str) -> Callable[[Forward], Reference]:
    """Enter a function into the table as the forward pass of the core's op `name`."""

    def enter(forward: Forward) -> Reference:
        OPS[name] = Reference(forward)
        return OPS[name]

    return enter


def unbroadcast(dy: Array, shape: tuple[int, ...]) -> Array:
    """Sum `dy` over the axes along which an array of `shape` was broadcast to dy's shape."""
    extra = dy.ndim - len(shape)
    stretched = tuple(i for i, n in enumerate(shape) if n == 1 and dy.shape[i + extra] != 1)
    summed: Array = dy.sum(axis=tuple(range(extra)))
    return np.asarray(summed.sum(axis=stretched, keepdims=True).reshape(shape))


def in_dtype(value: Any, like: Array) -> Array:
    """Return `value` as an array of the dtype of `like`."""
    return np.asarray(value, dtype=like.dtype)
