"""One pass over data: its batches, and who is told about them."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from lamina.models.runners import SLICE, ArrayRunner, Runner
from lamina.models.steps import Results

if TYPE_CHECKING:
    from lamina.callbacks import CallbackList


def run_pass(
    runner: Runner,
    listeners: CallbackList,
    phase: str,
    logs: Callable[[], dict[str, Any]],
    stopped: Callable[[], bool],
) -> int:
    """Run the batches of an epoch and return how many there were.

    phase: "train", "test" or "predict". Callbacks that want every batch get it; otherwise Python is
    visited often enough for the progress line and Ctrl-C only.
    """
    begin = getattr(listeners, f"on_{phase}_batch_begin")
    end = getattr(listeners, f"on_{phase}_batch_end")
    draw = getattr(listeners.progbar, f"on_{phase}_batch_end", None)
    every = listeners.wants_batches(phase)
    done = 0
    while not stopped() and runner.more():
        if every:
            begin(done)
            done += runner.advance(1, math.inf)
            end(done - 1, logs())
        else:
            done += runner.advance(sys.maxsize, SLICE)
            if draw is not None:
                draw(done - 1, logs())
    return done


def run_epochs_unseen(
    runner: Runner, finish: Results, epochs: range, seed: int | None
) -> Iterator[tuple[range, dict[str, list[float]]]]:
    """Run whole epochs in the core; yield those of one call and their logs, a list by name.

    Yields nothing where the runner or the metrics need Python between two epochs.
    """
    if not (isinstance(runner, ArrayRunner) and runner.whole and finish.scalars):
        return
    for rows in runner.run_epochs(epochs, seed, finish.plan):
        yield epochs[: len(rows)], dict(zip(finish.names, rows.T.tolist(), strict=True))
        epochs = epochs[len(rows) :]
