"""How operations reach the core: at once on arrays, as nodes of the graph being described."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

import lamina  # lamina.ops is looked up when it is called: this is a part of it
from lamina import _core, config, dtypes
from lamina.registry import operations
from lamina.symbolic import Operation
from lamina.tensor import KerasTensor, Tensor, TensorBase, TensorLike, TracedTensor
from lamina.trace import current_trace

_SYMBOLIC = (TracedTensor, KerasTensor)
Attribute: TypeAlias = bool | int | float | str | Sequence[int] | Sequence[float]


@operations.register()
def apply(op: str, *inputs: TensorLike, **attributes: Attribute) -> Any:
    """Apply one operation of the core, and return its output, a tuple of them if it has several.

    Names, inputs and attributes are those of docs/ops.md. Inputs must agree in dtype where
    the operation asks for it: nothing is cast here.
    """
    recall = _recalls.get(op)
    found = None if recall is None else recall.call(*inputs, **attributes)
    if found is not None:
        return found
    tensors = [x if isinstance(x, TensorBase) else to_tensor(x) for x in inputs]
    if any(isinstance(tensor, KerasTensor) for tensor in tensors):
        return Operation("apply")(op, *inputs, **attributes)
    trace = current_trace()
    outputs: Sequence[TensorBase]
    if trace is not None and any(not isinstance(tensor, Tensor) for tensor in tensors):
        outputs = trace.apply(op, tensors, attributes)
    else:
        arrays = [_values(tensor) for tensor in tensors]
        plan = _core.plan_of(op, arrays, attributes)
        if trace is None:
            recall = _recalls.setdefault(op, _core.Recall(Tensor))
            recall.remember(arrays, plan, keywords=attributes)
        outputs = [Tensor(y) for y in plan.run(arrays)]
    return outputs[0] if len(outputs) == 1 else tuple(outputs)


_recalls: dict[str, _core.Recall] = {}  # of operations on arrays


def apply_one(op: str, *inputs: TensorLike, **attributes: Attribute) -> TensorBase:
    """Apply an operation of one output."""
    output: TensorBase = apply(op, *inputs, **attributes)
    return output


def _values(tensor: TensorBase) -> NDArray[Any]:
    if isinstance(tensor, Tensor):
        return tensor.numpy()
    if isinstance(tensor, TracedTensor):
        raise ValueError(f"{tensor!r} has no values: it was kept from a function that has returned")
    return np.asarray(tensor)


def to_tensor(x: TensorLike, dtype: str | None = None) -> TensorBase:
    """Return x as a tensor, of `dtype` if given; arrays share their memory where they can.

    Arrays keep their dtype; Python floats become floatx, Python integers int32, or int64 if large.
    Lists may hold traced tensors, which are stacked.
    """
    if current_trace() is not None and isinstance(x, (list, tuple)) and holds_traced(x):
        x = lamina.ops.stack(x)
    if isinstance(x, TensorBase):
        return x if dtype is None else cast(x, dtype)
    return Tensor(to_array(x, dtype))


def holds_traced(x: Any) -> bool:
    """Return whether x is a traced tensor, or a list with one somewhere in it."""
    if isinstance(x, (list, tuple)):
        return any(holds_traced(item) for item in x)
    return isinstance(x, TracedTensor)


def to_array(x: TensorLike, dtype: str | None = None) -> NDArray[Any]:
    """Return data (NumPy, DLPack, pandas, numbers, nested lists) as an array of the core."""
    if type(x) is np.ndarray and (known := dtypes.NAMES.get(x.dtype)) and dtype in (None, known):
        return x
    if isinstance(x, (list, tuple)) and any(isinstance(item, _SYMBOLIC) for item in x):
        raise TypeError(
            "expected an array, received symbolic tensors: join them by lamina.ops.stack"
        )
    if hasattr(x, "__dlpack__") and not hasattr(x, "__array__"):
        x = np.from_dlpack(x)
    try:
        array = np.asarray(x)
    except ValueError as error:
        raise ValueError(
            f"expected numbers in rows of equal length, received {type(x).__name__}: {error}"
        ) from None
    array = dtypes.to_core(array)
    if dtype is None:
        dtype = (
            dtypes.NAMES[array.dtype]
            if hasattr(x, "dtype") or hasattr(x, "__array__")
            else _literal_dtype(array)
        )
    return array.astype(dtypes.canonical(dtype), copy=False)


def _literal_dtype(array: NDArray[Any]) -> str:
    """Return the dtype of numbers written in Python: int32 where they fit, floatx for floats."""
    if array.dtype == np.float64:
        return config.floatx()
    if array.dtype == np.int64:
        limits = np.iinfo(np.int32)
        if array.size == 0 or (limits.min <= array.min() and array.max() <= limits.max):
            return "int32"
    return dtypes.NAMES[array.dtype]


def cast(x: TensorLike, dtype: str) -> TensorBase:
    """Return x in another dtype."""
    tensor = x if isinstance(x, TensorBase) else to_tensor(x)
    return tensor if tensor.dtype == dtype else apply_one("cast", tensor, dtype=dtype)


def to_common(*operands: TensorLike) -> list[TensorBase]:
    """Return operands as tensors of one dtype, the later one in `dtypes.DTYPES`.

    Python numbers take the tensors' dtype; a float among integer tensors makes them all floatx.
    """
    if not operands:
        raise ValueError("expected at least one tensor, received none")
    strong = [
        x if isinstance(x, TensorBase) else None if _is_number(x) else to_tensor(x)
        for x in operands
    ]
    known = [tensor.dtype for tensor in strong if tensor is not None]
    if len(known) == len(strong) and known.count(known[0]) == len(known):
        return [tensor for tensor in strong if tensor is not None]  # as is mostly the case
    numbers = [x for x, tensor in zip(operands, strong, strict=True) if tensor is None]
    dtype = dtypes.beside(known, numbers)
    return [
        _number(x, dtype) if tensor is None else cast(tensor, dtype)
        for x, tensor in zip(operands, strong, strict=True)
    ]


def _is_number(x: TensorLike) -> bool:
    return isinstance(x, (bool, int, float))


def _number(x: TensorLike, dtype: str) -> TensorBase:
    """Return a Python number as a tensor; raise OverflowError if the dtype cannot hold it."""
    if not dtypes.fits(x, dtype):
        raise OverflowError(f"{x} does not fit {dtype}, the dtype of the tensors beside it")
    return to_tensor(x, dtype)


def to_floating(x: TensorLike) -> TensorBase:
    """Return x as a floating tensor: integers and booleans become floatx."""
    tensor = to_tensor(x)
    return tensor if dtypes.is_floating(tensor.dtype) else cast(tensor, config.floatx())


def to_numeric(x: TensorLike) -> TensorBase:
    """Return x as a tensor of numbers: booleans become int32."""
    tensor = to_tensor(x)
    return cast(tensor, "int32") if tensor.dtype == "bool" else tensor
