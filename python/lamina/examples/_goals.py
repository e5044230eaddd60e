"""What the results of an example must be, in its quick and in its full form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Goal:
    """A limit for one result; None where a form has none."""

    quick: float | None
    full: float | None

    words = ""

    def limit(self, quick: bool) -> float | None:
        return self.quick if quick else self.full

    def holds(self, value: float, limit: float) -> bool:
        raise NotImplementedError

    def met(self, value: float, quick: bool) -> bool:
        """Whether a result is as it must be; NaN never is, where there is a limit."""
        limit = self.limit(quick)
        return limit is None or self.holds(value, limit)

    def describe(self, quick: bool) -> str:
        """Return the goal in words, or nothing where there is none."""
        limit = self.limit(quick)
        return "" if limit is None else f"{self.words} {limit:.10g}"


class AtLeast(Goal):
    """A result that must not be less."""

    words = "at least"

    def holds(self, value: float, limit: float) -> bool:
        return value >= limit


class AtMost(Goal):
    """A result that must not be more."""

    words = "at most"

    def holds(self, value: float, limit: float) -> bool:
        return value <= limit


def misses(goals: Mapping[str, Goal], results: Mapping[str, float], quick: bool) -> list[str]:
    """Return a sentence for every goal that is not met."""
    if absent := [name for name in goals if name not in results]:
        return [f"no result {name!r}" for name in absent]
    return [
        f"{name} is {results[name]:.10g}, not {goal.describe(quick)}"
        for name, goal in goals.items()
        if not goal.met(results[name], quick)
    ]
