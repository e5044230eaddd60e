"""The table that `model.summary()` prints."""

from __future__ import annotations

import itertools
import math
import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from lamina.layers.base import Layer
from lamina.layers.input_spec import free_batch, map_shapes
from lamina.models.functional import Functional
from lamina.models.model import Model

# Characters between the cells of a line: left, inside, right, fill.
_TOP, _HEAD, _LINE, _BOTTOM = "┏┳┓━", "┡╇┩━", "├┼┤─", "└┴┘─"


def summarize(
    model: Model,
    line_length: int | None = None,
    positions: Sequence[float] | None = None,
    expand_nested: bool = False,
    show_trainable: bool = False,
    layer_range: Sequence[str] | None = None,
) -> str:
    """Return a table of the layers, then the numbers and sizes of parameters.

    positions: where columns end, as shares of the line. layer_range: names (or patterns) of the
    first and the last layer to show.
    """
    chain = _is_chain(model)
    header = ["Layer (type)", "Output Shape", "Param #"]
    ends = [0.45, 0.80, 1.0] if chain else [0.3, 0.56, 0.74, 1.0]
    default = 88 if chain else 108
    if not chain:
        header.append("Connected to")
    if show_trainable:
        header.append("Trainable")
        ends, default = [0.9 * end for end in ends] + [1.0], default + 12
    length = line_length or min(default, shutil.get_terminal_size().columns - 4)
    widths = _column_widths(positions or ends, length, len(header))
    rows = [
        _cells(layer, depth, model, chain, show_trainable)
        for layer, depth in _shown(model, expand_nested, layer_range)
    ]
    table = _table(header, rows, widths)
    return "\n".join([f'Model: "{model.name}"', *table, *_totals(model)])


def _shown(
    model: Model, expand_nested: bool, layer_range: Sequence[str] | None
) -> Iterator[tuple[Any, int]]:
    """Yield what has a line: layers and, in graphs, operations, with their depth of nesting."""
    graph = model._graph if isinstance(model, Functional) else None
    items = model.layers if graph is None else graph.operations
    for item in _slice_by_name(list(items), layer_range):
        yield from _nested(item, 0, expand_nested)


def _nested(item: Any, depth: int, expand: bool) -> Iterator[tuple[Any, int]]:
    yield item, depth
    if expand and isinstance(item, Model):
        for layer in item.layers:
            yield from _nested(layer, depth + 1, expand)


def _slice_by_name(items: list[Any], layer_range: Sequence[str] | None) -> list[Any]:
    if layer_range is None:
        return items
    if len(layer_range) != 2 or not all(isinstance(name, str) for name in layer_range):
        raise ValueError(f"summary: expected layer_range as two names, received {layer_range!r}")
    first, last = (
        [i for i, item in enumerate(items) if re.fullmatch(name, item.name)] for name in layer_range
    )
    if not first or not last:
        raise ValueError(f"summary: no layer matches {layer_range[0 if not first else 1]!r}")
    return items[min(first) : max(last) + 1]


def _is_chain(model: Model) -> bool:
    """Return whether each layer follows the one before: connections go without saying then."""
    graph = model._graph
    if graph is None:
        return True
    called = [id(node.operation) for node in graph.nodes]
    fed = [id(tensor) for node in graph.nodes for tensor in node.inputs]
    return (
        len(set(called)) == len(called)
        and all(len(node.inputs) <= 1 for node in graph.nodes)
        and len(graph.inputs) == 1
        and len(set(fed)) == len(fed)
    )


def _cells(item: Any, depth: int, model: Model, chain: bool, show_trainable: bool) -> list[str]:
    prefix = "   " * depth + "└ " if depth else ""
    cells = [f"{prefix}{item.name} ({type(item).__name__})", _output_shape(item), _parameters(item)]
    if not chain:
        cells.append(_connections(item, model) if depth == 0 else "-")
    if show_trainable:
        weights = getattr(item, "weights", [])
        cells.append(("Y" if item.trainable else "N") if weights else "-")
    return cells


