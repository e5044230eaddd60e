"""Every example of the catalogue comes out as it says, in its quick form; the page lists them."""

from __future__ import annotations

import importlib.util
import math
import re
from pathlib import Path

import pytest

from lamina.__main__ import main
from lamina.examples import AtLeast, AtMost, _catalogue
from lamina.examples._goals import misses
from tools import ROOT

ROW = re.compile(r"^\| `(\w+)` \| (.+?) \| (.+?) \| (.+?) \|$", re.MULTILINE)
PAGE = {name: rest for name, *rest in ROW.findall((ROOT / "docs" / "examples.md").read_text())}


@pytest.mark.parametrize("name", _catalogue.names())
def test_quick_form(name: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    example = _catalogue.Example.load(name)
    if missing := example.missing_data():
        pytest.skip(f"needs {', '.join(missing)}, or set LAMINA_HOME")
    draws = example.draws and importlib.util.find_spec("matplotlib") is not None
    if draws:
        request.getfixturevalue("pyplot")
    results = example.run(quick=True, pictures=tmp_path if draws else None)
    assert misses(example.goals, results, quick=True) == []
    pictures = [path.read_bytes() for path in tmp_path.iterdir()]
    assert bool(pictures) == draws
    assert all(picture.startswith(b"\x89PNG") for picture in pictures)


@pytest.mark.parametrize("name", _catalogue.names())
def test_the_page_tells_of_a_full_form_that_met_its_goals(name: str) -> None:
    example = _catalogue.Example.load(name)
    title, _, told = PAGE[name]
    assert title == example.title
    results = {key: float(value) for key, value in re.findall(r"(\w+) (-?[\d.]+(?:e-?\d+)?)", told)}
    assert misses(example.goals, results, quick=False) == []
    assert example.goals, "an example that nothing is expected of"
    assert example.text, "an example that does not say what it shows"


def test_the_page_lists_nothing_else() -> None:
    assert sorted(PAGE) == _catalogue.names()


def test_goals() -> None:
    goals = {"high": AtLeast(quick=1, full=2), "low": AtMost(quick=None, full=0.5)}
    assert misses(goals, {"high": 1.0, "low": 9.0}, quick=True) == []
    assert misses(goals, {"high": 2.0, "low": 0.5}, quick=False) == []
    assert misses(goals, {"high": 1.9, "low": math.nan}, quick=False) == [
        "high is 1.9, not at least 2",
        "low is nan, not at most 0.5",
    ]
    assert misses(goals, {"high": 3.0}, quick=True) == ["no result 'low'"]


def test_list(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["example"], ["example", "--list"]):
        assert main(arguments) == 0
        lines = capsys.readouterr().out.splitlines()
        assert [line.split()[0] for line in lines] == _catalogue.names()


def test_unknown_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["example", "digit"]) == 2
    assert "no example 'digit'; there are " in capsys.readouterr().err


class Sample:
    """Stands in for a module of the catalogue."""

    GOALS = {"result": AtLeast(quick=0, full=1)}  # noqa: RUF012

    @staticmethod
    def run(quick: bool = False, verbose: int = 0) -> dict[str, float]:
        return {"result": 0.5, "noted": 7.0}


def test_a_missed_goal_is_an_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sample = _catalogue.Example("sample", "A sample.", "Shows nothing.", Sample)
    monkeypatch.setattr(_catalogue.Example, "load", lambda name: sample)
    assert main(["example", "sample", "--quick"]) == 0
    assert re.search(r"^result +0\.5 +at least 0\nnoted +7$", capsys.readouterr().out, re.MULTILINE)
    assert main(["example", "sample"]) == 1
    assert "MISSED: result is 0.5, not at least 1" in capsys.readouterr().err
