"""Data that comes in sequences, and data that comes batch by batch."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence as SequenceOf
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


class PyDataset(ABC):
    """Batches by number, for `fit`, `evaluate` and `predict`: x, (x, y) or (x, y, sample_weight).

    A subclass says how many there are and makes each. workers, use_multiprocessing and
    max_queue_size are taken for Keras's sake: batches are made one after the other.
    """

    def __init__(
        self, workers: int = 1, use_multiprocessing: bool = False, max_queue_size: int = 10
    ) -> None:
        self.workers = workers
        self.use_multiprocessing = use_multiprocessing
        self.max_queue_size = max_queue_size

    @abstractmethod
    def __getitem__(self, index: int) -> Any:
        """Return a batch."""

    @abstractmethod
    def __len__(self) -> int:
        """Return the number of batches."""

    def on_epoch_begin(self) -> None:
        """Do what is to be done before an epoch; nothing, unless overridden."""
        return

    def on_epoch_end(self) -> None:
        """Do what is to be done between epochs; nothing, unless overridden."""
        return


Sequence = PyDataset  # by its older name


class Windows(PyDataset):
    """Batches of windows of a series, each with the target at its first step if there are any."""

    def __init__(
        self,
        data: NDArray[Any],
        targets: NDArray[Any] | None,
        places: NDArray[np.int64],
        offsets: NDArray[np.int64],
        batch_size: int | None,
    ) -> None:
        super().__init__()
        self._data, self._targets = data, targets
        self._places, self._offsets = places, offsets
        self._batch = batch_size

    def __len__(self) -> int:
        return -(-len(self._places) // (self._batch or 1))

    def __getitem__(self, index: int) -> Any:
        if not 0 <= index < len(self):
            raise IndexError(f"expected a batch in 0..{len(self) - 1}, received {index}")
        size = self._batch or 1
        places = self._places[index * size : (index + 1) * size]
        x = self._data[places[:, None] + self._offsets]
        parts = (x,) if self._targets is None else (x, self._targets[places])
        parts = tuple(part[0] for part in parts) if self._batch is None else parts
        return parts if len(parts) == 2 else parts[0]


def timeseries_dataset_from_array(
    data: ArrayLike,
    targets: ArrayLike | None,
    sequence_length: int,
    sequence_stride: int = 1,
    sampling_rate: int = 1,
    batch_size: int | None = 128,
    shuffle: bool = False,
    seed: int | None = None,
    start_index: int | None = None,
    end_index: int | None = None,
) -> Windows:
    """Return batches of windows of a series, (batch, sequence_length, ...), for `fit`.

    A window takes every sampling_rate-th step, the next one begins sequence_stride later.
    targets[i] belongs to the window that begins at data[i]; None: windows alone. start_index,
    end_index: the part of the data to use. shuffle: windows in random order. batch_size None: one
    window at a time, without a batch axis. Raises ValueError where no window fits.
    """
    series, goals = np.asarray(data), None if targets is None else np.asarray(targets)
    for name, value in (
        ("sequence_length", sequence_length),
        ("sequence_stride", sequence_stride),
        ("sampling_rate", sampling_rate),
        ("batch_size", 1 if batch_size is None else batch_size),
    ):
        if value < 1:
            raise ValueError(
                f"timeseries_dataset_from_array: expected {name} >= 1, received {value}"
            )
    used = slice(start_index, end_index)
    series, goals = series[used], None if goals is None else goals[used]
    count = len(series) - (sequence_length - 1) * sampling_rate
    if goals is not None:
        count = min(count, len(goals))
    if count < 1:
        raise ValueError(
            f"timeseries_dataset_from_array: {len(series)} steps hold no window of "
            f"{sequence_length} at a sampling rate of {sampling_rate}"
        )
    places = np.arange(0, count, sequence_stride)
    if shuffle:
        from lamina import random

        np.random.default_rng(random.next_seed() if seed is None else seed).shuffle(places)
    return Windows(series, goals, places, sampling_rate * np.arange(sequence_length), batch_size)


def pad_sequences(
    sequences: SequenceOf[Any],
    maxlen: int | None = None,
    dtype: Any = "int32",
    padding: str = "pre",
    truncating: str = "pre",
    value: float = 0.0,
) -> NDArray[Any]:
    """Return sequences of differing lengths as one array (sequences, maxlen, ...).

    Shorter ones are filled up with `value`, longer ones cut: before ("pre") or after ("post") what
    is kept. maxlen None: the longest. Raises ValueError for steps of differing shapes.
    """
    for name, where in (("padding", padding), ("truncating", truncating)):
        if where not in ("pre", "post"):
            raise ValueError(f"pad_sequences: expected {name} 'pre' or 'post', received {where!r}")
    rows = [np.asarray(sequence, dtype) for sequence in sequences]
    shapes = {row.shape[1:] for row in rows if row.ndim and len(row)}
    if len(shapes) > 1 or any(row.ndim == 0 for row in rows):
        raise ValueError(
            f"pad_sequences: expected sequences of steps of one shape, received {sorted(shapes)}"
        )
    length = max(map(len, rows), default=0) if maxlen is None else maxlen
    padded = np.full((len(rows), length, *(shapes.pop() if shapes else ())), value, dtype)
    for line, row in zip(padded, rows, strict=True):
        kept = row[max(0, len(row) - length) :] if truncating == "pre" else row[:length]
        if len(kept):
            line[length - len(kept) if padding == "pre" else 0 :][: len(kept)] = kept
    return padded