def _output_shape(item: Any) -> str:
    if item.nodes:
        shapes = [tensor.shape for tensor in item.nodes[-1].outputs]
    elif isinstance(item, Model) and item._graph is not None:
        shapes = [tensor.shape for tensor in item.outputs]
    elif isinstance(item, Layer) and item.built and len(item._build_shapes or ()) == 1:
        (built_on,) = (item._build_shapes or {}).values()
        shapes = []
        map_shapes(shapes.append, item.compute_output_shape(map_shapes(free_batch, built_on)))
    else:
        return "?"
    return ", ".join(f"({', '.join(map(str, shape))})" for shape in shapes)


def _parameters(item: Any) -> str:
    if not isinstance(item, Layer):
        return "0"
    return f"{item.count_params():,}" if item.built or item.weights else "0 (unbuilt)"


def _connections(item: Any, model: Model) -> str:
    nodes = model._graph.nodes if model._graph is not None else []
    sources = [
        f"{tensor.history[0].name}[{tensor.history[1]}][{tensor.history[2]}]"
        for node in nodes
        if node.operation is item
        for tensor in node.inputs
        if tensor.history is not None
    ]
    return ", ".join(sources) or "-"


def _column_widths(ends: Sequence[float], length: int, columns: int) -> list[int]:
    if len(ends) != columns:
        raise ValueError(f"summary: expected {columns} positions, received {list(ends)}")
    stops = [0, *(int(end * length) if end <= 1 else int(end) for end in ends)]
    # Of each column, the border and a space on both sides are no room for text.
    widths = [stop - start - 3 for start, stop in itertools.pairwise(stops)]
    if min(widths) < 1:
        raise ValueError(f"summary: line_length={length} leaves no room for {columns} columns")
    return widths


def _table(header: list[str], rows: list[list[str]], widths: list[int]) -> Iterator[str]:
    yield _rule(_TOP, widths)
    yield from _row(header, widths, "┃")
    yield _rule(_HEAD, widths)
    for number, row in enumerate(rows):
        if number:
            yield _rule(_LINE, widths)
        yield from _row(row, widths, "│")
    yield _rule(_BOTTOM, widths)


def _rule(characters: str, widths: list[int]) -> str:
    left, inside, right, fill = list(characters)
    return left + inside.join(fill * (width + 2) for width in widths) + right


def _row(cells: list[str], widths: list[int], border: str) -> Iterator[str]:
    """Yield the lines of a row; cells that are too long go on in the next line."""
    parts = [_wrap(cell, width) for cell, width in zip(cells, widths, strict=True)]
    for line in range(max(map(len, parts))):
        texts = [
            f"{part[line] if line < len(part) else '':{'>' if column == 2 else '<'}{width}}"
            for column, (part, width) in enumerate(zip(parts, widths, strict=True))
        ]
        yield f"{border} {f' {border} '.join(texts)} {border}"


def _wrap(text: str, width: int) -> list[str]:
    lines = []
    while len(text) > width:
        cut = text.rfind(" ", 1, width + 1)
        cut = width if cut < 1 else cut
        lines.append(text[:cut])
        text = text[cut:].lstrip()
    return [*lines, text]


def _totals(model: Model) -> Iterator[str]:
    optimizer = model.optimizer.variables if model.optimizer is not None else []
    groups = {
        "Trainable": model.trainable_weights,
        "Non-trainable": model.non_trainable_weights,
        "Optimizer": optimizer,
    }
    yield _total("Total", [weight for group in groups.values() for weight in group])
    for name, weights in groups.items():
        if weights or name != "Optimizer":
            yield _total(name, weights)


def _total(name: str, weights: Iterable[Any]) -> str:
    weights = list(weights)
    count = sum(math.prod(weight.shape) for weight in weights)
    size = sum(math.prod(weight.shape) * _BYTES[weight.dtype] for weight in weights)
    return f" {name} params: {count:,} ({_readable(size)})"


_BYTES = {"bool": 1, "uint8": 1, "int32": 4, "int64": 8, "float32": 4, "float64": 8}


def _readable(size: float) -> str:
    for unit in ("B", "KB", "MB", "GB"):
        if size < 1024:
            return f"{size:.2f} {unit}"
        size /= 1024
    return f"{size:.2f} TB"
