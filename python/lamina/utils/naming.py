"""Names of objects: snake_case of the class, numbered within the process."""

from __future__ import annotations

import re
from collections import Counter

from lamina.utils.locks import Lock

_BOUNDARY = r"(?<=[^_])(?=[A-Z][a-z])|(?<=[a-z])(?=[A-Z])"
_lock = Lock()
_given: Counter[str] = Counter()


def to_snake_case(name: str) -> str:
    """Return `LeakyReLU` as `leaky_re_lu`, `F1Score` as `f1_score`."""
    return re.sub(_BOUNDARY, "_", re.sub(r"\W", "", name)).lower()


def auto_name(prefix: str) -> str:
    """Return the next free name: `dense`, `dense_1`, `dense_2`, ..."""
    name = to_snake_case(prefix)
    with _lock:
        count = _given[name]
        _given[name] += 1
    return f"{name}_{count}" if count else name


def clear_session(free_memory: bool = True) -> None:
    """Number names of layers and models from the start again, as in a new process.

    There is nothing else to clear, whatever `free_memory`: plans and weights go when their model
    does.
    """
    with _lock:
        _given.clear()
