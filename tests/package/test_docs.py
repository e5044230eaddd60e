"""The documentation is about what there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import lamina
from lamina import _core
from tools import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def test_the_catalogue_names_every_op() -> None:
    text = (ROOT / "docs" / "ops.md").read_text()
    rows = "\n".join(line.split(" | ")[0] for line in text.splitlines() if line.startswith("| `"))
    derivatives = {name for name in _core.op_names() if re.search(r"_grad2?$", name)}
    assert set(re.findall(r"`(\w+)`", rows)) == set(_core.op_names()) - derivatives


def test_the_code_on_the_page_about_graphs_runs() -> None:
    text = (ROOT / "docs" / "graph.md").read_text()
    blocks = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert len(blocks) > 5
    lamina.utils.set_random_seed(0)
    variables: dict[str, object] = {}
    for block in blocks:
        exec(block, variables)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_that_a_page_names_exist(page: Path) -> None:
    named = re.findall(r"`((?:cpp|python|tests|docs)/[\w./]*)`", page.read_text())
    assert [path for path in named if not (ROOT / path).exists()] == []
