"""The command line: `python -m lamina demo | example | benchmark | info`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Protocol

from lamina import demo, info
from lamina.benchmark import command as benchmark
from lamina.examples import _command as example


class Command(Protocol):
    """What a command's module offers; the first line of its docstring is the summary."""

    __doc__: str | None

    def add_arguments(self, parser: argparse.ArgumentParser) -> None: ...
    def run(self, arguments: argparse.Namespace) -> int: ...


COMMANDS: dict[str, Command] = {
    "demo": demo,
    "example": example,
    "benchmark": benchmark,
    "info": info,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    parser = argparse.ArgumentParser("lamina", description="A neural-network library for CPUs.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, module in COMMANDS.items():
        summary = (module.__doc__ or "").splitlines()[0]
        command = commands.add_parser(name, help=summary, description=summary)
        module.add_arguments(command)
    chosen = parser.parse_args(arguments)
    try:
        return COMMANDS[chosen.command].run(chosen)
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
