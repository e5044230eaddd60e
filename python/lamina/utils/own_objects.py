"""Your own classes and functions by name, for loading to find."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any, TypeVar

C = TypeVar("C")  # a class or a function

_own: dict[str, Any] = {}  # by "package>Name" and by "Name"
_scope: ContextVar[Mapping[str, Any]] = ContextVar("custom_objects", default=MappingProxyType({}))


def register_serializable(package: str = "Custom", name: str | None = None) -> Callable[[C], C]:
    """Make your own class or function known to loading, as "package>Name" and as "Name"."""

    def enter(entry: C) -> C:
        known_as = name or own_name(entry)
        if isinstance(entry, type) and not hasattr(entry, "get_config"):
            raise ValueError(f"register_serializable: class {known_as} needs a get_config method")
        _own[f"{package}>{known_as}"] = entry
        _own[known_as] = entry
        return entry

    return enter


register_keras_serializable = register_serializable  # Keras's name of it


def get_custom_objects() -> dict[str, Any]:
    """Return your own classes and functions by name, as a dict that may be added to."""
    return _own


@contextmanager
def custom_object_scope(custom_objects: Mapping[str, Any]) -> Iterator[None]:
    """Let names mean your own classes and functions within the `with` block."""
    token = _scope.set({**_scope.get(), **custom_objects})
    try:
        yield
    finally:
        _scope.reset(token)


def own_name(entry: Any) -> str:
    """Return what a class or function calls itself."""
    return str(entry.__name__)


def in_scope() -> Mapping[str, Any]:
    """Return what the `custom_object_scope`s around this call give names to."""
    return _scope.get()
