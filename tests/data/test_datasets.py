"""Data sets: the bundled table, the IDX format, checked downloads, and what is said offline."""

from __future__ import annotations

import gzip
import hashlib
import io
import struct
import urllib.error
from email.message import Message
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lamina import datasets
from lamina.datasets._download import download
from lamina.datasets._file import FileArchive
from lamina.datasets._idx import FILES, IdxArchive, read_idx


def idx(array: np.ndarray[Any, Any]) -> bytes:
    """Write bytes in the IDX format."""
    head = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    return head + array.astype(np.uint8).tobytes()


CONTENTS = tuple(
    idx(np.arange(size).reshape(shape) % 251)
    for size, shape in ((24, (6, 2, 2)), (6, (6,)), (12, (3, 2, 2)), (3, (3,)))
)


class Response(io.BytesIO):
    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self.headers = Message()
        self.headers["Content-Length"] = str(len(content))


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> IdxArchive:
    """A small archive in an empty LAMINA_HOME, with nothing to download from."""
    monkeypatch.setenv("LAMINA_HOME", str(tmp_path))
    monkeypatch.setattr("urllib.request.urlopen", _offline)
    sums = [hashlib.sha256(gzip.compress(content, mtime=0)).hexdigest() for content in CONTENTS]
    return IdxArchive("small", "https://example.org/small/", (sums[0], sums[1], sums[2], sums[3]))


def _offline(url: str, timeout: float) -> Response:
    raise urllib.error.URLError("no route to host")


def _serve(url: str, timeout: float) -> Response:
    name = url.rsplit("/", 1)[1].removesuffix(".gz")
    return Response(gzip.compress(CONTENTS[FILES.index(name)], mtime=0))


def test_heart_has_every_patient_once() -> None:
    table = np.loadtxt(datasets.heart.PATH, delimiter=",", skiprows=1)
    (x_train, y_train), (x_test, y_test) = datasets.heart.load_data()
    assert x_train.shape == (242, 13)
    assert x_test.shape == (61, 13)
    assert (x_train.dtype, y_train.dtype) == (np.float32, np.int64)
    rows = np.vstack([np.c_[x_train, y_train], np.c_[x_test, y_test]])
    np.testing.assert_array_equal(np.unique(rows, axis=0), np.unique(table.astype("f4"), axis=0))
    assert abs(y_train.mean() - y_test.mean()) < 0.01


def test_heart_split_follows_the_seed() -> None:
    (first, _), _ = datasets.heart.load_data(seed=1)
    (again, _), _ = datasets.heart.load_data(seed=1)
    (other, _), _ = datasets.heart.load_data(seed=2)
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    assert len(datasets.heart.load_data(test_split=0)[1][0]) == 0


@pytest.mark.parametrize("split", [-0.1, 1, 2.0])
def test_heart_refuses_an_impossible_split(split: float) -> None:
    with pytest.raises(ValueError, match="0 <= test_split < 1, received"):
        datasets.heart.load_data(test_split=split)


def test_heart_says_its_licence() -> None:
    assert "CC BY 4.0" in datasets.heart.PATH.with_suffix(".md").read_text(encoding="utf-8")


def test_mnist_is_whole(mnist: Any) -> None:
    (x_train, y_train), (x_test, y_test) = mnist
    assert (x_train.shape, x_test.shape) == ((60000, 28, 28), (10000, 28, 28))
    assert {array.dtype for array in (x_train, y_train, x_test, y_test)} == {np.dtype(np.uint8)}
    np.testing.assert_array_equal(y_train[:5], [5, 0, 4, 1, 9])
    np.testing.assert_array_equal(np.bincount(y_test)[:3], [980, 1135, 1032])
    assert x_train.flags.writeable


@pytest.mark.parametrize("zipped", [(), FILES, FILES[1:3]])
def test_files_that_are_there_are_read(archive: IdxArchive, zipped: tuple[str, ...]) -> None:
    archive.folder.mkdir(parents=True)
    for file, content in zip(FILES, CONTENTS, strict=True):
        if file in zipped:
            (archive.folder / f"{file}.gz").write_bytes(gzip.compress(content))
        else:
            (archive.folder / file).write_bytes(content)
    (x_train, y_train), (x_test, y_test) = archive.load()
    np.testing.assert_array_equal(x_train, np.arange(24).reshape(6, 2, 2))
    np.testing.assert_array_equal(y_test, [0, 1, 2])
    assert (y_train.shape, x_test.shape) == ((6,), (3, 2, 2))


