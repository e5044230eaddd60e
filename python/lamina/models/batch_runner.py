"""What walks through data that comes batch by batch."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from lamina import nest
from lamina.data import ArrayData, BatchData, warn_exhausted
from lamina.data.convert import Array
from lamina.models.steps import Step, Steps


class BatchRunner:
    """Runs a kind of step over batches that may differ in size.

    limit: batches of an epoch, if not all; the next epoch goes on where this one stopped.
    """

    def __init__(self, steps: Steps, kind: str, data: BatchData, limit: int | None = None) -> None:
        self._compiled = steps
        self._kind = kind
        self._data = data
        self._limit = limit
        self._steps = data.steps if limit is None else limit
        self._batches: Iterator[ArrayData] | None = None  # of the current pass over the data
        self._next: ArrayData | None = None  # read ahead
        self._done = 0  # batches of the current epoch
        self._warned = False
        self._outputs: list[list[Array]] = []
        self._structure: Any = None

    @property
    def steps(self) -> int | None:
        return self._steps

    def prepare(self) -> None:
        """Read, check and compile for the first batch, before anything is changed."""
        self._batches = self._data.epoch()
        if not self._read_ahead() or self._next is None:
            raise ValueError("x: expected at least one batch, received an empty source of batches")
        self._step(self._next)
        if not self._data.one_shot:
            self._batches = self._next = None

    def begin(self, seed: int | None = None) -> None:
        self._done = 0
        if not self._data.one_shot and (self._limit is None or not self._read_ahead()):
            self._batches, self._next = self._data.epoch(seed), None

    def more(self) -> bool:
        if self._done == self._limit:
            return False
        if self._read_ahead():
            return True
        if self._limit is None and self._done:
            self._steps = self._done
        elif not self._warned:
            wanted = "more" if self._limit is None else f"{self._limit} steps"
            warn_exhausted(self._done, f"{wanted} asked for")
            self._warned = self._data.one_shot
        return False

    def advance(self, batches: int, seconds: float) -> int:
        started = time.perf_counter()
        ran = 0
        while ran < batches and self.more() and self._next is not None:
            batch, self._next = self._next, None
            step = self._step(batch)
            try:
                outputs = step.plan.run(batch.arrays)
            except ValueError as error:
                raise ValueError(f"batch {self._done}: {error}") from None
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

    def _read_ahead(self) -> bool:
        if self._next is None and self._batches is not None:
            self._next = next(self._batches, None)
        return self._next is not None

    def _step(self, batch: ArrayData) -> Step:
        step = self._compiled.get(self._kind, batch, batch.rows)
        step.check(batch)
        self._structure = step.outputs
        return step
