"""From users' data to runners over it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import lamina  # its callbacks are loaded when a model is run
from lamina.data import (
    ArrayData,
    BatchData,
    array_data,
    is_batches,
    refuse_beside_batches,
    unpack_x_y_sample_weight,
)
from lamina.models.batch_runner import BatchRunner
from lamina.models.runners import ArrayRunner, Runner
from lamina.models.stepping import Stepping

if TYPE_CHECKING:
    from lamina.callbacks import CallbackList

BATCH = 32  # rows, where no batch_size is given


class Feedable(Stepping):
    """The part of a model that takes in data."""

    def _adapt(self, x: Any, y: Any = None, sample_weight: Any = None) -> ArrayData | BatchData:
        if is_batches(x, y):
            refuse_beside_batches(y=y, sample_weight=sample_weight)
            return BatchData(x, self._steps.data_options)
        return self._adapt_arrays(x, y, sample_weight)

    def _adapt_arrays(self, x: Any, y: Any = None, sample_weight: Any = None) -> ArrayData:
        return array_data(x, y, sample_weight, **self._steps.data_options())

    def _adapt_validation(self, data: Any) -> ArrayData | BatchData:
        if isinstance(data, (tuple, list)) and not is_batches(data, None):
            return array_data(
                *unpack_x_y_sample_weight(data),
                **self._steps.data_options(),
                where=" of validation_data",
            )
        return self._adapt(data)

    def _runner(
        self,
        kind: str,
        data: ArrayData | BatchData,
        batch_size: int | None,
        steps: int | None,
        shuffle: bool | str = False,
        restart: bool = False,
    ) -> Runner:
        if isinstance(data, BatchData):
            runner = BatchRunner(self._steps, kind, data, steps)
            runner.prepare()
            return runner
        batch = batch_size or (math.ceil(data.rows / steps) if steps else BATCH)
        return ArrayRunner(self._steps, kind, data, batch, steps, shuffle, restart)

    def _listeners(
        self, callbacks: Any, verbose: int, epochs: int, steps: int | None, history: bool = False
    ) -> CallbackList:
        if isinstance(callbacks, lamina.callbacks.CallbackList):
            return callbacks
        return lamina.callbacks.CallbackList(
            callbacks,
            add_history=history,
            add_progbar=verbose != 0,
            model=self,
            verbose=verbose,
            epochs=epochs,
            steps=steps,
        )
