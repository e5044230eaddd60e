"""Data that comes batch by batch: generators, iterables of batches, sequences of batches."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from lamina.data.arrays import ArrayData, array_data


class BatchData:
    """Batches from a source: x, (x,), (x, y) or (x, y, sample_weight) each.

    A generator or iterator goes on where it stopped; anything else starts anew every epoch, is read
    by index if it has `__getitem__` and `__len__`, and told of `on_epoch_begin()` and
    `on_epoch_end()` if it has them.
    steps: batches in a pass, None if not known.
    """

    def __init__(self, source: Any, options: Callable[[], Mapping[str, Any]] = dict) -> None:
        self.source = source
        self.one_shot = hasattr(source, "__next__")
        # Of array_data; asked for late, as the first batch may build the model.
        self._options = options
        self._class_weight: Mapping[int, float] | None = None
        self.steps: int | None = None
        if not self.one_shot and hasattr(source, "__len__"):
            self.steps = len(source)
        if self.steps == 0:
            raise ValueError("x: expected at least one batch, received an empty source of batches")

    def weighted(self, class_weight: Mapping[int, float]) -> BatchData:
        """Return the same source, its batches weighted by class."""
        data = BatchData(self.source, self._options)
        data._class_weight = class_weight
        return data

    def epoch(self, seed: int | None = None) -> Iterator[ArrayData]:
        """Iterate over the batches of one pass; by index, in an order drawn from `seed`."""
        if hasattr(self.source, "on_epoch_begin"):
            self.source.on_epoch_begin()
        for number, batch in enumerate(self._raw(seed)):
            parts = unpack_x_y_sample_weight(batch)
            data = array_data(*parts, where=f" of batch {number}", **self._options())
            yield data if self._class_weight is None else data.weighted(self._class_weight)
        if hasattr(self.source, "on_epoch_end"):
            self.source.on_epoch_end()

    def _raw(self, seed: int | None) -> Iterator[Any]:
        if self.steps is None or not hasattr(self.source, "__getitem__"):
            return iter(self.source)
        order = np.arange(self.steps)
        if seed is not None:
            np.random.default_rng(seed).shuffle(order)
        return (self.source[int(index)] for index in order)


def unpack_x_y_sample_weight(data: Any) -> tuple[Any, Any, Any]:
    """Return (x, y, sample_weight) of a batch given as x, (x,), (x, y) or (x, y, sample_weight)."""
    if isinstance(data, ArrayData):
        return data.parts
    if not isinstance(data, (list, tuple)):
        return data, None, None
    if not 1 <= len(data) <= 3:
        raise ValueError(
            f"expected x, (x,), (x, y) or (x, y, sample_weight), received a {type(data).__name__} "
            f"of {len(data)} items"
        )
    x, y, sample_weight = (*data, None, None)[:3]
    return x, y, sample_weight


def pack_x_y_sample_weight(x: Any, y: Any = None, sample_weight: Any = None) -> Any:
    """Return data as `Model.train_step` takes it: x, (x, y) or (x, y, sample_weight).

    An x that is itself a list or tuple, of several inputs, comes alone as (x,).
    """
    if y is None:
        return (x,) if isinstance(x, (list, tuple)) else x
    return (x, y) if sample_weight is None else (x, y, sample_weight)


def is_batches(x: Any, y: Any) -> bool:
    """Return whether `x` yields batches rather than being the data itself."""
    if isinstance(x, list):
        # A list of (x, y) tuples of arrays: nothing else comes in tuples when y is not given.
        return y is None and bool(x) and all(_is_batch(item) for item in x)
    if isinstance(x, (dict, tuple, str, bytes, range, np.ndarray)) or x is None:
        return False
    data_like = ("__array__", "__dlpack__", "__dataframe__", "shape")
    if any(hasattr(x, attribute) for attribute in data_like):
        return False
    return hasattr(x, "__iter__") or (hasattr(x, "__getitem__") and hasattr(x, "__len__"))


def _is_batch(item: Any) -> bool:
    return (
        isinstance(item, tuple)
        and 1 <= len(item) <= 3
        and all(part is None or len(getattr(part, "shape", ())) > 0 for part in item)
    )


def refuse_beside_batches(**arguments: Any) -> None:
    """Raise ValueError for arguments that a source of batches has no use for."""
    for name, value in arguments.items():
        if value is not None:
            raise ValueError(
                f"{name}: not taken when x is a generator, iterable or sequence of batches; "
                f"each batch brings its own"
            )


def warn_exhausted(done: int, wanted: str) -> None:
    """Warn that the data ended before an epoch did."""
    warnings.warn(
        f"the data ran out after {done} batches of an epoch ({wanted}); "
        "a generator must yield steps_per_epoch * epochs batches",
        stacklevel=5,
    )
