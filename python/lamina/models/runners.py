"""What walks through the data of an epoch: over arrays in the core, over batches one by one."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np

from lamina import nest
from lamina._core import Loop, Plan
from lamina.data import ArrayData, BatchData, warn_exhausted
from lamina.data.convert import Array
from lamina.models.steps import Step, Steps

SLICE = 0.05  # seconds in the core between two looks at Ctrl-C and the progress line


class Runner(Protocol):
    """Runs the batches of one epoch after the other."""

    steps: int | None  # batches in an epoch; None until known

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
        self.steps: int = self._total if limit is None else limit
        # Whether every epoch is one plain pass, so that the core can run many without coming back.
        self.whole = limit is None and shuffle != "batch"

        step = steps.get(kind, data, self._batch)
        step.check(data)
        rest = self._rows % self._batch
        tail = steps.get(kind, data, rest).plan if rest else None
        self._structure = step.outputs
        self._outputs = [np.empty((self._rows, *shape[1:]), dtype) for shape, dtype in step.types]
        self._loop = Loop(data.arrays, self._batch, step.plan, tail, self._outputs)

    def begin(self, seed: int | None = None) -> None:
        if self._left == 0 or self._restart:
            by_batch = self._shuffle == "batch" and seed is not None
            order = self._order_within_batches(seed) if by_batch else None
            self._loop.begin(order, seed if self._shuffle and not by_batch else None)
            self._left = self._total
        self._due = min(self.steps, self._left)
        if self._due < self.steps:
            warn_exhausted(self._due, f"{self.steps} steps asked for")

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
            seeds = (
                None if seed is None or not self._shuffle else [seed + epoch for epoch in epochs]
            )
            rows = self._loop.run_epochs(len(epochs), seeds, finish, SLICE)
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


class BatchRunner:
    """Runs a kind of step over batches that may differ in size.

    limit: batches of an epoch; the next epoch goes on where this one stopped.
    """

    def __init__(self, steps: Steps, kind: str, data: BatchData, limit: int | None = None) -> None:
        self._compiled = steps
        self._kind = kind
        self._data = data
        self._limit = limit
        self._batches: Iterator[ArrayData] | None = None  # of the current pass over the data
        self._next: ArrayData | None = None
        self._seed: int | None = None
        self._done = 0
        self._exhausted = False  # there is nothing more, and that has been said
        self._outputs: list[list[Array]] = []
        self._structure: Any = None
        self.steps: int | None = limit if limit is not None else data.steps

    def prepare(self) -> None:
        """Read, check and compile for the first batch, before anything is changed."""
        self.begin()
        if not self.more() or self._next is None:
            raise ValueError("x: expected at least one batch, received an empty source of batches")
        self._step(self._next)
        if not self._data.one_shot:
            self._batches = self._next = None

    def begin(self, seed: int | None = None) -> None:
        self._seed = seed
        self._done = 0
        if self._batches is None or (self._limit is None and not self._data.one_shot):
            self._restart()

    def _end_of_data(self) -> None:
        if self._limit is None and self._done:
            self.steps = self._done
        elif not self._exhausted:
            wanted = "more" if self._limit is None else f"{self._limit} steps"
            warn_exhausted(self._done, f"{wanted} asked for")
        self._exhausted = self._data.one_shot and (self._exhausted or self._limit is not None)
        if not self._data.one_shot:
            self._batches = None

    def _restart(self) -> None:
        self._batches = self._data.epoch(self._seed)
        self._next = None

    def more(self) -> bool:
        if self._next is not None:
            return self._done != self._limit
        if self._done == self._limit or self._batches is None:
            return False
        self._next = next(self._batches, None)
        if (
            self._next is None
            and self._done == 0
            and self._limit is not None
            and not self._data.one_shot
        ):
            self._restart()  # the epoch before ended with the last batch
            self._next = next(self._batches, None)
        if self._next is None:
            self._end_of_data()
        return self._next is not None

    def advance(self, batches: int, seconds: float) -> int:
        started = time.perf_counter()
        ran = 0
        while ran < batches and self.more() and self._next is not None:
            batch, self._next = self._next, None
            outputs = self._step(batch).plan.run(batch.arrays)
            if self._kind == "predict":
                self._outputs.append(outputs)
            ran += 1
            self._done += 1
            if time.perf_counter() - started >= seconds:
                break
        return ran

    def last_outputs(self) -> Any:
        return nest.pack_as(self._structure, self._outputs[-1])

    def predictions(self) -> Any:
        columns = zip(*self._outputs, strict=True)
        return nest.pack_as(self._structure, [np.concatenate(column) for column in columns])

    def _step(self, batch: ArrayData) -> Step:
        step = self._compiled.get(self._kind, batch, batch.rows)
        step.check(batch)
        self._structure = step.outputs
        return step
