"""Variables: tensors whose value changes, in memory that outlives every plan."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lamina import _core, dtypes, registry
from lamina.ops._apply import to_tensor
from lamina.tensor import Shape, Tensor, TensorBase, TensorLike
from lamina.trace import current_trace
from lamina.utils.naming import auto_name


class Variable(TensorBase):
    """A tensor whose value is kept and can be assigned.

    initializer: the first value, or with `shape` a function f(shape, dtype) or its name.
    dtype: None keeps an array's, and is floatx for an initializer. trainable: whether optimizers
    change it. regularizer, constraint: functions of the value, for layers and optimizers.

    Reading and assigning become part of a graph being described; elsewhere they act at once.
    """

    def __init__(
        self,
        initializer: TensorLike | Callable[..., TensorLike] | str,
        shape: Sequence[int] | None = None,
        dtype: str | None = None,
        trainable: bool = True,
        name: str | None = None,
        regularizer: Callable[[TensorBase], TensorBase] | None = None,
        constraint: Callable[[TensorBase], TensorBase] | None = None,
    ) -> None:
        self.name = name or auto_name("variable")
        self.path = self.name
        self.trainable = trainable
        self.regularizer = regularizer
        self.constraint = constraint
        value = _first_value(initializer, shape, dtype, self.name)
        self.core = _core.Variable(value, self.name)
        self._shape: Shape = value.shape
        self._dtype = dtypes.NAMES[value.dtype]

    @property
    def shape(self) -> Shape:
        return self._shape

    @property
    def dtype(self) -> str:
        return self._dtype

    @property
    def size(self) -> int:
        return int(np.prod(self._shape))

    @property
    def value(self) -> TensorBase:
        """The value now: part of the graph where one is being described, else a copy."""
        trace = current_trace()
        return trace.read(self) if trace is not None else Tensor(self.core.numpy())

    def numpy(self) -> NDArray[Any]:
        """Return a copy of the value in memory."""
        return self.core.numpy()

    def assign(self, value: TensorLike) -> TensorBase:
        """Replace the value by one of the same shape, cast to the variable's dtype; return it."""
        tensor = to_tensor(value, self._dtype)
        if tensor.shape != self._shape:
            raise ValueError(
                f"assign to variable {self.path!r}: expected shape {self.shape}, "
                f"received {tensor.shape}"
            )
        trace = current_trace()
        if trace is not None:
            trace.write(self, trace.lift(tensor))
        else:
            self.core.assign(np.asarray(tensor))
        return tensor

    def assign_add(self, value: TensorLike) -> TensorBase:
        """Add to the value and return the sum."""
        return self.assign(self.value + value)

    def assign_sub(self, value: TensorLike) -> TensorBase:
        """Subtract from the value and return the difference."""
        return self.assign(self.value - value)

    def __reduce__(self) -> Any:
        made = (self.numpy(), None, self.dtype, self.trainable, self.name)
        return Variable, (*made, self.regularizer, self.constraint), {"path": self.path}

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        array = self.core.numpy()
        return array if dtype is None else array.astype(dtype, copy=False)

    def __bool__(self) -> bool:
        return bool(self.value)

    def __float__(self) -> float:
        return float(self.value)

    def __int__(self) -> int:
        return int(self.value)

    def __repr__(self) -> str:
        return f"<Variable path={self.path}, shape={self.shape}, dtype={self.dtype}>"


def _first_value(
    initializer: Any, shape: Sequence[int] | None, dtype: str | None, name: str
) -> NDArray[Any]:
    if isinstance(initializer, str):
        initializer = registry.initializers.get(initializer)
    if callable(initializer) and not isinstance(initializer, TensorBase):
        if shape is None:
            raise ValueError(f"variable {name!r}: an initializer needs a shape")
        wanted = tuple(int(size) for size in shape)
        dtype = dtypes.canonical(dtype)
        value = np.asarray(initializer(wanted, dtype=dtype))
    else:
        value = np.asarray(to_tensor(initializer, dtype))
        wanted = value.shape if shape is None else tuple(shape)
    if value.shape != wanted:
        raise ValueError(
            f"variable {name!r}: expected a value of shape {wanted}, received {value.shape}"
        )
    return np.ascontiguousarray(value, dtype or value.dtype).reshape(wanted)
