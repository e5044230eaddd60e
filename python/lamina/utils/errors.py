"""Saying who an error is about."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

# What begins like the title of an object, and like that of a class.
_OBJECT = re.compile(r"\w+ '[^']*': ")
_CLASS = re.compile(r"\w+(\.__init__\(\)| '[^']*': |: )")


@contextmanager
def blaming(title: str) -> Iterator[None]:
    """Begin an error's message with a title, as in "Dense 'hidden'", unless it has one already."""
    try:
        yield
    except (ValueError, TypeError) as error:
        message = str(error)
        titled = (_OBJECT if "'" in title else _CLASS).match(message)
        if type(error) in (ValueError, TypeError) and not titled:
            error.args = (f"{title}: {message}",)
        raise
