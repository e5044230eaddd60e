"""One library in a process of its own: it prepares cases and times them when asked.

Separate processes keep the libraries' thread pools and settings apart, and every one of them reads
the same number of threads from its environment before it starts.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

import numpy as np

from lamina.benchmark.peers import Unsupported, Work

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lamina.benchmark.workloads import Case

THREAD_VARIABLES = (
    *("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"),
    *("TF_NUM_INTRAOP_THREADS", "NPROC"),
)
SHORTEST = 0.002  # seconds: what is shorter is repeated within one timing
MEASURING = 0.1  # seconds: while so many are not over, there are more timings, and the best counts


class Worker:
    """The parent's end: a process that holds one library."""

    def __init__(self, peer: str, threads: int) -> None:
        self.peer = peer
        context = multiprocessing.get_context("spawn")
        self._connection, other = context.Pipe()
        self._process = context.Process(target=_serve, args=(other, peer, threads), daemon=True)
        with _environment({name: str(threads) for name in THREAD_VARIABLES}):
            self._process.start()
        other.close()
        self.version = str(self._receive())

    def prepare(self, case: Case) -> float | None:
        """Get a case ready, run it once, and return its answer; None if the library lacks it."""
        answer = self._ask(("prepare", case))
        return None if answer is None else float(answer)

    def measure(self) -> float:
        """Return the seconds that the prepared case takes, the best of a moment's timings."""
        return float(self._ask(("measure", None)))

    def close(self) -> None:
        self._connection.send(None)
        self._process.join()

    def _ask(self, message: object) -> Any:
        self._connection.send(message)
        return self._receive()

    def _receive(self) -> Any:
        try:
            answer = self._connection.recv()
        except EOFError:
            raise RuntimeError(f"benchmark: the process that holds {self.peer} ended") from None
        if isinstance(answer, Exception):
            raise RuntimeError(f"benchmark: {self.peer} failed: {answer!r}") from answer
        return answer


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables for the processes started meanwhile."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@dataclass
class _Bench:
    """The child's state: a library's module and the work it has prepared."""

    module: Any
    work: Work | None = None
    repeats: int = 1

    def prepare(self, case: Case) -> float | None:
        self.work = None  # frees the case before
        make = getattr(self.module, case.kind, None)
        if make is None:
            return None
        try:
            self.work = make(case)
        except Unsupported:
            return None
        answer = _summary(self.work())  # compiles and warms up
        self.repeats = 1
        while (seconds := self._time() * self.repeats) < SHORTEST and self.repeats < 1 << 20:
            self.repeats *= max(2, min(64, int(SHORTEST / max(seconds, 1e-9)) + 1))
        return answer

    def measure(self, _: object = None) -> float:
        """Return the best time; the first runs find threads asleep and caches cold."""
        end = time.perf_counter() + MEASURING
        best = self._time()
        while time.perf_counter() < end:
            best = min(best, self._time())
        return best

    def _time(self) -> float:
        assert self.work is not None
        work, turns = self.work, range(self.repeats)
        begin = time.perf_counter()
        for _turn in turns:
            work()
        return (time.perf_counter() - begin) / self.repeats


def _serve(connection: Connection, peer: str, threads: int) -> None:
    """Answer the parent's messages until None comes."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # what libraries log at their start
    try:
        module = import_module(f"lamina.benchmark.peers.{peer}")
        module.setup(threads)
        connection.send(module.version())
    except Exception as error:
        connection.send(error)
        return
    bench = _Bench(module)
    while (message := connection.recv()) is not None:
        action, argument = message
        try:
            connection.send(getattr(bench, action)(argument))
        except Exception as error:
            connection.send(RuntimeError(repr(error)))


def _summary(answer: Any) -> float:
    """Reduce an answer to one number by which libraries can be compared: its root mean square."""
    arrays = answer if isinstance(answer, (tuple, list)) else [answer]
    flat = np.concatenate([np.asarray(array, np.float64).ravel() for array in arrays])
    return float(np.sqrt(np.mean(flat * flat)))
