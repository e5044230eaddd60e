"""Prefixes: what an associative function makes of the elements so far."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lamina import dtypes, nest
from lamina.ops._apply import cast, to_tensor
from lamina.ops.arithmetic import multiply
from lamina.ops.joining import concatenate
from lamina.ops.shaping import flip, normalize_axis, ravel
from lamina.symbolic import operation
from lamina.tensor import TensorBase, TensorLike

__all__ = ["associative_scan", "cumprod"]


@operation
def associative_scan(
    f: Callable[[Any, Any], Any], elems: Any, reverse: bool = False, axis: int = 0
) -> Any:
    """Return f of the elements so far along an axis: a, f(a, b), f(f(a, b), c), ...

    f: associative, of two structures like `elems` and element by element along the axis. The
    elements are combined in log2(n) sweeps (Hillis, Steele 1986).
    """
    tensors = nest.map_structure(to_tensor, elems)
    sizes = {x.shape[normalize_axis(axis, x.ndim)] for x in nest.leaves(tensors)}
    if len(sizes) != 1:
        raise ValueError(
            f"associative_scan: expected one size along axis {axis}, received {sorted(sizes)}"
        )
    if reverse:
        tensors = nest.map_structure(lambda x: flip(x, axis), tensors)
    (size,) = sizes

    def part(x: TensorBase, start: int, stop: int) -> TensorBase:
        return x[(slice(None),) * normalize_axis(axis, x.ndim) + (slice(start, stop),)]

    distance = 1
    while distance < size:
        combined = f(
            nest.map_structure(lambda x, d=distance: part(x, 0, size - d), tensors),
            nest.map_structure(lambda x, d=distance: part(x, d, size), tensors),
        )
        tensors = nest.map_structure(
            lambda x, new, d=distance: concatenate([part(x, 0, d), new], axis), tensors, combined
        )
        distance *= 2
    return nest.map_structure(lambda x: flip(x, axis), tensors) if reverse else tensors


@operation
def cumprod(x: TensorLike, axis: int | None = None, dtype: str | None = None) -> TensorBase:
    """Return the products of the elements so far along an axis, of x raveled without an axis."""
    tensor = to_tensor(x) if dtype is None else cast(to_tensor(x), dtypes.canonical(dtype))
    if tensor.dtype in ("bool", "uint8"):
        tensor = cast(tensor, "int32")
    if axis is None:
        tensor, axis = ravel(tensor), 0
    products: TensorBase = associative_scan(multiply, tensor, axis=axis)
    return products
