"""What the README promises: its two commands and its example."""

from __future__ import annotations

import re
from typing import Any

from tools import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def test_each_command_is_one_line_in_a_fresh_environment() -> None:
    commands = [block for block in blocks("sh") if "venv" in block]
    assert len(commands) == 2
    assert all(c.startswith("python3 -m venv .venv && ") and c.count("\n") == 1 for c in commands)
    assert commands[0].endswith("-m lamina demo\n")
    assert commands[1].endswith("-m pytest\n")
    assert "bin/python -m pytest" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_the_example_runs(mnist: Any) -> None:
    (example,) = blocks("python")
    variables: dict[str, Any] = {}
    exec(example.replace("epochs=5", "epochs=1"), variables)
    assert variables["model"].count_params() == 101770
