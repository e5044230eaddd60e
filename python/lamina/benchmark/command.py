"""Measure Lamina's speed against NumPy and other libraries."""

from __future__ import annotations

import argparse
import json
import platform
import sys
from pathlib import Path

from lamina import _core
from lamina.benchmark.peers import PEERS
from lamina.benchmark.report import as_json, table
from lamina.benchmark.runner import Result, installed, run_all, workers


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--quick", action="store_true", help="a selection, within 20 seconds")
    parser.add_argument(
        "--against",
        metavar="NAMES",
        default="",
        help=f"besides NumPy, of {','.join(list(PEERS)[1:])}: those that are installed",
    )
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the results there too")


def run(arguments: argparse.Namespace) -> int:
    names = [name for name in arguments.against.split(",") if name and name != "numpy"]
    try:
        peers, missing = installed(["numpy", *names])
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    for name in missing:
        print(f"{name} is not installed and left out", file=sys.stderr)

    threads = _core.get_num_threads()
    peak = _core.fma_peak(0.2) * 1e9
    results: list[Result] = []
    with workers(peers, threads) as team:
        versions = {worker.peer: worker.version for worker in team}
        print(f"{', '.join(versions.values())}; {threads} threads, float32")
        print(f"peak measured: {peak / 1e9:.0f} GFLOP/s; 2.00x: Lamina takes half the time\n")
        for section in run_all(team, arguments.quick, _progress):
            _progress("")
            print(table(section, peers, peak), end="\n\n", flush=True)
            results += section
    if any(result.disagreeing for result in results):
        print("?: the library's answer differs from Lamina's")
    if arguments.json:
        machine = {
            "processor": _processor(),
            "threads": threads,
            "peak_flops": peak,
            "versions": versions,
        }
        arguments.json.write_text(json.dumps(as_json(results, machine), indent=2) + "\n")
    return 0


def _processor() -> str:
    """Return the processor's name where Linux tells it, else its architecture."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _progress(line: str) -> None:
    """Show what is being measured, on one line that the next call replaces."""
    if sys.stderr.isatty():
        print(f"\r\033[K{line}", end="", file=sys.stderr, flush=True)
    elif line:
        print(line, file=sys.stderr, flush=True)
