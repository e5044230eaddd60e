"""The command line: info, demo, and help."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest
from safetensors import safe_open

import lamina
from lamina.__main__ import main


def test_info_says_what_runs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info"]) == 0
    shown = capsys.readouterr().out
    assert re.search(rf"^version +{re.escape(lamina.__version__)}$", shown, re.MULTILINE)
    assert re.search(r"^instruction set +\w+ \(this machine can: .*baseline", shown, re.MULTILINE)
    assert re.search(r"^threads +\d+ \(.+\)$", shown, re.MULTILINE)
    assert re.search(r"^flags .*-O3", shown, re.MULTILINE)


def test_info_prints_only_the_cmake_folder(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info", "--cmake-dir"]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown == [str(Path(lamina.__file__).parent / "lib" / "cmake" / "lamina")]


@pytest.mark.parametrize("matplotlib", [True, False])
def test_demo_trains_saves_and_predicts(
    matplotlib: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if matplotlib:
        pytest.importorskip("matplotlib")
    else:
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert main(["demo", "--output", str(tmp_path)]) == 0
    shown = capsys.readouterr().out

    accuracy = re.search(r"Held-out accuracy: ([\d.]+)%", shown)
    assert accuracy is not None
    assert float(accuracy[1]) > 70
    assert "epoch 60/60" in shown
    assert "predicts the same" in shown
    assert re.search(r"Lamina [\d.]+ ms and hand-written NumPy [\d.]+ ms", shown)
    with safe_open(tmp_path / "heart.safetensors", "numpy") as file:
        assert len(file.keys()) >= 6
    picture = tmp_path / "learning-curve.png"
    assert picture.exists() == matplotlib
    if matplotlib:
        assert picture.read_bytes().startswith(b"\x89PNG")
    else:
        assert "* training, o held out" in shown


def test_nothing_asked_for_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main([])
    message = capsys.readouterr().err
    assert "COMMAND" in message
