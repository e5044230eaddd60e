"""Layers that make one tensor of several, and their function forms."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

from lamina import ops
from lamina.layers.base import Layer
from lamina.layers.input_spec import Shape
from lamina.registry import layers
from lamina.tensor import TensorBase, mask_of


class Merge(Layer):
    """Combine a list of tensors elementwise; a subclass overrides `merge`.

    Samples broadcast against each other; where ranks differ, axes of 1 go in after the batch. A
    step of the output counts if it does in one of the inputs, all of which must carry masks.
    """

    def compute_mask(self, inputs: Any, mask: Any = None) -> TensorBase | None:
        known = self._checked_masks(inputs, mask)
        if any(one is None for one in known):
            return None
        merged: TensorBase = functools.reduce(ops.logical_or, known)
        return merged

    def _checked_masks(self, inputs: Any, mask: Any) -> list[Any]:
        if mask is None:
            return [None] * len(inputs)
        if not isinstance(mask, (list, tuple)) or len(mask) != len(inputs):
            raise ValueError(
                f"{self._title}: expected mask to be a list with one mask (or None) for each of "
                f"{len(inputs)} inputs, received {mask!r}"
            )
        return list(mask)

    def build(self, input_shape: Sequence[Shape]) -> None:
        shapes = self._checked_shapes(input_shape)
        rank = max(map(len, shapes))
        aligned = [_aligned(shape, rank) for shape in shapes]
        sizes = [set(axis) - {None} for axis in zip(*aligned, strict=True)]
        # The batch is shared, never broadcast.
        if len(sizes[0]) > 1 or any(len(axis - {1}) > 1 for axis in sizes[1:]):
            raise ValueError(
                f"{self._title}: expected inputs whose shapes broadcast, received {shapes}"
            )

    def _checked_shapes(self, input_shape: Any, count: int | None = None) -> list[Shape]:
        several = isinstance(input_shape, (list, tuple)) and all(
            isinstance(shape, (list, tuple)) and shape for shape in input_shape
        )
        wanted = "a list of inputs" if count is None else f"a list of {count} inputs"
        if not several or not input_shape or count not in (None, len(input_shape)):
            raise ValueError(f"{self._title}: expected {wanted}, received shape {input_shape}")
        return [tuple(shape) for shape in input_shape]

    def call(self, inputs: Sequence[TensorBase]) -> TensorBase:
        rank = max(tensor.ndim for tensor in inputs)
        return self.merge(
            [x if x.ndim == rank else ops.reshape(x, _aligned(x.shape, rank)) for x in inputs]
        )

    def merge(self, inputs: list[TensorBase]) -> TensorBase:
        """Combine tensors of one rank."""
        raise NotImplementedError(f"{type(self).__name__} must override merge(inputs)")


@layers.register()
class Add(Merge):
    """Add the inputs."""

    def merge(self, inputs: list[TensorBase]) -> TensorBase:
        return functools.reduce(ops.add, inputs)


@layers.register()
class Subtract(Merge):
    """Subtract the second of two inputs from the first."""

    def build(self, input_shape: Sequence[Shape]) -> None:
        super().build(self._checked_shapes(input_shape, count=2))

    def merge(self, inputs: list[TensorBase]) -> TensorBase:
        return inputs[0] - inputs[1]


@layers.register()
class Multiply(Merge):
    """Multiply the inputs elementwise; a masked step is a factor of 1, of all inputs a 0."""

    def merge(self, inputs: list[TensorBase]) -> TensorBase:
        known = [_elements_known(x) for x in inputs]
        factors = (
            x if where is None else ops.where(where, x, 1)
            for x, where in zip(inputs, known, strict=True)
        )
        product = functools.reduce(ops.multiply, factors)
        if any(where is None for where in known):
            return product
        return ops.where(functools.reduce(ops.logical_or, known), product, 0)


@layers.register()
class Average(Merge):
    """Average the inputs elementwise."""

    def merge(self, inputs: list[TensorBase]) -> TensorBase:
        return functools.reduce(ops.add, inputs) / len(inputs)


@layers.register()
class Maximum(Merge):
    """Take the greatest of the inputs elementwise, of those not masked."""

    def merge(self, inputs: list[TensorBase]) -> TensorBase:
        return _reduce_known(ops.maximum, inputs)


@layers.register()
class Minimum(Merge):
    """Take the least of the inputs elementwise, of those not masked."""

    def merge(self, inputs: list[TensorBase]) -> TensorBase:
        return _reduce_known(ops.minimum, inputs)


@layers.register()
class Concatenate(Merge):
    """Join the inputs along `axis`; their other sizes agree. So are masks joined, if there are any.

    A step of the output counts if one of its features does; inputs without a mask count.
    """

    def __init__(self, axis: int = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = axis

    def build(self, input_shape: Sequence[Shape]) -> None:
        shapes = self._checked_shapes(input_shape)
        rank = len(shapes[0])
        same_rank = all(len(shape) == rank for shape in shapes) and -rank <= self.axis < rank
        others = [axis for axis in range(rank) if axis != self.axis % rank]
        if not same_rank or any(len({s[axis] for s in shapes} - {None}) > 1 for axis in others):
            raise ValueError(
                f"{self._title}: expected inputs whose shapes agree outside axis {self.axis}, "
                f"received {shapes}"
            )

    def compute_mask(self, inputs: Any, mask: Any = None) -> TensorBase | None:
        known = self._checked_masks(inputs, mask)
        if all(one is None for one in known):
            return None
        features = [
            ops.ones(x.shape, "bool")
            if one is None
            else ops.broadcast_to(ops.expand_dims(one, -1) if one.ndim < x.ndim else one, x.shape)
            for x, one in zip(inputs, known, strict=True)
        ]
        return ops.any(ops.concatenate(features, axis=self.axis), axis=-1)

    def call(self, inputs: Sequence[TensorBase]) -> TensorBase:
        return ops.concatenate(list(inputs), axis=self.axis)


@layers.register()
class Dot(Merge):
    """Sum products of two inputs over one axis of each, sample by sample.

    axes: the axis of both, or a pair; the output has the first input's other axes, then the
    second's. normalize: scale to an L2 norm of 1 over these axes first (cosine similarity).
    """

    def __init__(self, axes: int | Sequence[int], normalize: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(axes, int):
            if not isinstance(axes, (list, tuple)):
                raise TypeError(f"{self._title}: expected axes as an int or a pair, got {axes!r}")
            if len(axes) != 2 or not all(isinstance(axis, int) for axis in axes):
                raise ValueError(f"{self._title}: expected axes as a pair of ints, got {axes!r}")
        self.axes = axes if isinstance(axes, int) else tuple(axes)
        self.normalize = normalize

    def build(self, input_shape: Sequence[Shape]) -> None:
        shapes = self._checked_shapes(input_shape, count=2)
        a, b = self._positive_axes(shapes)
        sizes = {shapes[0][a], shapes[1][b]} - {None}
        if len(sizes) > 1:
            raise ValueError(
                f"{self._title}: expected one size along the summed axes, received "
                f"{shapes[0][a]} (axis {a} of {shapes[0]}) and "
                f"{shapes[1][b]} (axis {b} of {shapes[1]})"
            )

    def compute_mask(self, inputs: Any, mask: Any = None) -> None:
        return None

    def _positive_axes(self, shapes: Sequence[Sequence[int | None]]) -> tuple[int, ...]:
        axes = (self.axes, self.axes) if isinstance(self.axes, int) else self.axes
        positive = tuple(a % len(s) if a < 0 else a for a, s in zip(axes, shapes, strict=True))
        if not all(0 < axis < len(shape) for axis, shape in zip(positive, shapes, strict=True)):
            raise ValueError(
                f"{self._title}: expected axes {self.axes} of the samples (not axis 0, the batch), "
                f"received shapes {list(shapes)}"
            )
        return positive

    def call(self, inputs: Sequence[TensorBase]) -> TensorBase:
        x, y = inputs
        a, b = self._positive_axes([x.shape, y.shape])
        if self.normalize:
            x, y = ops.normalize(x, a), ops.normalize(y, b)
        x, y = ops.moveaxis(x, a, -1), ops.moveaxis(y, b, 1)
        batch, *x_rest, size = x.shape
        y_rest = y.shape[2:]
        product = ops.matmul(
            ops.reshape(x, (batch, math.prod(x_rest), size)),
            ops.reshape(y, (batch, size, math.prod(y_rest))),
        )
        sample = (*x_rest, *y_rest) or (1,)
        return ops.reshape(product, (batch, *sample))


def _elements_known(x: TensorBase) -> Any:
    """Return the mask of a tensor, for each of its elements; None if it carries none."""
    mask = mask_of(x)
    return None if mask is None else ops.broadcast_to(ops.expand_dims(mask, -1), x.shape)


def _reduce_known(
    op: Callable[[TensorBase, TensorBase], TensorBase], inputs: Sequence[TensorBase]
) -> TensorBase:
    """Combine tensors, each element from those that do not mask it, if there are any."""
    result, known = inputs[0], _elements_known(inputs[0])
    for x in inputs[1:]:
        where = _elements_known(x)
        if where is not None:
            x = ops.where(where, x, result)
        if known is not None:
            result = ops.where(known, result, x)
        known = None if known is None or where is None else ops.logical_or(known, where)
        result = op(result, x)
    return result


def _aligned(shape: Sequence[int | None], rank: int) -> tuple[Any, ...]:
    return (shape[0], *[1] * (rank - len(shape)), *shape[1:])


def add(inputs: Sequence[Any], **kwargs: Any) -> Any:
    """Apply `Add(**kwargs)`."""
    return Add(**kwargs)(inputs)


def subtract(inputs: Sequence[Any], **kwargs: Any) -> Any:
    """Apply `Subtract(**kwargs)`."""
    return Subtract(**kwargs)(inputs)


def multiply(inputs: Sequence[Any], **kwargs: Any) -> Any:
    """Apply `Multiply(**kwargs)`."""
    return Multiply(**kwargs)(inputs)


def average(inputs: Sequence[Any], **kwargs: Any) -> Any:
    """Apply `Average(**kwargs)`."""
    return Average(**kwargs)(inputs)


def maximum(inputs: Sequence[Any], **kwargs: Any) -> Any:
    """Apply `Maximum(**kwargs)`."""
    return Maximum(**kwargs)(inputs)


def minimum(inputs: Sequence[Any], **kwargs: Any) -> Any:
    """Apply `Minimum(**kwargs)`."""
    return Minimum(**kwargs)(inputs)


def concatenate(inputs: Sequence[Any], axis: int = -1, **kwargs: Any) -> Any:
    """Apply `Concatenate(axis, **kwargs)`."""
    return Concatenate(axis, **kwargs)(inputs)


def dot(inputs: Sequence[Any], axes: int | Sequence[int] = -1, **kwargs: Any) -> Any:
    """Apply `Dot(axes, **kwargs)`."""
    return Dot(axes, **kwargs)(inputs)
