"""Run the cases: every library in turn on the same machine, the best of several rounds counts."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from lamina.benchmark.peers import PEERS
from lamina.benchmark.worker import Worker
from lamina.benchmark.workloads import Case, Training, select

PAUSE = 0.12  # seconds in which the threads of the library before stop spinning


@dataclass(frozen=True)
class Effort:
    """At least `rounds` measurements of each library, more until `seconds` are over.

    No case begins later than `total` seconds after the first.
    """

    rounds: int
    seconds: float
    total: float = float("inf")


FULL = Effort(rounds=3, seconds=4.0)
QUICK = Effort(rounds=1, seconds=0.4, total=14.0)


@dataclass(frozen=True)
class Result:
    """A case's best seconds by library, and the libraries whose answer was not Lamina's."""

    section: str
    case: str
    flops: float
    seconds: dict[str, float]
    disagreeing: tuple[str, ...] = ()

    @property
    def speedups(self) -> dict[str, float]:
        """How many times Lamina's speed each library's is."""
        return {
            peer: seconds / self.seconds["lamina"]
            for peer, seconds in self.seconds.items()
            if peer != "lamina"
        }


def installed(peers: Sequence[str]) -> tuple[list[str], list[str]]:
    """Split names of peers into those that are installed and those that are not."""
    unknown = [peer for peer in peers if peer not in PEERS]
    if unknown:
        raise ValueError(f"benchmark: unknown peers {unknown}; known are {', '.join(PEERS)}")
    there = [peer for peer in peers if all(map(importlib.util.find_spec, PEERS[peer]))]
    return there, [peer for peer in peers if peer not in there]


@contextmanager
def workers(peers: Sequence[str], threads: int) -> Iterator[list[Worker]]:
    """Start Lamina and the peers, each in a process of its own with this number of threads."""
    with ExitStack() as stack:
        team = []
        for peer in ("lamina", *peers):
            team.append(Worker(peer, threads))
            stack.callback(team[-1].close)
        yield team


def measure(case: Case, team: Sequence[Worker], effort: Effort, section: str = "") -> Result | None:
    """Measure one case on all who know it; None where Lamina is not among them."""
    answers = {}
    for worker in team:
        answer = worker.prepare(case)
        if answer is not None:
            answers[worker.peer] = answer
        elif worker.peer == "lamina":
            return None
    taking_part = [worker for worker in team if worker.peer in answers]
    seconds = {worker.peer: float("inf") for worker in taking_part}
    begin, rounds = time.perf_counter(), 0
    while rounds < effort.rounds or time.perf_counter() - begin < effort.seconds:
        for worker in taking_part:
            time.sleep(PAUSE)
            seconds[worker.peer] = min(seconds[worker.peer], worker.measure())
        rounds += 1
    wrong = tuple(peer for peer in answers if not _agree(case, answers[peer], answers["lamina"]))
    return Result(section, case.name, case.flops, seconds, wrong)


def _agree(case: Case, answer: float, expected: float) -> bool:
    """Tell whether two answers can come from the same work; shuffling and dropout are random."""
    tolerance = 0.5 if isinstance(case, Training) else 1e-3
    return abs(answer - expected) <= tolerance * abs(expected) + tolerance * 0.01


def run_all(
    team: Sequence[Worker],
    quick: bool,
    progress: Callable[[str], None] = lambda line: None,
) -> Iterator[list[Result]]:
    """Measure the cases that Lamina can do and yield the results section by section."""
    sections, effort = select(quick), QUICK if quick else FULL
    total, done = sum(map(len, sections.values())), 0
    end = time.perf_counter() + effort.total
    for section, cases in sections.items():
        results = []
        for case in cases:
            done += 1
            if time.perf_counter() > end:
                break
            progress(f"[{done}/{total}] {section}: {case.name}")
            result = measure(case, team, effort, section)
            if result is not None:
                results.append(result)
        if results:
            yield results
