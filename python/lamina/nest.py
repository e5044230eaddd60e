"""Nested structures: lists, tuples and dicts of leaves. Everything else, None too, is a leaf.

Dicts are walked in the sorted order of their keys, so that equal dicts have equal leaves.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Any


def flatten(structure: Any) -> list[Any]:
    """Return the leaves in order."""
    return list(leaves(structure))


def leaves(structure: Any) -> Iterator[Any]:
    """Yield the leaves in order."""
    if isinstance(structure, dict):
        for key in sorted(structure):
            yield from leaves(structure[key])
    elif isinstance(structure, (list, tuple)):
        for item in structure:
            yield from leaves(item)
    else:
        yield structure


def map_structure(fn: Callable[..., Any], structure: Any, *others: Any) -> Any:
    """Return the structure with each leaf replaced by fn(leaf, the others' leaves at its place)."""
    if isinstance(structure, dict):
        _check_alike(structure, others)
        items = {
            key: map_structure(fn, structure[key], *(other[key] for other in others))
            for key in sorted(structure)
        }
        return {key: items[key] for key in structure}  # walked in sorted order, kept in its own
    if isinstance(structure, (list, tuple)):
        _check_alike(structure, others)
        return _rebuild(
            structure, (map_structure(fn, *items) for items in zip(structure, *others, strict=True))
        )
    return fn(structure, *others)


def pack_as(structure: Any, flat: Iterable[Any]) -> Any:
    """Return the structure with its leaves replaced, in order, by as many new ones."""
    flat = list(flat)
    count = len(flatten(structure))
    if len(flat) != count:
        raise ValueError(f"pack_as: expected {count} leaves, received {len(flat)}")
    following = iter(flat)
    return map_structure(lambda _: next(following), structure)


def outline(structure: Any) -> Hashable:
    """Return what two structures share whenever they differ in their leaves only."""
    if isinstance(structure, dict):
        return ("dict", tuple((key, outline(structure[key])) for key in sorted(structure)))
    if isinstance(structure, (list, tuple)):
        return (type(structure), tuple(outline(item) for item in structure))
    return None


def _rebuild(like: Any, items: Iterable[Any]) -> Any:
    if isinstance(like, list):
        return list(items)
    return type(like)(*items) if hasattr(like, "_fields") else tuple(items)


def _check_alike(structure: Any, others: tuple[Any, ...]) -> None:
    for other in others:
        if isinstance(structure, dict):
            alike = isinstance(other, dict) and other.keys() == structure.keys()
        else:
            alike = isinstance(other, (list, tuple)) and len(other) == len(structure)
        if not alike:
            raise ValueError(
                f"expected structures that agree, received {structure!r} and {other!r}"
            )
