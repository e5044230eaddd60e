"""Python's operators on tensors: each is an operation of `lamina.ops`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import lamina  # lamina.ops is looked up when an operator is used: ops are made of tensors

if TYPE_CHECKING:
    from lamina.tensor import TensorBase, TensorLike


class Operators:
    """What `+`, `@`, `<`, `x[i]`, ... do with a tensor and with what converts to one."""

    __slots__ = ()
    __array_priority__ = 100  # ndarray + tensor asks the tensor

    def __add__(self, other: TensorLike) -> TensorBase:
        return lamina.ops.add(self, other)

    def __radd__(self, other: TensorLike) -> TensorBase:
        return lamina.ops.add(other, self)

    def __sub__(self, other: TensorLike) -> TensorBase:
        return lamina.ops.subtract(self, other)

    def __rsub__(self, other: TensorLike) -> TensorBase:
        return lamina.ops.subtract(other, self)

    def __mul__(self, other: TensorLike) -> TensorBase:
        return lamina.ops.multiply(self, other)

    def __rmul__(self, other: TensorLike) -> TensorBase:
        return lamina.ops.multiply(other, self)

    def __truediv__(self, other: TensorLike) -> TensorBase:
        return lamina.ops.divide(self, other)

    def __rtruediv__(self, other: TensorLike) -> TensorBase:
        return lamina.ops.divide(other, self)

    def __floordiv__(self, other: TensorLike) -> TensorBase:
        return lamina.ops.floor_divide(self, other)

    def __rfloordiv__(self, other: TensorLike) -> TensorBase:
        return lamina.ops.floor_divide(other, self)

    def __mod__(self, other: TensorLike) -> TensorBase:
        return lamina.ops.mod(self, other)

    def __rmod__(self, other: TensorLike) -> TensorBase:
        return lamina.ops.mod(other, self)

    def __pow__(self, other: TensorLike) -> TensorBase:
        return lamina.ops.power(self, other)

    def __rpow__(self, other: TensorLike) -> TensorBase:
        return lamina.ops.power(other, self)

    def __matmul__(self, other: TensorLike) -> TensorBase:
        return lamina.ops.matmul(self, other)

    def __rmatmul__(self, other: TensorLike) -> TensorBase:
        return lamina.ops.matmul(other, self)

    def __neg__(self) -> TensorBase:
        return lamina.ops.negative(self)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> TensorBase:
        return lamina.ops.absolute(self)

    def __and__(self, other: TensorLike) -> TensorBase:
        return lamina.ops.logical_and(self, other)

    def __rand__(self, other: TensorLike) -> TensorBase:
        return lamina.ops.logical_and(other, self)

    def __or__(self, other: TensorLike) -> TensorBase:
        return lamina.ops.logical_or(self, other)

    def __ror__(self, other: TensorLike) -> TensorBase:
        return lamina.ops.logical_or(other, self)

    def __xor__(self, other: TensorLike) -> TensorBase:
        return lamina.ops.logical_xor(self, other)

    def __rxor__(self, other: TensorLike) -> TensorBase:
        return lamina.ops.logical_xor(other, self)

    def __invert__(self) -> TensorBase:
        return lamina.ops.logical_not(self)

    def __lt__(self, other: TensorLike) -> TensorBase:
        return lamina.ops.less(self, other)

    def __le__(self, other: TensorLike) -> TensorBase:
        return lamina.ops.less_equal(self, other)

    def __gt__(self, other: TensorLike) -> TensorBase:
        return lamina.ops.greater(self, other)

    def __ge__(self, other: TensorLike) -> TensorBase:
        return lamina.ops.greater_equal(self, other)

    def __eq__(self, other: TensorLike) -> TensorBase:  # type: ignore[override]
        return lamina.ops.equal(self, other)

    def __ne__(self, other: TensorLike) -> TensorBase:  # type: ignore[override]
        return lamina.ops.not_equal(self, other)

    __hash__ = object.__hash__

    def __getitem__(self, key: Any) -> TensorBase:
        return lamina.ops.get_item(self, key)

    def __setitem__(self, key: Any, value: Any) -> None:
        raise TypeError(
            "a tensor's values do not change: ops.slice_update and ops.scatter_update return "
            "another tensor, and a lamina.Variable is assigned"
        )
