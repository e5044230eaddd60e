"""The progress line, by itself and in fit, evaluate and predict."""

from __future__ import annotations

import io

import pytest

from callback_models import X, Y, line_model
from lamina.progress import Progress


@pytest.fixture
def model():
    return line_model()


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


def test_progress_on_a_terminal_is_redrawn(monkeypatch):
    clock = iter([0.0, 0.05, 1.0, 2.0])
    monkeypatch.setattr("lamina.progress.time.perf_counter", lambda: next(clock))
    terminal = Terminal()
    line = Progress(4, file=terminal)
    line.update(1, {"loss": 0.5})  # too early to draw
    line.update(2, {"loss": 0.25})
    line.finish({"loss": 0.0001, "accuracy": 0.875})
    drawn = terminal.getvalue().split("\r")[1:]
    assert drawn[0] == "2/4 ━━━━━━━━━━────────── 1s 500ms/step - loss: 0.2500"
    assert drawn[1].rstrip(" ") == (
        "4/4 ━━━━━━━━━━━━━━━━━━━━ 2s 500ms/step - loss: 1.0000e-04 - accuracy: 0.8750\n"
    )


def test_progress_in_a_file_is_one_line():
    file = io.StringIO()
    line = Progress(3, file=file)
    line.update(1, {"loss": 1.0})
    line.finish({"loss": 1.0})
    assert file.getvalue().count("\n") == 1
    assert "\r" not in file.getvalue()


def test_progress_of_unknown_length_learns_it():
    line = Progress(None, file=io.StringIO())
    line.update(7)
    line.finish()
    assert line.steps == 7


def test_progress_without_unicode():
    file = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    Progress(1, file=file).finish()
    file.seek(0)
    assert "=" * 20 in file.read()


@pytest.mark.parametrize(
    ("verbose", "lines"), [(0, 0), (1, 4), (2, 4), ("auto", 4), (True, 4), (False, 0)]
)
def test_verbose(model, capsys, verbose, lines):
    model.fit(X, Y, epochs=2, validation_data=(X, Y), verbose=verbose)
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == lines
    if lines:
        assert printed[0] == "Epoch 1/2"
        assert printed[1].startswith("1/1 ")
        assert " - loss: " in printed[1]
        assert " - val_mae: " in printed[1]


def test_evaluate_and_predict_print_one_line(model, capsys):
    model.evaluate(X, Y)
    model.predict(X)
    assert [line[:4] for line in capsys.readouterr().out.splitlines()] == ["1/1 ", "1/1 "]


def test_a_process_may_have_no_stdout(model, monkeypatch):
    monkeypatch.setattr("sys.stdout", None)
    assert model.fit(X, Y, epochs=2, verbose=1).epoch == [0, 1]
