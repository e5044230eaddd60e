"""Data that comes batch by batch: generators, iterables of batches, sequences with __len__ and __getitem__."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from lamina.data.arrays import ArrayData, array_data


class BatchData:
    """Batches from a source: x, (x,), (x, y) or (x, y, sample_weight) each.

    A generator or iterator goes on where it stopped; anything else starts anew every epoch. A source with
    `__getitem__` and `__len__` is read by index, in random order if `shuffle`, and told `on_epoch_end()`
    if it has that. `steps`: batches in an epoch, None until known.
    """

    def __init__(
        self,
        source: Any,
        class_weight: Mapping[int, float] | None = None,
        shuffle: bool = False,
        options: Callable[[], Mapping[str, Any]] = dict,
    ) -> None:
        self.source = source
        self.class_weight = class_weight
        self.one_shot = hasattr(source, "__next__")
        self._options = options  # of array_data: asked for late, as a model is built by its first batch
        self._by_index = not self.one_shot and hasattr(source, "__getitem__")
        self._shuffle = shuffle and self._by_index
        self.steps: int | None = None
        if hasattr(source, "num_batches"):
            self.steps = source.num_batches
        elif not self.one_shot and hasattr(source, "__len__"):
            self.steps = len(source)
        if self.steps == 0:
            raise ValueError("x: expected at least one batch, received an empty source of batches")

    def epoch(self, seed: int | None = None) -> Iterator[ArrayData]:
        """Iterate over the batches of one pass."""
        for number, batch in enumerate(self._raw(seed)):
            yield self._convert(batch, number)
        if hasattr(self.source, "on_epoch_end"):
            self.source.on_epoch_end()

    def _raw(self, seed: int | None) -> Iterator[Any]:
        if not self._by_index or self.steps is None:
            return iter(self.source)
        order = np.arange(self.steps)
        if self._shuffle and seed is not None:
            np.random.default_rng(seed).shuffle(order)
        return (self.source[int(index)] for index in order)

    def _convert(self, batch: Any, number: int) -> ArrayData:
        parts = unpack_x_y_sample_weight(batch)
        weight = self.class_weight
        return array_data(*parts, weight, where=f" of batch {number}", **self._options())


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


def is_batches(x: Any, y: Any) -> bool:
    """Return whether `x` yields batches rather than being the data itself."""
    if isinstance(x, (list, tuple)):
        # A list of (x, y) tuples of arrays: nothing else comes in tuples when y is not given.
        return y is None and bool(x) and all(_is_batch(item) for item in x)
    if isinstance(x, (dict, str, bytes, range, np.ndarray)) or x is None:
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
    """Warn that a source of batches ended early."""
    warnings.warn(
        f"the data ran out after {done} batches ({wanted} asked for), so training or evaluation ends; "
        "a generator must yield steps_per_epoch * epochs batches",
        stacklevel=4,
    )
