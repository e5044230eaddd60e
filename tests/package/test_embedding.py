"""A C++ program finds the installed package with CMake, links it and trains without Python."""

from __future__ import annotations

from pathlib import Path

import pytest

from lamina.info import CMAKE_DIR
from tools import run, tool


def test_an_embedding_program_builds_and_trains(tmp_path: Path) -> None:
    if not CMAKE_DIR.is_dir():
        pytest.skip(f"needs Lamina as installed by pip: {CMAKE_DIR} is missing")
    cmake, ninja = tool("cmake"), tool("ninja")
    options = ("-G", "Ninja", f"-DCMAKE_MAKE_PROGRAM={ninja}", f"-Dlamina_DIR={CMAKE_DIR}")
    run(cmake, "-S", "tests/package/embed", "-B", str(tmp_path), *options)
    run(cmake, "--build", str(tmp_path))
    assert run(str(tmp_path / "embed")).startswith("y = 2.00")
