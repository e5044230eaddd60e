"""Run an example: networks of all kinds, to read, to run and to copy."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from lamina.examples._catalogue import Example, names
from lamina.examples._goals import misses


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", metavar="NAME", help="which; without it all are listed")
    parser.add_argument("--list", action="store_true", help="list the examples")
    parser.add_argument("--quick", action="store_true", help="the short form, of a few seconds")
    parser.add_argument("--seed", type=int, default=0, help="random seed (default: %(default)s)")
    parser.add_argument(
        "--verbose", type=int, default=1, metavar="0|1|2", help="as in fit (default: %(default)s)"
    )
    parser.add_argument(
        "--pictures",
        type=Path,
        metavar="FOLDER",
        help="draw what there is to see into this folder (needs matplotlib)",
    )


def run(arguments: argparse.Namespace) -> int:
    if arguments.list or arguments.name is None:
        return show_list()
    try:
        example = Example.load(arguments.name)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{example.title}\n\n{example.text}\n", flush=True)
    if arguments.pictures is not None:
        arguments.pictures.mkdir(parents=True, exist_ok=True)
    quick: bool = arguments.quick
    begin = time.perf_counter()
    results = example.run(quick, arguments.verbose, arguments.pictures, arguments.seed)
    seconds = time.perf_counter() - begin
    width = max(map(len, results), default=0)
    for name, value in results.items():
        goal = example.goals.get(name)
        print(f"{name:<{width}}  {value:<10.5g} {goal.describe(quick) if goal else ''}".rstrip())
    drawn = example.draws and arguments.pictures is not None
    print(f"in {seconds:.1f} s" + (f", pictures in {arguments.pictures}" if drawn else ""))
    missed = misses(example.goals, results, quick)
    for miss in missed:
        print(f"MISSED: {miss}", file=sys.stderr)
    return 1 if missed else 0


def show_list() -> int:
    width = max(map(len, names()))
    for name in names():
        print(f"{name:<{width}}  {Example.load(name).title}")
    return 0
