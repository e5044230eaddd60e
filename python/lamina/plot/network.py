"""A model's graph as boxes and arrows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lamina import nest
from lamina.models import Model
from lamina.plot.canvas import axes, plain
from lamina.symbolic import Node

# Between the middles of boxes, in inches.
ACROSS, DOWN = 2.6, 1.0


def network(model: Model, ax: Any = None) -> Any:
    """Draw a model's layers and operations as boxes, from the inputs down, and what flows between.

    A layer called twice has two boxes. Raises ValueError for a model without a graph: a subclass
    with a `call` of its own, or a `Sequential` that does not know its input's shape yet.
    """
    graph = model._graph
    if graph is None:
        raise ValueError(
            f"plot.model: '{model.name}' has no graph to draw: it must be built on symbolic inputs"
        )
    ranks = ranked(graph.nodes)
    middle = {
        id(node): (ACROSS * (i - (len(rank) - 1) / 2), -DOWN * depth)
        for depth, rank in enumerate(ranks)
        for i, node in enumerate(rank)
    }
    width = ACROSS * max(map(len, ranks))
    ax = axes(ax, (max(width, 3.0), DOWN * len(ranks)))
    ax.set(xlim=(-width / 2, width / 2), ylim=(-DOWN * (len(ranks) - 0.5), DOWN / 2))
    for node in graph.nodes:
        for source in sources(node):
            _arrow(ax, middle[id(source)], middle[id(node)])
    for node in graph.nodes:
        ax.text(
            *middle[id(node)],
            _describe(node),
            ha="center",
            va="center",
            fontsize=8,
            bbox={"boxstyle": "round", "facecolor": "white", "edgecolor": "tab:blue"},
        )
    plain(ax)
    return ax


def sources(node: Node) -> list[Node]:
    """Return the calls whose results a call takes, in order and each once."""
    made = (tensor.history for tensor in node.inputs)
    found = [history[0].nodes[history[1]] for history in made if history is not None]
    return list({id(source): source for source in found}.values())


def ranked(nodes: Sequence[Node]) -> list[list[Node]]:
    """Return the calls by their longest way from an input, each rank in the order of its sources.

    nodes: each after those it depends on. The order within a rank is by the mean place of a call's
    sources, which keeps lines from crossing in the graphs that networks have.
    """
    depth: dict[int, int] = {}
    ranks: list[list[Node]] = []
    for node in nodes:
        depth[id(node)] = 1 + max((depth[id(source)] for source in sources(node)), default=-1)
        if depth[id(node)] == len(ranks):
            ranks.append([])
        ranks[depth[id(node)]].append(node)
    place: dict[int, float] = {}
    for rank in ranks:
        means = {
            id(node): sum(places) / len(places)
            if (places := [place[id(s)] for s in sources(node)])
            else 0.0
            for node in rank
        }
        rank.sort(key=lambda node: means[id(node)])
        place.update((id(node), i - (len(rank) - 1) / 2) for i, node in enumerate(rank))
    return ranks


def _describe(node: Node) -> str:
    operation = node.operation
    kind = getattr(operation, "op", None) or type(operation).__name__
    shapes = ", ".join(str(tensor.shape) for tensor in nest.flatten(node.outputs))
    return f"{operation.name}\n{kind}  {shapes}"


def _arrow(ax: Any, start: tuple[float, float], end: tuple[float, float]) -> None:
    # A line straight down past other boxes would be hidden by them: it goes round.
    hidden = start[0] == end[0] and start[1] - end[1] > DOWN
    ax.annotate(
        "",
        xy=(end[0], end[1] + 0.28 * DOWN),
        xytext=(start[0], start[1] - 0.2 * DOWN),
        arrowprops={
            "arrowstyle": "-|>",
            "color": "gray",
            "connectionstyle": "arc3,rad=0.5" if hidden else "arc3",
        },
    )
