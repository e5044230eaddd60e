"""Lamina is light: what importing it leaves alone, how long that takes, how large the wheel is."""

from __future__ import annotations

import math
import sys
import zlib
from pathlib import Path

import pytest

import lamina
from tools import run

# What a script asks for before it has made a model.
USE = "import lamina; from lamina import layers, models; lamina.Sequential, lamina.layers.Dense"

# Wanted later or seldom, and slow to load.
LATE = {
    *("matplotlib", "pandas", "safetensors", "sklearn"),
    *("csv", "difflib", "gzip", "json", "multiprocessing", "numpy.random", "pathlib", "secrets"),
    *("urllib.request", "lamina.benchmark", "lamina.callbacks", "lamina.datasets"),
    *("lamina.losses", "lamina.metrics", "lamina.optimizers", "lamina.reference"),
}


def python(code: str, *options: str) -> str:
    return run(sys.executable, *options, "-c", code)


def test_import_leaves_the_rest_for_later() -> None:
    before = set(python("import numpy, sys; print(*sys.modules)").split())
    after = set(python(f"{USE}; import sys; print(*sys.modules)").split())
    assert "lamina._core" in after
    assert (LATE - before) & after == set()


def test_import_adds_little_to_numpy(tmp_path: Path) -> None:
    # Of the processor's time, as others may be at work. NumPy takes 70 ms where Lamina takes 12.
    # The first run leaves bytecode for the others, wherever Lamina is and whatever Python was told.
    code = (
        "import sys; sys.dont_write_bytecode = False\n"
        "from time import process_time as now\n"
        f"a = now(); import numpy; b = now(); {USE}; c = now()\n"
        "print(b - a, c - b)"
    )
    cached = ("-X", f"pycache_prefix={tmp_path}")
    numpy = ours = math.inf
    for _ in range(60):  # until one has run undisturbed
        times = map(float, python(code, *cached).split())
        numpy, ours = map(min, (numpy, ours), times)
        if ours < 0.25 * numpy:
            return
    pytest.fail(f"import numpy {numpy:.4f} s, then import lamina {ours:.4f} s")


def test_a_wheel_has_at_most_two_megabytes() -> None:
    files = [path for path in Path(lamina.__path__[0]).rglob("*") if path.is_file()]
    packed = sum(len(zlib.compress(f.read_bytes())) for f in files if f.suffix != ".pyc")
    assert packed < 2e6
