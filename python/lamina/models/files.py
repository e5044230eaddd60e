"""Files of arrays with a description: safetensors, the description as JSON in its metadata."""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lamina import _core

Array = NDArray[Any]
FORMAT = 1


class Contents(NamedTuple):
    """What a file holds."""

    path: Path
    about: dict[str, Any]
    arrays: dict[str, Array]


def write(path: Any, arrays: dict[str, Array], about: dict[str, Any], overwrite: bool) -> None:
    """Write arrays and their description; an old file is replaced at once or not at all."""
    from safetensors.numpy import save

    target = Path(os.path.realpath(path))  # a link stays one
    if not target.parent.is_dir():
        raise FileNotFoundError(f"{target}: there is no directory {target.parent}")
    if target.exists() and not target.is_file():
        raise OSError(f"{target}: not a regular file, so it cannot be replaced by one")
    if target.exists() and not overwrite:
        raise FileExistsError(f"{target}: exists; pass overwrite=True to replace it")
    contiguous = {key: np.asarray(value, order="C") for key, value in arrays.items()}
    head = {
        "format": FORMAT,
        "version": _core.build_info()["version"],
        "crc32": _checksum(contiguous),
    }
    data = save(contiguous, {"lamina": json.dumps({**head, **about}, allow_nan=True)})
    # Written beside the target and moved over it: a reader sees the old file or the new one.
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with part.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def read(filepath: Any) -> Contents:
    """Return what a file holds, every array that its description names among it."""
    from safetensors import SafetensorError, safe_open

    path = Path(os.fspath(filepath))
    if not path.is_file():
        raise FileNotFoundError(f"{path}: {'a directory' if path.is_dir() else 'no such file'}")
    kind = _foreign(path)
    if kind is not None:
        raise ValueError(f"{path}: {kind}, which Lamina does not read; it reads what it wrote")
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            arrays = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise ValueError(f"{path}: damaged, or no safetensors file ({error})") from error
    if "lamina" not in metadata:
        raise ValueError(f"{path}: a safetensors file, but not one that Lamina wrote")
    about = _parse(path, metadata["lamina"])
    missing = {*_named_arrays(path, about)} - arrays.keys()
    if missing:
        raise ValueError(f"{path}: damaged, misses the arrays {sorted(missing)}")
    if about.get("crc32") not in (None, _checksum(arrays)):
        raise ValueError(f"{path}: damaged, its numbers are not those that were written")
    return Contents(path, about, arrays)


def _checksum(arrays: Mapping[str, Array]) -> int:
    checksum = 0
    for key in sorted(arrays):
        checksum = zlib.crc32(arrays[key].reshape(-1).view(np.uint8).data, checksum)
    return checksum


def _foreign(path: Path) -> str | None:
    """Return what a file is that other libraries keep models in, if it is."""
    with path.open("rb") as file:
        start = file.read(8)
    kinds = {b"PK\x03\x04": "a zip archive, as Keras writes", b"\x89HDF": "an HDF5 file"}
    return next((kind for magic, kind in kinds.items() if start.startswith(magic)), None)


def _parse(path: Path, text: str) -> dict[str, Any]:
    try:
        about = json.loads(text)
        made_by, version = about["format"], about["version"]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path}: damaged, its description cannot be read ({error!r})") from error
    if made_by != FORMAT:
        raise ValueError(
            f"{path}: format {made_by}, written by Lamina {version}; "
            f"this version reads format {FORMAT}"
        )
    return dict(about)


def _named_arrays(path: Path, about: Mapping[str, Any]) -> list[str]:
    """Return the keys of all arrays that a description names."""
    try:
        keys = [key for _, group in about["weights"] for key in group]
        return [str(key) for key in [*keys, *about["random"], *about.get("optimizer", ())]]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path}: damaged, its weights are not described ({error!r})") from error
