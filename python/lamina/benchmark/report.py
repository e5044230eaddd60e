"""The benchmark's results as a table for people and as JSON for programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lamina.benchmark.runner import Result


def seconds(value: float) -> str:
    """Write a duration with three digits and its unit."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value * 1e9:.3g} ns"


def table(results: Sequence[Result], peers: Sequence[str], peak: float) -> str:
    """Lay out one section: seconds of each library and how many times Lamina's they are.

    The floor is the least time that the multiply-adds could take at `peak` operations a second; its
    share of the time that they took is the fraction of peak.
    """
    peers = [peer for peer in peers if any(peer in result.seconds for result in results)]
    head = [results[0].section, "lamina", *(cell for peer in peers for cell in (peer, ""))]
    rows = [[*head, "floor", "of peak"]]
    for result in results:
        cells = [result.case, seconds(result.seconds["lamina"])]
        for peer in peers:
            if peer in result.seconds:
                mark = "?" if peer in result.disagreeing else ""
                ratio = f"{result.speedups[peer]:.2f}x{mark}"
                cells += [seconds(result.seconds[peer]), ratio]
            else:
                cells += ["-", ""]
        floor = result.flops / peak
        rows.append([*cells, seconds(floor), f"{floor / result.seconds['lamina']:.0%}"])
    return _align(rows)


def _align(rows: Sequence[Sequence[str]]) -> str:
    """Pad cells to columns: the first to the left, the others to the right."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(
            cell.rjust(width) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:]])


def as_json(results: Sequence[Result], machine: dict[str, Any]) -> dict[str, Any]:
    """Return everything measured as plain data."""
    return {
        "machine": machine,
        "results": [
            {
                "section": result.section,
                "case": result.case,
                "flops": result.flops,
                "floor": result.flops / machine["peak_flops"],
                "seconds": result.seconds,
                "times_lamina": result.speedups,
                "disagreeing": list(result.disagreeing),
            }
            for result in results
        ],
    }
