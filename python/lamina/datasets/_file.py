"""Data sets of a single file, and the folder where all of them live on this machine."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from lamina.datasets._download import download


def home() -> Path:
    """Return `$LAMINA_HOME/datasets`; LAMINA_HOME is `~/.lamina` unless set."""
    return Path(os.environ.get("LAMINA_HOME") or "~/.lamina").expanduser() / "datasets"


@dataclass(frozen=True)
class FileArchive:
    """A data set's only file, where it comes from, and its address if it can be downloaded."""

    file: str
    source: str
    url: str | None = None
    sha256: str = ""

    @property
    def folder(self) -> Path:
        return home()

    def missing_files(self) -> list[str]:
        """Return the file's name if it is not there."""
        return [] if (self.folder / self.file).is_file() else [self.file]

    def fetch(self) -> Path:
        """Return the file's path, downloading it if it is missing and can be."""
        path = self.folder / self.file
        failure = ""
        if self.missing_files() and self.url is not None:
            try:
                download(self.url, path, self.sha256)
            except OSError as error:
                failure = f", and {self.url} could not be downloaded: {error}"
        if self.missing_files():
            raise FileNotFoundError(
                f"{self.file} is not on this machine{failure}. Put it into {self.folder}, or set "
                f"LAMINA_HOME to a folder with datasets/{self.file}. It comes from {self.source}"
            )
        return path
