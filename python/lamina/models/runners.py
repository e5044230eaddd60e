"""What walks through the data of an epoch; over arrays it does so in the core."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np

from lamina import nest
from lamina._core import Loop, Plan
from lamina.data import ArrayData, warn_exhausted
from lamina.data.convert import Array
from lamina.models.steps import Steps

SLICE = 0.05  # seconds in the core between two looks at Ctrl-C and the progress line


class Runner(Protocol):
    """Runs the batches of one epoch after the other."""

    @property
    def steps(self) -> int | None:
        """The number of batches in an epoch; None until known."""

    def begin(self, seed: int | None = None) -> None:
        """Start an epoch, in an order drawn from `seed`."""

    def more(self) -> bool:
        """Return whether the epoch has another batch."""

    def advance(self, batches: int, seconds: float) -> int:
        """Run up to `batches` batches, for about `seconds`; return how many ran."""

    def last_outputs(self) -> Any:
        """Return the outputs of the batch that ran last, of a prediction."""

    def predictions(self) -> Any:
        """Return the outputs of all batches that ran, of a prediction."""


class ArrayRunner:
    """Runs a kind of step over the rows of arrays, in the core.

    limit: batches of an epoch, if not all of them; the next epoch goes on where this one stopped,
    with `restart` from the beginning. shuffle: True for rows, "batch" for rows within each batch.
    """

    def __init__(
        self,
        steps: Steps,
        kind: str,
        data: ArrayData,
        batch: int,
        limit: int | None = None,
        shuffle: bool | str = False,
        restart: bool = False,
    ) -> None:
        self._rows = data.rows
        self._batch = min(batch, self._rows)
        self._total = math.ceil(self._rows / self._batch)
        self._shuffle = shuffle
        self._restart = restart or limit is None
        self._left = 0  # batches of the current pass over the data
        self._due = 0  # batches of the current epoch
        self._steps = self._total if limit is None else limit
        # Whether every epoch is one plain pass, so that the core can run many without coming back.
        self.whole = limit is None and shuffle != "batch"

        step = steps.get(kind, data, self._batch)
        step.check(data)
        rest = self._rows % self._batch
        tail = steps.get(kind, data, rest).plan if rest else None
        self._structure = step.outputs
        self._outputs = [np.empty((self._rows, *shape[1:]), dtype) for shape, dtype in step.types]
        self._loop = Loop(data.arrays, self._batch, step.plan, tail, self._outputs)

    @property
    def steps(self) -> int:
        return self._steps

    def begin(self, seed: int | None = None) -> None:
        if self._left == 0 or self._restart:
            by_batch = self._shuffle == "batch" and seed is not None
            order = self._order_within_batches(seed) if by_batch else None
            self._loop.begin(order, seed if self._shuffle and not by_batch else None)
            self._left = self._total
        self._due = min(self._steps, self._left)
        if self._due < self._steps:
            warn_exhausted(self._due, f"{self._steps} steps asked for")

    def more(self) -> bool:
        return self._due > 0

    def advance(self, batches: int, seconds: float) -> int:
        done = self._loop.run(min(batches, self._due), seconds)
        self._due -= done
        self._left -= done
        return done

    def run_epochs(self, epochs: range, seed: int | None, finish: Plan) -> Iterator[Array]:
        """Run whole epochs in the core; yield what `finish` gives at their ends, row by row."""
        while epochs:
            first = epoch_seed(seed, epochs[0]) if self._shuffle else None
            rows = self._loop.run_epochs(len(epochs), first, finish, SLICE)
            epochs = epochs[len(rows) :]
            yield rows

    def last_outputs(self) -> Any:
        start = (self._total - self._left - 1) * self._batch
        return nest.pack_as(
            self._structure, [y[start : start + self._batch] for y in self._outputs]
        )

    def predictions(self) -> Any:
        done = (self._total - self._left) * self._batch
        return nest.pack_as(self._structure, [y[:done] for y in self._outputs])

    def _order_within_batches(self, seed: int | None) -> Array:
        # Sorting by (batch, random number) permutes the rows of each batch.
        keys = np.random.default_rng(seed).random(self._rows)
        return np.lexsort((keys, np.arange(self._rows) // self._batch)).astype(np.int64)


def epoch_seed(seed: int | None, epoch: int) -> int | None:
    """Return the seed of an epoch's shuffle: one draw of the generator serves a whole `fit`."""
    return None if seed is None else seed + epoch
