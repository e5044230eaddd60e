"""Download a file, showing progress, and keep it only if its checksum is right."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

CHUNK = 1 << 16


def download(url: str, path: Path, sha256: str) -> None:
    """Download `url` to `path`; the file appears whole and checked, or not at all.

    Raises OSError where it cannot be read, or where its SHA-256 is not the one expected.
    """
    import urllib.request  # takes longer to import than the rest of Lamina

    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    digest = hashlib.sha256()
    try:
        with urllib.request.urlopen(url, timeout=30) as response, part.open("wb") as file:
            total = int(response.headers.get("Content-Length") or 0)
            while chunk := response.read(CHUNK):
                file.write(chunk)
                digest.update(chunk)
                _show(path.name, file.tell(), total)
        if digest.hexdigest() != sha256:
            raise OSError(f"expected SHA-256 {sha256}, received a file of {digest.hexdigest()}")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _show(name: str, done: int, total: int) -> None:
    share = f"{done / total:4.0%}" if total else f"{done / 1e6:.1f} MB"
    end = "\n" if done == total else ""
    print(f"\r{name} {share}", end=end, file=sys.stderr, flush=True)
