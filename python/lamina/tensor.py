"""Tensors: with values (`Tensor`), in a trace (`TracedTensor`), in a model (`KerasTensor`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lamina import dtypes
from lamina._operators import Operators

if TYPE_CHECKING:
    from lamina.trace import Trace

# What operations take: a tensor, an array, a number, nested lists of numbers.
TensorLike: TypeAlias = Any
Shape: TypeAlias = tuple[int, ...]


class TensorBase(Operators):
    """What all tensors share: shape, dtype, and the operators.

    A tensor may carry a mask: bool, True where a step counts. Layers take it along, ops do not.
    """

    __slots__ = ("_keras_mask",)

    @property
    def shape(self) -> Shape:
        raise NotImplementedError

    @property
    def dtype(self) -> str:
        raise NotImplementedError

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        raise TypeError(f"{self!r} has no values yet: use lamina.ops on it, not NumPy")

    def __bool__(self) -> bool:
        raise TypeError(
            f"{self!r} has no value yet, so Python cannot branch on it: "
            "use lamina.ops.cond or lamina.ops.where"
        )

    def __float__(self) -> float:
        raise TypeError(f"{self!r} has no value yet: it is no float")

    def __int__(self) -> int:
        raise TypeError(f"{self!r} has no value yet: it is no int")

    def __format__(self, spec: str) -> str:
        if spec:
            raise TypeError(f"{self!r} has no value yet: return it, and print what is returned")
        return repr(self)

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of a scalar tensor")
        return self.shape[0]

    def __iter__(self) -> Iterator[TensorBase]:
        return (self[i] for i in range(len(self)))


class Tensor(TensorBase):
    """An array of the core: what operations on arrays give. Values are read through `numpy()`."""

    __slots__ = ("_array",)

    def __init__(self, array: NDArray[Any]) -> None:
        self._array = array
        self._keras_mask: TensorBase | None = None

    @property
    def shape(self) -> Shape:
        return self._array.shape

    @property
    def dtype(self) -> str:
        return dtypes.NAMES[self._array.dtype]

    @property
    def ndim(self) -> int:
        return self._array.ndim

    @property
    def size(self) -> int:
        return self._array.size

    def numpy(self) -> NDArray[Any]:
        """Return the values; the memory is the tensor's own."""
        return self._array

    def item(self) -> Any:
        """Return the only value as a Python number."""
        return self._array.item()

    def tolist(self) -> Any:
        """Return the values as nested lists of Python numbers."""
        return self._array.tolist()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        array = self._array if dtype is None else self._array.astype(dtype, copy=False)
        return array.copy() if copy and array is self._array else array

    def __dlpack__(self, **options: Any) -> Any:
        return self._array.__dlpack__(**options)

    def __dlpack_device__(self) -> Any:
        return self._array.__dlpack_device__()

    def __bool__(self) -> bool:
        return bool(self._array)

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __index__(self) -> int:
        return self._array.__index__()

    def __format__(self, spec: str) -> str:
        return format(self.item() if self.ndim == 0 else repr(self), spec)

    def __repr__(self) -> str:
        values = np.array2string(self._array, separator=", ", threshold=100)
        return f"Tensor({values}, shape={self.shape}, dtype={self.dtype})"


class TracedTensor(TensorBase):
    """A value of a graph that is being described: shape and dtype are known, values are not."""

    __slots__ = ("dtype", "shape", "trace", "value")

    shape: Shape
    dtype: str

    def __init__(self, trace: Trace, value: int) -> None:
        self.trace = trace
        self.value = value
        self.shape = trace.graph.shape(value)
        self.dtype = trace.graph.dtype(value)
        self._keras_mask: TensorBase | None = None

    def __repr__(self) -> str:
        return f"<traced tensor, shape={self.shape}, dtype={self.dtype}>"


class KerasTensor(TensorBase):
    """A tensor of the functional API: its shape may hold None, for a size that is not known yet.

    `history` says what makes it: (operation or layer, number of the call, number of the output).
    """

    __slots__ = ("dtype", "history", "name", "shape")

    shape: Any  # ints and None
    dtype: str

    def __init__(
        self,
        shape: Any,
        dtype: str = "float32",
        name: str | None = None,
        history: tuple[Any, int, int] | None = None,
    ) -> None:
        self.shape = tuple(shape)
        self.dtype = dtype
        self.name = name
        self.history = history
        self._keras_mask: KerasTensor | None = None

    # Found in lists and dicts by identity: the functional API walks graphs of them.
    __eq__ = object.__eq__  # type: ignore[assignment]
    __ne__ = object.__ne__  # type: ignore[assignment]
    __hash__ = object.__hash__

    def __len__(self) -> int:
        raise TypeError(f"{self!r} has no len() and cannot be iterated over: use lamina.ops on it")

    def __repr__(self) -> str:
        named = f", name={self.name}" if self.name else ""
        return f"<KerasTensor shape={self.shape}, dtype={self.dtype}{named}>"


def mask_of(tensor: TensorLike) -> Any:
    """Return the mask that a tensor carries, None if it carries none."""
    return getattr(tensor, "_keras_mask", None)


def with_mask(tensor: TensorBase, mask: TensorBase | None) -> TensorBase:
    """Return a tensor of the same value that carries a mask."""
    if isinstance(tensor, TracedTensor):
        tensor = TracedTensor(tensor.trace, tensor.value)
    elif isinstance(tensor, Tensor):
        tensor = Tensor(tensor.numpy())
    else:
        raise TypeError(f"expected a tensor with a value to carry a mask, received {tensor!r}")
    tensor._keras_mask = mask
    return tensor
