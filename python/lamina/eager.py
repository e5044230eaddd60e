"""Operations on arrays, outside of any graph: compiled once for each signature of the arguments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from lamina import _core, dtypes
from lamina.tensor import Tensor, TensorBase, TracedTensor
from lamina.trace import Trace


class Eager:
    """A function of tensors, called on arrays and compiled.

    `recall` takes a call straight to the plan of an earlier one like it, and gives None where there
    was none, or while a graph is being described. The object itself makes a plan.

    The first `tensors` positional arguments are tensors; a Python number among them is an input of
    the plan, in the dtype that it has beside the others. All other arguments are built into the
    plan. The function must not look at values of tensors, and give a tensor or a tuple of some.
    """

    def __init__(self, fn: Callable[..., Any], tensors: int) -> None:
        self._fn = fn
        self._tensors = tensors
        self._plans = _core.Recall(Tensor, tensors=tensors)
        self.recall = self._plans.call

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the function by a new plan; return None where the arguments are not as described."""
        tensors, fixed = args[: self._tensors], args[self._tensors :]
        tensors = tuple(_python_or_array(x) for x in tensors)
        if any(isinstance(x, (TensorBase, np.ndarray)) for x in (*fixed, *kwargs.values())):
            return None
        arrays = [x for x in tensors if type(x) in (Tensor, np.ndarray)]
        numbers = [x for x in tensors if type(x) in (float, int)]
        if not arrays or len(arrays) + len(numbers) < len(tensors):
            return None
        if not all(x.dtype in dtypes.NAMES for x in arrays if type(x) is np.ndarray):
            return None
        dtype = dtypes.beside([str(x.dtype) for x in arrays], numbers)
        if not all(dtypes.fits(x, dtype) and dtypes.fits(x, "int32") for x in numbers):
            return None
        tensors = tuple(_contiguous(x) for x in tensors)
        output = self.recall(*tensors, *fixed, **kwargs)  # now that strange layouts are gone
        return self._compile(tensors, dtype, fixed, kwargs) if output is None else output

    def _compile(
        self, tensors: Sequence[Any], dtype: str, fixed: Sequence[Any], kwargs: dict[str, Any]
    ) -> Any:
        inputs = [np.asarray(x, None if type(x) is np.ndarray else dtype) for x in tensors]
        reverse = [not x.flags.c_contiguous for x in inputs]
        inputs = [x.T if back else x for back, x in zip(reverse, inputs, strict=True)]
        trace = Trace()
        with trace:
            entered = [trace.input(x.shape, dtypes.NAMES[x.dtype]) for x in inputs]
            outputs = self._fn(*map(_turned, entered, reverse), *fixed, **kwargs)
            several = isinstance(outputs, tuple)
            plan = trace.compile([trace.lift(y) for y in (outputs if several else (outputs,))])
        self._plans.remember([*tensors, *fixed], plan, reverse, kwargs)
        results = tuple(Tensor(y) for y in plan.run(inputs))
        return results if several else results[0]


def _turned(x: TracedTensor, back: bool) -> TracedTensor:
    return x.trace.apply("transpose", [x], {})[0] if back else x


def _python_or_array(x: Any) -> Any:
    """Return a NumPy scalar as a Python float, if it is one (a float64 is), or as an array."""
    if not isinstance(x, np.generic):
        return x
    return float(x) if isinstance(x, float) else np.asarray(x)


def _contiguous(x: Any) -> Any:
    """Return the array of a tensor, in a copy unless it lies contiguous in some order."""
    x = x.numpy() if isinstance(x, Tensor) else x
    if type(x) is not np.ndarray:
        return x
    flags = x.flags
    return x if flags.aligned and (flags.c_contiguous or flags.f_contiguous) else x.copy()
