"""What a layer asks of the shapes it is called on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

Shape = tuple[int | None, ...]


class InputSpec:
    """Constraints on the shape of one input; None leaves a property (or a dimension) free.

    ndim, min_ndim, max_ndim: number of dimensions, batch included.
    axes: {axis: size}.
    shape: the whole shape; with `allow_last_axis_squeeze` a last axis of 1 may be missing or added.
    """

    def __init__(
        self,
        dtype: str | None = None,
        shape: Sequence[int | None] | None = None,
        ndim: int | None = None,
        max_ndim: int | None = None,
        min_ndim: int | None = None,
        axes: Mapping[int, int | None] | None = None,
        allow_last_axis_squeeze: bool = False,
        name: str | None = None,
    ) -> None:
        self.dtype = dtype
        self.shape = None if shape is None else tuple(shape)
        self.ndim = ndim
        self.max_ndim = max_ndim
        self.min_ndim = min_ndim
        self.axes = dict(axes or {})
        self.allow_last_axis_squeeze = allow_last_axis_squeeze
        self.name = name

    def unmet(self, shape: Shape) -> str | None:
        """Return what was expected, in words, where `shape` does not do; None where it does."""
        ndim = len(shape)
        if self.ndim is not None and ndim != self.ndim:
            return f"input with {self.ndim} dimensions"
        if self.min_ndim is not None and ndim < self.min_ndim:
            return f"input with at least {self.min_ndim} dimensions"
        if self.max_ndim is not None and ndim > self.max_ndim:
            return f"input with at most {self.max_ndim} dimensions"
        for axis, size in self.axes.items():
            if -ndim <= axis < ndim and not _agree(shape[axis], size):
                return _sized(axis, size, ndim)
        return None if self.shape is None else self._unmet_shape(shape)

    def _unmet_shape(self, shape: Shape) -> str | None:
        expected: Shape = self.shape or ()
        if self.allow_last_axis_squeeze:
            if len(shape) == len(expected) + 1 and shape[-1] == 1:
                shape = shape[:-1]
            elif len(shape) == len(expected) - 1 and expected[-1] == 1:
                expected = expected[:-1]
        if len(shape) != len(expected):
            return f"input of shape {self.shape}"
        wrong = [axis for axis in range(len(shape)) if not _agree(shape[axis], expected[axis])]
        if not wrong:
            return None
        if wrong == [len(shape) - 1]:
            return _sized(wrong[0], expected[-1], len(shape))
        return f"input of shape {self.shape}"

    def get_config(self) -> dict[str, Any]:
        return dict(vars(self))

    def __repr__(self) -> str:
        given = ", ".join(f"{key}={value!r}" for key, value in vars(self).items() if value)
        return f"InputSpec({given})"


def as_shape(shape: int | Sequence[int | None]) -> Shape:
    """Return a shape as a tuple; an int is a shape of one dimension."""
    sizes = tuple(shape) if isinstance(shape, Iterable) else (shape,)
    if all(n is None or (isinstance(n, (int, np.integer)) and n >= 0) for n in sizes):
        return tuple(None if n is None else int(n) for n in sizes)
    raise ValueError(f"expected a shape of sizes of 0 or more, or None, received shape {shape!r}")


def map_shapes(fn: Callable[[Shape], Any], shapes: Any) -> Any:
    """Apply `fn` to each shape in a nest of shapes; a shape is a sequence of ints and None."""
    if isinstance(shapes, Mapping):
        return {key: map_shapes(fn, value) for key, value in shapes.items()}
    if all(size is None or isinstance(size, int) for size in shapes):
        return fn(tuple(shapes))
    return [map_shapes(fn, shape) for shape in shapes]


def free_batch(shape: Shape) -> Shape:
    """Return the shape with a batch of any size."""
    return (None, *shape[1:]) if shape else shape


def _agree(size: int | None, expected: int | None) -> bool:
    return size is None or expected is None or size == expected


def _sized(axis: int, size: int | None, ndim: int) -> str:
    if axis in (-1, ndim - 1):
        return f"input with {size} feature{'' if size == 1 else 's'}"
    return f"input with {size} along axis {axis}"
