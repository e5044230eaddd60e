"""What layers know of each other: the calls in progress, and whether any layer has changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from lamina.utils.locks import Local, RLock


class Frame(NamedTuple):
    """One call in progress; training is None where the caller left it open."""

    name: str
    training: bool | None


building = RLock()  # held while weights are made: threads must not make them twice


class _Calls(Local):
    def __init__(self) -> None:
        self.frames: list[Frame] = []


_calls = _Calls()


@contextmanager
def entered(name: str, training: bool | None = None) -> Iterator[None]:
    """Be inside a call (or build) of the layer `name`."""
    _calls.frames.append(Frame(name, training))
    try:
        yield
    finally:
        _calls.frames.pop()


class Changes:
    """Counts the changes of layers that make the plans of models with them outdated."""

    count = 0


def is_outermost() -> bool:
    """Return whether no layer is being called."""
    return not _calls.frames


def training_flag() -> bool | None:
    """Return what the nearest caller said about training; None if nobody did."""
    return next((f.training for f in reversed(_calls.frames) if f.training is not None), None)


def path(owner: str, name: str) -> str:
    """Return the path of what the layer `owner` makes here: the calls around it, then its name."""
    names = [frame.name for frame in _calls.frames]
    return "/".join([*names, name] if names[-1:] == [owner] else [*names, owner, name])
