"""Errors of functions of tensors: which argument is not what was asked for, in which function."""

from __future__ import annotations

import functools
import inspect
import operator
import re
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from types import NoneType, UnionType
from typing import Any, ParamSpec, TypeVar

import numpy as np

P = ParamSpec("P")
R = TypeVar("R")

MISTAKES = (TypeError, ValueError, IndexError, AttributeError, OverflowError)
_NOUNS = {
    bool: ("True or False", "flags"),
    int: ("an integer", "integers"),
    float: ("a number", "numbers"),
    str: ("a string", "strings"),
    NoneType: ("None", "None"),
}


_TITLE = r"(\w+): "


def clarified(fn: Callable[P, R]) -> Callable[P, R]:
    """Make errors of a function's calls clear."""

    @functools.wraps(fn)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return fn(*args, **kwargs)
        except MISTAKES as error:
            clarify(error, fn, args, kwargs)
            raise

    return wrapper


def clarify(
    error: Exception, fn: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
) -> None:
    """Make the error of a call say which function was asked, whatever that is made of.

    Raises TypeError in its place if an argument is not what the function's annotations ask for.
    """
    name = fn.__name__
    wrong = mismatch(fn, args, kwargs)
    if wrong is not None:
        raise TypeError(f"{name}: {wrong}") from None
    if type(error) not in (ValueError, TypeError) or any(map(callable, (*args, *kwargs.values()))):
        return  # of a kind that has its own words, or a user's function's
    message = str(error)
    title = re.match(_TITLE, message)
    if title is None and "'" not in message.partition(": ")[0]:
        error.args = (f"{name}: {message}",)
    elif title is not None and title[1] != name and _is_operation(title[1]):
        error.args = (f"{name}: {message[title.end() :]}",)


def _is_operation(name: str) -> bool:
    from lamina import _core, ops

    return name in dir(ops) or name in _core.op_names()


def mismatch(fn: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> str | None:
    """Return "expected NAME to be WHAT, received VALUE" for the first argument of a wrong type.

    None, if all are what they should be as far as annotations tell. A dtype has many forms, and
    what is made a tensor even more: those are left to who takes them.
    """
    signature, hints = _asked(fn)
    try:
        given = signature.bind(*args, **kwargs).arguments
    except TypeError:  # arguments are missing: Python says so
        return None
    for name, value in given.items():
        hint = hints.get(name, Any)
        if name != "dtype" and not _is(value, hint):
            return f"expected {name} to be {_described(hint)}, received {_shown(value)}"
    return None


@functools.cache
def _asked(fn: Callable[..., Any]) -> tuple[inspect.Signature, dict[str, Any]]:
    plain, hints = inspect.unwrap(fn), {}
    for name, annotation in plain.__annotations__.items():
        with suppress(NameError):  # what is imported for the type checker alone
            hints[name] = eval(str(annotation), plain.__globals__)
    return inspect.signature(fn), hints


def _is(value: Any, hint: Any) -> bool:
    if typing.get_origin(hint) in (UnionType, typing.Union):
        return any(_is(value, part) for part in typing.get_args(hint))
    if typing.get_origin(hint) is Sequence:
        (item,) = typing.get_args(hint)
        return _is_sequence(value) and all(_is(part, item) for part in value)
    if hint is NoneType:
        return value is None
    if hint is str:
        return isinstance(value, str)
    if hint is bool and (value is None or isinstance(value, np.bool_)):
        return True  # as good as False, or as Python's own
    if hint in (bool, int):
        return _converts(operator.index, value)
    if hint is float:
        return not isinstance(value, (str, bytes)) and _converts(float, value)
    return True


def _is_sequence(value: Any) -> bool:
    """Return whether a value has items: a list, a tuple, a range, an array, but no text."""
    if isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Iterable):
        return False
    return _converts(len, value)


def _converts(to: Callable[[Any], Any], value: Any) -> bool:
    try:
        to(value)
    except (TypeError, ValueError, OverflowError):
        return False
    return True


def _described(hint: Any, plural: bool = False) -> str:
    if typing.get_origin(hint) in (UnionType, typing.Union):
        parts = [_described(part, plural) for part in typing.get_args(hint)]
        return f"{parts[0]} (or {' or '.join(parts[1:])})" if plural else " or ".join(parts)
    if typing.get_origin(hint) is Sequence:
        (item,) = typing.get_args(hint)
        many = "sequences" if plural else "a sequence"
        return many if item is Any else f"{many} of {_described(item, plural=True)}"
    return _NOUNS.get(hint, ("something else", "something else"))[plural]


def _shown(value: Any, limit: int = 60) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) <= limit else f"{text[: limit - 3]}..."
