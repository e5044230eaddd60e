"""The examples that there are, and how one is run."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lamina
from lamina.examples._goals import Goal

PACKAGE = "lamina.examples"


def names() -> list[str]:
    """Return the names of all examples, in the order of the alphabet."""
    folder = str(Path(__file__).parent)
    found = (module.name for module in pkgutil.iter_modules([folder]))
    return sorted(name for name in found if not name.startswith("_"))


@dataclass(frozen=True)
class Example:
    """One module of the catalogue."""

    name: str
    title: str
    text: str  # the docstring below its title
    module: Any

    @staticmethod
    def load(name: str) -> Example:
        """Import an example by name; raise ValueError, with the names there are, for others."""
        if name not in names():
            raise ValueError(f"no example {name!r}; there are {', '.join(names())}")
        module = importlib.import_module(f"{PACKAGE}.{name}")
        title, _, text = (inspect.getdoc(module) or "").partition("\n")
        return Example(name, title, text.strip(), module)

    @property
    def goals(self) -> dict[str, Goal]:
        """What the results must be."""
        goals: dict[str, Goal] = self.module.GOALS
        return goals

    @property
    def draws(self) -> bool:
        """Whether it makes pictures."""
        return "pictures" in inspect.signature(self.module.run).parameters

    def missing_data(self) -> list[str]:
        """Return what files of its data sets are not on this machine."""
        archives = [
            importlib.import_module(f"lamina.datasets.{name}").ARCHIVE
            for name in getattr(self.module, "DATA", ())
        ]
        return [
            str(archive.folder / file) for archive in archives for file in archive.missing_files()
        ]

    def run(
        self, quick: bool = False, verbose: int = 0, pictures: Path | None = None, seed: int = 0
    ) -> dict[str, float]:
        """Run it from a fresh seed and return its results."""
        lamina.utils.set_random_seed(seed)
        options: dict[str, Any] = {"pictures": pictures} if self.draws else {}
        results = self.module.run(quick=quick, verbose=verbose, **options)
        return {name: float(value) for name, value in results.items()}
