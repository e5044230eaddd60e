"""The IDX format of the MNIST family, and where its files live on this machine."""

from __future__ import annotations

import gzip
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lamina.datasets._download import download
from lamina.datasets._file import home

Images = NDArray[np.uint8]
# Of any dtype, so that a type checker lets `x_train = x_train / 255` pass.
Arrays = NDArray[Any]
Splits = tuple[tuple[Arrays, Arrays], tuple[Arrays, Arrays]]

FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


def read_idx(path: Path) -> Images:
    """Read an IDX file of unsigned bytes, gzipped or not.

    Format: two zero bytes, 8 for unsigned bytes, the number of dimensions, each dimension as a
    big-endian uint32, then the items in row-major order. Raises ValueError where the file says or
    holds something else.
    """
    content = path.read_bytes()
    if content[:2] == b"\x1f\x8b":
        content = gzip.decompress(content)
    if content[:3] != b"\0\0\x08":
        raise ValueError(f"{path}: expected an IDX file of bytes, it begins {content[:4]!r}")
    offset = 4 + 4 * content[3]
    shape = tuple(int(size) for size in np.frombuffer(content[4:offset], dtype=">u4"))
    if len(content) != offset + math.prod(shape):
        raise ValueError(f"{path}: expected {shape} items, found {len(content) - offset} bytes")
    items: Images = np.frombuffer(content, np.uint8, offset=offset).reshape(shape).copy()
    return items


@dataclass(frozen=True)
class IdxArchive:
    """The four files of one data set: their folder, their address, and the checksums there."""

    name: str
    url: str
    sha256: tuple[str, str, str, str]

    @property
    def folder(self) -> Path:
        return home() / self.name

    def find(self, file: str) -> Path | None:
        """Return the path of a file that is there, plain or gzipped."""
        paths = (self.folder / file, self.folder / f"{file}.gz")
        return next((path for path in paths if path.is_file()), None)

    def missing_files(self) -> list[str]:
        """Return the files that are not there, neither plain nor gzipped."""
        return [file for file in FILES if self.find(file) is None]

    def fetch(self) -> None:
        """Download the files that are missing."""
        checksums = dict(zip(FILES, self.sha256, strict=True))
        missing = {f"{file}.gz": checksums[file] for file in self.missing_files()}
        for file, checksum in missing.items():
            try:
                download(self.url + file, self.folder / file, checksum)
            except OSError as error:
                raise FileNotFoundError(
                    f"The data set '{self.name}' is not on this machine, and {self.url + file} "
                    f"could not be downloaded: {error}. Put {', '.join(missing)} (gzipped or not) "
                    f"into {self.folder}, or set LAMINA_HOME to a folder with datasets/{self.name}."
                ) from error

    def load(self) -> Splits:
        """Return `(x_train, y_train), (x_test, y_test)`, downloading what is missing."""
        self.fetch()
        x_train, y_train, x_test, y_test = (
            read_idx(path) for file in FILES if (path := self.find(file)) is not None
        )
        return (x_train, y_train), (x_test, y_test)
