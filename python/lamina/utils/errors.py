"""Saying who an error is about."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

# What begins like the title of an object, and like that of a class.
_OBJECT = r"\w+ '[^']*': "
_CLASS = r"\w+(\.__init__\(\)| '[^']*': |: )"


@contextmanager
def blaming(title: str) -> Iterator[None]:
    """Begin an error's message with a title, as in "Dense 'hidden'", unless it has one already."""
    try:
        yield
    except (ValueError, TypeError) as error:
        message = str(error)
        titled = re.match(_OBJECT if "'" in title else _CLASS, message)
        if type(error) in (ValueError, TypeError) and not titled:
            error.args = (f"{title}: {message}",)
        raise
