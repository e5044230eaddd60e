"""Print the version, the instruction set, the threads and why, the compiler and its flags."""

from __future__ import annotations

import argparse
from pathlib import Path

from lamina import _core

CMAKE_DIR = Path(__file__).parent / "lib" / "cmake" / "lamina"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--cmake-dir",
        action="store_true",
        help="print only the folder of the CMake package, for find_package(lamina)",
    )


def run(arguments: argparse.Namespace) -> int:
    if arguments.cmake_dir:
        print(CMAKE_DIR)
        return 0
    build = _core.build_info()
    isas = ", ".join(_core.available_isas())
    rows = {
        "version": build["version"],
        "instruction set": f"{_core.isa()} (this machine can: {isas})",
        "threads": f"{_core.get_num_threads()} ({_core.thread_reason()})",
        "compiler": build["compiler"],
        "flags": build["flags"],
    }
    for name, value in rows.items():
        print(f"{name:<16} {value}")
    return 0
