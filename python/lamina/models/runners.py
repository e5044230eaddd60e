"""What walks through the data of an epoch: over arrays in the core, over batches one by one."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np

from lamina._core import Loop
from lamina.data import ArrayData, BatchData, warn_exhausted
from lamina.data.convert import Array
from lamina.models.steps import Step, Steps

SLICE = 0.05  # seconds in the core between two looks at Ctrl-C and the progress line


class Runner(Protocol):
    """Runs the batches of one epoch after the other."""

    steps: int | None  # batches in an epoch; None until known

    def begin(self, seed: int | None = None) -> None:
        """Start an epoch, shuffled by `seed` if the data is to be."""

    def more(self) -> bool:
        """Return whether the epoch has another batch."""

    def advance(self, batches: int, seconds: float) -> int:
        """Run up to `batches` batches, for about `seconds`; return how many ran."""


class ArrayRunner:
    """Runs a kind of step over the rows of arrays, in the core.

    steps: batches of an epoch, if not all of them; the next epoch goes on where this one stopped (with
    `restart`, from the beginning). shuffle: True for rows, "batch" for rows within each batch.
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
        outputs: bool = False,
    ) -> None:
        rows = data.rows
        self._batch = min(batch, rows)
        self._total = math.ceil(rows / self._batch)
        self._limit = limit
        self._shuffle = shuffle
        self._restart = restart or limit is None
        self._rows = rows
        self.steps = self._total if limit is None else limit
        step = steps.get(kind, data, self._batch)
        step.check(data)
        rest = rows % self._batch
        tail = steps.get(kind, data, rest).plan if rest else None
        self.outputs = _allocate(step, rows) if outputs else []
        self.output_types = step.outputs
        self._loop = Loop(data.arrays, self._batch, step.plan, tail, self.outputs)
        self._left = 0  # batches of the current pass over the data
        self._due = 0  # batches of the current epoch

    @property
    def whole(self) -> bool:
        """Whether every epoch is one plain pass, so that the core can run many without coming back."""
        return self._limit is None and self._shuffle != "batch"

    def begin(self, seed: int | None = None) -> None:
        if self._left == 0 or self._restart:
            if self._shuffle == "batch" and seed is not None:
                self._loop.begin(order=self._order_within_batches(seed))
            else:
                self._loop.begin(seed=seed if self._shuffle else None)
            self._left = self._total
        self._due = self.steps
        if self._due > self._left:
            warn_exhausted(self._left, f"{self._due} steps")
            self._due = self._left

    def more(self) -> bool:
        return self._due > 0

    def advance(self, batches: int, seconds: float) -> int:
        done = self._loop.run(min(batches, self._due), seconds)
        self._due -= done
        self._left -= done
        return done

    def run_epochs(self, count: int, seed: int | None, finish: Any) -> Iterator[Array]:
        """Run whole epochs in the core; yield the results that `finish` gives for some of them at a time."""
        done = 0
        while done < count:
            seeds = None if seed is None or not self._shuffle else range(seed + done, seed + count)
            rows = self._loop.run_epochs(count - done, seeds, finish, SLICE)
            done += len(rows)
            yield rows

    def _order_within_batches(self, seed: int) -> Array:
        # Sorting by (batch, random number) permutes the rows of each batch.
        batch_of_row = np.arange(self._rows) // self._batch
        keys = np.random.default_rng(seed).random(self._rows)
        return np.lexsort((keys, batch_of_row)).astype(np.int64)


class BatchRunner:
    """Runs a kind of step over batches from an iterable; their sizes may differ.

    limit: batches of an epoch; the next epoch goes on where this one stopped.
    """

    def __init__(
        self,
        steps: Steps,
        kind: str,
        data: BatchData,
        limit: int | None = None,
        collect: bool = False,
    ) -> None:
        self._steps = steps
        self._kind = kind
        self._data = data
        self._limit = limit
        self.steps = limit if limit is not None else data.steps
        self._batches: Iterator[ArrayData] | None = None
        self._next: ArrayData | None = None
        self._done = 0
        self.collected: list[list[Array]] | None = [] if collect else None
        self.output_types: Any = None

    def prepare(self) -> None:
        """Read, check and compile for the first batch, before anything is changed."""
        self.begin(None)
        if not self.more():
            raise ValueError("x: expected at least one batch, received an empty source of batches")
        assert self._next is not None
        self._compiled(self._next)

    def begin(self, seed: int | None = None) -> None:
        if self._batches is None or (self._limit is None and not self._data.one_shot and self._done):
            self._batches = self._data.epoch(seed)
        self._done = 0

    def more(self) -> bool:
        if self._limit is not None and self._done >= self._limit:
            return False
        if self._next is None and self._batches is not None:
            self._next = next(self._batches, None)
            if self._next is None:
                self._exhausted()
        return self._next is not None

    def advance(self, batches: int, seconds: float) -> int:
        started = time.perf_counter()
        ran = 0
        while ran < batches and self.more():
            assert self._next is not None
            batch, self._next = self._next, None
            step = self._compiled(batch)
            outputs = step.plan.run(batch.arrays)
            if self.collected is not None:
                self.collected.append(outputs)
            ran += 1
            self._done += 1
            if time.perf_counter() - started >= seconds:
                break
        return ran

    def _compiled(self, batch: ArrayData) -> Step:
        step = self._steps.get(self._kind, batch, batch.rows)
        step.check(batch)
        self.output_types = step.outputs
        return step

    def _exhausted(self) -> None:
        if self._limit is not None and self._done < self._limit:
            if not self._data.one_shot and self._done == 0:
                return
            warn_exhausted(self._done, f"{self._limit} steps")
        self._batches = None if not self._data.one_shot else self._batches


def _allocate(step: Step, rows: int) -> list[Array]:
    from lamina import nest

    return [np.empty((rows, *shape[1:]), dtype) for shape, dtype in nest.flatten(step.outputs)]