def test_missing_files_are_downloaded_once(
    archive: IdxArchive, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    archive.folder.mkdir(parents=True)
    (archive.folder / FILES[0]).write_bytes(CONTENTS[0])
    monkeypatch.setattr("urllib.request.urlopen", _serve)
    archive.load()
    progress = capsys.readouterr().err
    assert FILES[0] not in progress
    assert f"{FILES[3]}.gz 100%" in progress
    monkeypatch.setattr("urllib.request.urlopen", _offline)
    (x_train, _), _ = archive.load()
    assert x_train.shape == (6, 2, 2)


def test_offline_the_error_says_which_files_to_put_where(archive: IdxArchive) -> None:
    archive.folder.mkdir(parents=True)
    (archive.folder / FILES[0]).write_bytes(CONTENTS[0])
    with pytest.raises(FileNotFoundError) as error:
        archive.load()
    message = str(error.value)
    assert str(archive.folder) in message
    assert "LAMINA_HOME" in message
    assert all(f"{file}.gz" in message for file in FILES[1:])
    assert f"Put {FILES[0]}" not in message
    assert [path.name for path in archive.folder.iterdir()] == [FILES[0]]


def test_a_wrong_checksum_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("urllib.request.urlopen", _serve)
    with pytest.raises(OSError, match="SHA-256"):
        download(f"https://example.org/{FILES[0]}.gz", tmp_path / "file", "0" * 64)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "expected an IDX file"),
        (b"<html>", "expected an IDX file"),
        (b"\0\0\x0d\x01" + b"\0" * 8, "expected an IDX file"),
        (CONTENTS[0][:-1], "expected .* items, found 23 bytes"),
    ],
)
def test_other_content_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message):
        read_idx(path)


def test_both_archives_name_their_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LAMINA_HOME", str(tmp_path))
    assert datasets.mnist.ARCHIVE.folder == tmp_path / "datasets" / "mnist"
    assert datasets.fashion_mnist.ARCHIVE.folder == tmp_path / "datasets" / "fashion_mnist"
    monkeypatch.delenv("LAMINA_HOME")
    assert datasets.mnist.ARCHIVE.folder == Path.home() / ".lamina" / "datasets" / "mnist"


def needs(archive: Any) -> None:
    """Skip the test where a data set of one file is not on this machine."""
    if missing := archive.missing_files():
        pytest.skip(f"needs {', '.join(missing)} in {archive.folder}, or set LAMINA_HOME")


def test_japanese_vowels_are_whole() -> None:
    needs(datasets.japanese_vowels.ARCHIVE)
    (x_train, y_train), (x_test, y_test) = datasets.japanese_vowels.load_data()
    assert (x_train.shape, x_test.shape) == ((270, 29, 12), (370, 29, 12))
    np.testing.assert_array_equal(np.bincount(y_train), [30] * 9)
    np.testing.assert_array_equal(np.bincount(y_test), [31, 35, 88, 44, 29, 24, 40, 50, 29])
    lengths = np.any(x_train != 0, axis=2).sum(axis=1)
    assert (lengths.min(), lengths.max()) == (7, 26)


def test_airline_passengers_are_whole() -> None:
    needs(datasets.airline_passengers.ARCHIVE)
    passengers = datasets.airline_passengers.load_data()
    assert (passengers.shape, passengers.dtype) == ((144,), np.float32)
    assert (passengers[0], passengers[-1], passengers.sum()) == (112, 432, 40363)


def test_tinyshakespeare_is_whole() -> None:
    needs(datasets.tinyshakespeare.ARCHIVE)
    text = datasets.tinyshakespeare.load_data()
    assert (len(text), len(set(text))) == (1115394, 65)
    assert text.startswith("First Citizen:\nBefore we proceed")


def test_a_file_without_an_address_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAMINA_HOME", str(tmp_path))
    with pytest.raises(FileNotFoundError, match=r"passengers\.csv is not on this machine\."):
        datasets.airline_passengers.load_data()


def test_a_file_with_an_address_is_fetched_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAMINA_HOME", str(tmp_path))
    content = b"hear me speak"
    archive = FileArchive(
        "a.txt", "a play", "https://example.org/a", hashlib.sha256(content).hexdigest()
    )
    monkeypatch.setattr("urllib.request.urlopen", _offline)
    with pytest.raises(FileNotFoundError, match="could not be downloaded"):
        archive.fetch()
    monkeypatch.setattr("urllib.request.urlopen", lambda url, timeout: Response(content))
    assert archive.fetch().read_bytes() == content
    monkeypatch.setattr("urllib.request.urlopen", _offline)
    assert archive.fetch() == tmp_path / "datasets" / "a.txt"
