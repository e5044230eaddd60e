"""Files of models: what cannot be loaded or written is refused, and what was there stays."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from lamina import Input, Sequential, layers, models
from saved_models import X, stack


def test_files_are_replaced_at_once_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "m"
    model = stack()
    model.save(path)
    kept = path.read_bytes()
    with pytest.raises(FileExistsError, match="overwrite=True"):
        stack().save(path, overwrite=False)

    def full(*_: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="disk full"):
        stack().save(path)
    assert path.read_bytes() == kept
    assert list(tmp_path.iterdir()) == [path]


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def foreign(path: Path) -> Path:
    save_file({"x": X}, path)
    return path


def edited(path: Path, change: Callable[[dict[str, Any]], Any]) -> Path:
    """Save a model and change the description in its file."""
    stack().save(path)
    arrays = load_file(path)
    with safe_open(path, framework="numpy") as file:
        about = json.loads(file.metadata()["lamina"])
    change(about)
    save_file(arrays, path, {"lamina": json.dumps(about)})
    return path


def truncated(path: Path) -> Path:
    stack().save(path)
    return write(path, path.read_bytes()[:-10])


def flipped(path: Path) -> Path:
    """Save a model and change one bit of its last number."""
    stack().save(path)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    return write(path, bytes(content))


BROKEN = {
    "one bit": (flipped, "damaged, its numbers are not those that were written"),
    "zip": (lambda path: write(path, b"PK\x03\x04" + bytes(9)), "a zip archive, as Keras writes"),
    "HDF5": (lambda path: write(path, b"\x89HDF" + bytes(9)), "an HDF5 file, which Lamina"),
    "text": (lambda path: write(path, b"hello, world" * 9), "damaged, or no safetensors"),
    "empty": (lambda path: write(path, b""), "damaged, or no safetensors"),
    "truncated": (truncated, "damaged, or no safetensors"),
    "foreign": (foreign, "not one that Lamina wrote"),
    "future": (lambda path: edited(path, lambda about: about.update(format=9)), "format 9"),
    "missing array": (
        lambda path: edited(path, lambda about: about["weights"][0][1].append("no/such")),
        "misses the arrays",
    ),
    "fewer weights": (
        lambda path: edited(path, lambda about: about["weights"].pop()),
        "holds weights of 1 layers",
    ),
    "unknown class": (
        lambda path: edited(path, lambda about: about["model"].update(class_name="Sequentail")),
        "'Sequential'",
    ),
    "no description": (lambda path: edited(path, lambda about: about.pop("weights")), "damaged"),
}


@pytest.mark.parametrize(("make", "message"), BROKEN.values(), ids=BROKEN)
def test_files_that_cannot_be_loaded(
    tmp_path: Path, make: Callable[[Path], Path], message: str
) -> None:
    path = make(tmp_path / "m.lamina")
    with pytest.raises(ValueError, match=message):
        models.load_model(path)


def test_missing_files() -> None:
    with pytest.raises(FileNotFoundError, match="no such file"):
        models.load_model("nowhere.lamina")


def test_functions_without_a_name_cannot_be_saved(tmp_path: Path) -> None:
    model = Sequential([Input(3), layers.Lambda(lambda x: x * 2, name="twice")])
    with pytest.raises(ValueError, match=r"Lambda 'twice'.*register_serializable"):
        model.save(tmp_path / "m")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ValueError, match="register_serializable"):
        model.to_json()


def test_unbuilt_models_cannot_be_saved(tmp_path: Path) -> None:
    for save in (Sequential.save, Sequential.save_weights):
        with pytest.raises(ValueError, match="built"):
            save(Sequential([layers.Dense(2)]), tmp_path / "m")


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    model = Sequential([Input((4,)), layers.Dense(1)])
    with pytest.raises(FileNotFoundError, match=r"m\.keras: there is no directory .*nowhere"):
        model.save(tmp_path / "nowhere" / "m.keras")
    with pytest.raises(OSError, match="not a regular file"):
        model.save(tmp_path)
    with pytest.raises(OSError, match="not a regular file"):
        model.save("/dev/null")
    assert list(tmp_path.iterdir()) == []


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    link = tmp_path / "latest.keras"
    link.symlink_to(tmp_path / "model.keras")
    Sequential([Input((4,)), layers.Dense(1)]).save(link)
    assert link.is_symlink()
    assert models.load_model(tmp_path / "model.keras").count_params() == 5
