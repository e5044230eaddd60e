"""How many threads compute."""

from __future__ import annotations

from lamina import _core


def set_num_threads(count: int) -> None:
    """Let at most `count` threads compute; the default is what the machine allows."""
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise ValueError(f"set_num_threads: expected an integer >= 1, received {count!r}")
    _core.set_num_threads(count)


def get_num_threads() -> int:
    """Return how many threads may compute."""
    return _core.get_num_threads()
