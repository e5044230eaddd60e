"""fit, evaluate and predict."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

import lamina
from lamina import random
from lamina.data import ArrayData, BatchData
from lamina.models import arguments
from lamina.models.epoch import run_epochs_unseen, run_pass
from lamina.models.feeding import BATCH, Feedable
from lamina.models.runners import Runner, epoch_seed

if TYPE_CHECKING:
    from lamina.callbacks import CallbackList, History


class Trainer(Feedable):
    """The part of a model that trains, evaluates and predicts."""

    history: History | None = None
    stop_evaluating = False
    stop_predicting = False

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: int | str = "auto",
        callbacks: Any = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool | str = True,
        class_weight: dict[int, float] | None = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: int | Iterable[int] = 1,
    ) -> History:
        """Train the model and return the history of its loss and metrics.

        x, y: arrays, DataFrames, nested lists, tensors, or lists or dicts of them for several
        inputs or outputs; or x alone: a generator, an iterable of batches, or an object with
        `__len__` and `__getitem__`, each batch being (x, y) or (x, y, sample_weight).
        batch_size: rows per update, 32 if not given.
        epochs: the last epoch's number; training starts at `initial_epoch`.
        verbose: 0 silent, 1 progress line, 2 a line per epoch; "auto" is 1.
        validation_split: the last part of the rows, evaluated after each epoch, not trained on.
        validation_data: (x, y), (x, y, sample_weight) or batches, evaluated instead; in batches of
        `validation_batch_size`, at most `validation_steps`, every `validation_freq` epochs (or
        after those it lists, counted from 1).
        shuffle: True for all rows, "batch" within each batch, anew every epoch.
        class_weight: factor of each class's loss. sample_weight: of each row's.
        steps_per_epoch: batches in an epoch; the next one goes on where it stopped.

        Data is checked before the first update: ValueError and TypeError say what is wrong where.
        Ctrl-C ends training between two batches; the model remains usable.
        """
        self._require_compiled("fit")
        verbose = arguments.verbosity(verbose)
        epochs = arguments.count(epochs, "epochs", least=0)
        initial_epoch = arguments.count(initial_epoch, "initial_epoch", least=0)
        batch_size = arguments.optional_count(batch_size, "batch_size")
        steps = arguments.optional_count(steps_per_epoch, "steps_per_epoch")
        validation_batch = arguments.optional_count(validation_batch_size, "validation_batch_size")
        validation_steps = arguments.optional_count(validation_steps, "validation_steps")
        shuffle = arguments.shuffling(shuffle)
        arguments.validates(validation_freq, 0)

        data = self._adapt(x, y, sample_weight)
        validation: ArrayData | BatchData | None = None
        if validation_data is not None:
            validation = self._adapt_validation(validation_data)
        elif validation_split:
            if isinstance(data, BatchData):
                raise ValueError("validation_split: needs arrays; for batches pass validation_data")
            data, validation = data.split(validation_split)
        if class_weight is not None:
            data = data.weighted(class_weight)

        runner = self._runner("train", data, batch_size, steps, shuffle)
        validator = None
        if validation is not None:
            size = validation_batch or batch_size
            validator = self._runner("test", validation, size, validation_steps, restart=True)

        listeners = self._listeners(callbacks, verbose, epochs, runner.steps, history=True)
        due = range(initial_epoch, epochs)
        seed = random.next_seed() if shuffle and due else None
        results = self._steps.results("train")
        finish = self._steps.results("train", reset=True)
        finish.plan.run([])
        self.stop_training = False
        logs: dict[str, Any] = {}
        listeners.on_train_begin()
        if listeners.only_records() and validator is None:
            # Nobody looks on: all epochs but the last, which leaves its metrics to be read.
            for done, columns in run_epochs_unseen(runner, finish, due[:-1], seed):
                listeners.record(done, columns)
                due = due[len(done) :]
        for epoch in due:
            finish.plan.run([])
            listeners.on_epoch_begin(epoch)
            runner.begin(epoch_seed(seed, epoch))
            if not run_pass(runner, listeners, "train", results.logs, lambda: self.stop_training):
                break
            logs = results.logs()
            if validator is not None and arguments.validates(validation_freq, epoch):
                found = self._test(validator, listeners)
                logs.update((f"val_{name}", value) for name, value in found.items())
            listeners.on_epoch_end(epoch, logs)
            if self.stop_training:
                break
        if initial_epoch < epochs and self.optimizer is not None:
            self.optimizer.finalize_variable_values(self.trained_variables())
        listeners.on_train_end(logs)
        return listeners.history or lamina.callbacks.History()

    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: Any = None,
        return_dict: bool = False,
    ) -> Any:
        """Return loss and metrics over data: a number, a list as `metrics_names`, or a dict.

        Takes data as `fit` does. steps: batches to look at, if not all.
        """
        self._require_compiled("evaluate")
        verbose = arguments.verbosity(verbose)
        batch_size = arguments.optional_count(batch_size, "batch_size")
        steps = arguments.optional_count(steps, "steps")
        data = self._adapt(x, y, sample_weight)
        runner = self._runner("test", data, batch_size, steps, restart=True)
        logs = self._test(runner, self._listeners(callbacks, verbose, 1, runner.steps))
        return logs if return_dict else self._in_order(logs)

    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        steps: int | None = None,
        callbacks: Any = None,
    ) -> Any:
        """Return the outputs for x as NumPy arrays, in the structure of the model's outputs.

        Takes x as `fit` does. batch_size: rows computed at a time, 32 if not given. steps: batches
        to predict, if not all.
        """
        if verbose == 0 and steps is None and callbacks is None and _at_once(x, batch_size):
            known = self._steps.recall_prediction(x)  # of an array like an earlier one
            if known is not None:
                return known
        verbose = arguments.verbosity(verbose)
        batch_size = arguments.optional_count(batch_size, "batch_size")
        steps = arguments.optional_count(steps, "steps")
        quiet = verbose == 0 and callbacks is None
        data = self._adapt(x)
        if quiet and isinstance(data, ArrayData) and data.rows <= (batch_size or BATCH):
            return self._steps.predict(data)
        runner = self._runner("predict", data, batch_size, steps, restart=True)
        listeners = self._listeners(callbacks, verbose, 1, runner.steps)
        self.stop_predicting = False
        listeners.on_predict_begin()
        runner.begin()
        run_pass(
            runner,
            listeners,
            "predict",
            lambda: {"outputs": runner.last_outputs()},
            lambda: self.stop_predicting,
        )
        listeners.on_predict_end()
        return runner.predictions()

    def train_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: dict[int, float] | None = None,
        return_dict: bool = False,
    ) -> Any:
        """Update the weights by one batch; return its loss and metrics (before the update)."""
        self._require_compiled("train_on_batch")
        data = self._adapt_arrays(x, y, sample_weight)
        if class_weight is not None:
            data = data.weighted(class_weight)
        return self._run_on_batch("train", data, return_dict)

    def test_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False
    ) -> Any:
        """Return the loss and metrics of one batch."""
        self._require_compiled("test_on_batch")
        return self._run_on_batch("test", self._adapt_arrays(x, y, sample_weight), return_dict)

    def predict_on_batch(self, x: Any) -> Any:
        """Return the outputs for one batch as NumPy arrays."""
        return self._steps.predict(self._adapt_arrays(x))

    def _run_on_batch(self, kind: str, data: ArrayData, return_dict: bool) -> Any:
        step = self._steps.get(kind, data, data.rows)
        step.check(data)
        results = self._steps.results(kind)
        self._steps.results(kind, reset=True).plan.run([])
        step.plan.run(data.arrays)
        logs = results.logs()
        return logs if return_dict else self._in_order(logs)

    def _test(self, runner: Runner, listeners: CallbackList) -> dict[str, Any]:
        results = self._steps.results("test")
        self._steps.results("test", reset=True).plan.run([])
        self.stop_evaluating = False
        listeners.on_test_begin()
        runner.begin()
        run_pass(runner, listeners, "test", results.logs, lambda: self.stop_evaluating)
        logs = results.logs()
        listeners.on_test_end(logs)
        return logs

    def _in_order(self, logs: dict[str, Any]) -> Any:
        names = [name for name in self.metrics_names if name in logs]
        names += [name for name in logs if name not in names]
        return logs[names[0]] if len(names) == 1 else [logs[name] for name in names]


def _at_once(x: Any, batch_size: Any) -> bool:
    """Return whether x is an array of no more rows than a batch."""
    most = BATCH if batch_size is None else batch_size
    return type(x) is np.ndarray and type(most) is int and x.ndim > 0 and x.shape[0] <= most
