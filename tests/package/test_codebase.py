"""The code keeps its own rules: layering, file lengths, the stub, lint, types and format."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from lamina import _core
from tools import ROOT, run, tool

CPP = sorted(path for path in (ROOT / "cpp").rglob("*") if path.suffix in {".h", ".cpp", ".def"})
PYTHON = sorted((ROOT / "python").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))

# What each room of the C++ core may include; docs/architecture.md draws it.
CPP_ROOMS = {
    "core": {"core"},
    "kernels": {"core", "kernels"},
    "graph": {"core", "graph"},
    "ops": {"core", "kernels", "graph", "ops"},
    "bind": {"core", "kernels", "graph", "ops", "bind"},
    "include": {"core", "graph"},
}

# The rooms of the Python package, from the ground up: each imports only what stands above it here.
# What is imported inside a function, when it is first needed, may be anywhere.
PYTHON_ROOMS = (
    *("_core", "_lazy", "_operators", "config", "version", "nest", "utils", "progress"),
    *("registry", "dtypes", "tensor", "trace", "eager", "symbolic", "ops", "variable"),
    *("program", "random", "activations", "regularizers", "constraints", "initializers"),
    *("layers", "losses", "metrics", "optimizers", "callbacks", "data", "models"),
    *("backend", "preprocessing", "saving", "datasets", "plot", "info"),
    *("benchmark", "examples", "demo", "__main__"),
)
# Leaves know next to nothing of the rest, and the reference nothing at all.
LEAVES: dict[str, set[str]] = {
    "callbacks": {"progress", "registry"},
    "data": {"_core", "config", "nest"},
    "datasets": set(),
    "reference": set(),
}


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", CPP, ids=name)
def test_cpp_includes_follow_the_layers(path: Path) -> None:
    room = path.relative_to(ROOT / "cpp").parts[0]
    included = re.findall(r'^#include "(\w+)/', path.read_text(), re.MULTILINE)
    assert set(included) <= CPP_ROOMS[room], f"{name(path)} includes {set(included)}"


def test_only_bind_knows_python() -> None:
    foreign = re.compile(r"pybind11|Python\.h|numpy/")
    outside = [path for path in CPP if path.relative_to(ROOT / "cpp").parts[0] != "bind"]
    assert outside
    assert [name(path) for path in outside if foreign.search(path.read_text())] == []


def imported_rooms(path: Path) -> set[str]:
    """Return the rooms of the package that a module imports when it is itself imported."""
    rooms = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module == "lamina":
            names = [f"lamina.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
        else:
            continue
        rooms |= {name.split(".")[1] for name in names if name.startswith("lamina.")}
    return rooms


@pytest.mark.parametrize("path", PYTHON, ids=name)
def test_python_imports_follow_the_layers(path: Path) -> None:
    room = path.relative_to(ROOT / "python" / "lamina").with_suffix("").parts[0]
    if room == "__init__":
        allowed = {"_lazy"}
    elif room in LEAVES:
        allowed = {*LEAVES[room], room}
    else:
        allowed = set(PYTHON_ROOMS[: PYTHON_ROOMS.index(room) + 1])
    assert imported_rooms(path) <= allowed


def test_no_file_is_too_long_to_read() -> None:
    lengths = {name(path): path.read_text().count("\n") for path in CPP + PYTHON + TESTS}
    assert {path: lines for path, lines in lengths.items() if lines > 300} == {}


def stub_names() -> dict[str, set[str]]:
    """Return the names that the stub declares: the module's as "", each class's as its own."""
    tree = ast.parse((ROOT / "python/lamina/_core.pyi").read_text())
    names: dict[str, set[str]] = {"": set()}
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names[""].add(node.name)
        if isinstance(node, ast.ClassDef):
            names[node.name] = {n.name for n in node.body if isinstance(n, ast.FunctionDef)}
    return names


def test_stub_names_what_the_compiled_module_has() -> None:
    for owner, declared in stub_names().items():
        there = vars(getattr(_core, owner)) if owner else vars(_core)
        public = {n for n in there if not n.startswith("_")}
        assert {n for n in declared if not n.startswith("_")} == public, owner or "module"


def test_ruff() -> None:
    run(tool("ruff"), "check", "--no-cache", "python", "tests")


def test_mypy(tmp_path: Path) -> None:
    run(tool("mypy"), "--cache-dir", str(tmp_path))


def test_clang_format() -> None:
    sources = [str(path) for path in CPP if path.suffix != ".def"]
    sources += [str(path) for path in (ROOT / "tests").rglob("*.cpp")]
    run(tool("clang-format"), "--dry-run", "--Werror", *sources)
