"""`import lamina` is light: what it leaves alone until asked, and how long it takes."""

from __future__ import annotations

import sys

from tools import run

LATE = (
    *("matplotlib", "pandas", "safetensors", "sklearn", "multiprocessing"),
    *("urllib.request", "gzip", "lamina.benchmark", "lamina.reference"),
)


def python(code: str) -> str:
    return run(sys.executable, "-c", code)


USE = "import lamina; lamina.Sequential, lamina.layers.Dense, lamina.optimizers.Adam"


def test_import_leaves_the_rest_for_later() -> None:
    before = set(python("import numpy, sys; print(*sys.modules)").split())
    after = set(python(f"{USE}; import sys; print(*sys.modules)").split())
    assert "lamina._core" in after
    assert (set(LATE) - before) & after == set()


def test_import_adds_little_to_numpy() -> None:
    code = (
        "from time import perf_counter as now\n"
        "a = now(); import numpy; b = now(); import lamina; c = now()\n"
        "print(b - a, c - b)"
    )
    runs = [tuple(map(float, python(code).split())) for _ in range(5)]
    numpy, ours = (min(times) for times in zip(*runs, strict=True))
    assert ours < 0.2 * numpy, f"import numpy {numpy:.4f} s, then import lamina {ours:.4f} s"
