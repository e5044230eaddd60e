"""Cases of the ops that hold functions; their bodies are of integers, exact in any dtype."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lamina import _core
from op_case import Array, Case, case, integers

Graph = _core.Graph


def add(graph: Graph, *values: int) -> int:
    return graph.apply("add", values)[0]


def running(*shape: int) -> _core.Function:
    """Return (carry, x, constant) to (carry + x * constant, that, x): a body with two results."""
    graph = Graph()
    carry, x, constant = (graph.input(shape, "int32") for _ in range(3))
    total = add(graph, carry, graph.apply("multiply", [x, constant])[0])
    return _core.Function(graph, [carry, x, constant], [total, total, x])


def doubling() -> _core.Function:
    """Return (go on, x, limit) to (2 x < limit, 2 x): a body with a condition."""
    graph = Graph()
    more, x, limit = graph.input((), "bool"), graph.input((3,), "int32"), graph.input((), "int32")
    twice = add(graph, x, x)
    largest = graph.apply("max", [twice], {"axes": [0]})[0]
    less = graph.apply("less", [largest, limit])[0]
    return _core.Function(graph, [more, x, limit], [less, twice])


def trading() -> _core.Function:
    """Return (a, b) to (b, a)."""
    graph = Graph()
    a, b = graph.input((2,), "int32"), graph.input((2,), "int32")
    return _core.Function(graph, [a, b], [b, a])


def product_rule() -> _core.Function:
    """Return (x, dy) to (x dy,): for a result and a source of one type, and x beside them."""
    graph = Graph()
    x, dy = graph.input((3,), "int32"), graph.input((3,), "int32")
    return _core.Function(graph, [x, dy], [graph.apply("multiply", [x, dy])[0]])


def scalar_rule() -> _core.Function:
    """Return (x, y) to (x y + x, int64 of y)."""
    graph = Graph()
    x, y = graph.input((), "int32"), graph.input((), "int32")
    sum_ = add(graph, graph.apply("multiply", [x, y])[0], x)
    return _core.Function(graph, [x, y], [sum_, graph.apply("cast", [y], {"dtype": "int64"})[0]])


def constant(*numbers: int) -> Callable[[np.random.Generator], Array]:
    """Return a drawer of given numbers."""
    return lambda rng: np.array(numbers if len(numbers) != 1 else numbers[0], np.int32)


def control_cases() -> list[Case]:
    """Return the cases of loops and choices."""
    cases = []
    for shape in [(), (1,), (7, 33), (0,)]:
        for length in (0, 1, 2, 5):
            for reverse in (False, True):
                draws = (
                    integers(-9, 9, *shape),
                    integers(-9, 9, length, *shape),
                    integers(-9, 9, *shape),
                )
                attributes = {"carries": 1, "sequences": 1, "length": length, "reverse": reverse}
                body = [running(*shape)]
                if length > 0:
                    cases.append(case("loop", *draws, body=body, **attributes))
                    cases.append(case("loop", *draws, body=body, history=[], **attributes))
                counted = {"counted": True, "history": [], **attributes}
                for trips in (1, 3, 9)[: 3 if length else 0]:
                    cases.append(case("loop", *draws, constant(trips), body=body, **counted))
    yes = lambda rng: np.array(True)  # noqa: E731
    for limit in (0, 5, 100):
        for length in (-1, 4):
            draws = yes, integers(1, 3, 3), constant(limit)
            attributes = {"carries": 2, "length": length, "history": [], "conditional": True}
            cases.append(case("loop", *draws, body=[doubling()], **attributes))
    for length in (1, 2, 3):
        draws = constant(1, 2), constant(3, 4)
        cases.append(case("loop", *draws, body=[trading()], carries=2, length=length))
    branches = [trading(), trading()]
    graph = Graph()
    a, b = graph.input((2,), "int32"), graph.input((2,), "int32")
    branches.append(_core.Function(graph, [a, b], [add(graph, a, b), a]))
    for index in (-1, 0, 2, 7):
        draws = constant(index), constant(1, 2), constant(3, 4)
        cases.append(case("switch", *draws, branches=branches))
    draws = [integers(-9, 9, 3) for _ in range(3)]
    cases.append(case("scalars", constant(7), constant(-3), body=[scalar_rule()]))
    attributes = {"gradient": [product_rule()], "results": 1, "sources": 1}
    cases.append(case("with_gradient", *draws, **attributes))
    return cases
