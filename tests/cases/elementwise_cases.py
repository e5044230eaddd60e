"""Cases of the ops that compute element by element."""

from __future__ import annotations

from typing import Any

import numpy as np

from lamina.reference.unary import FUNCTIONS
from op_case import Case, booleans, case, integers, values

SHAPES = [(), (1,), (67,), (3, 5), (0, 4), (2, 3, 129), (40, 60)]
DOMAINS = {  # where a function is defined and its slope is tame
    "sqrt": (0.1, 5),
    "rsqrt": (0.2, 5),
    "log": (0.1, 9),
    "log2": (0.1, 9),
    "log10": (0.1, 9),
    "log1p": (-0.8, 9),
    "arcsin": (-0.95, 0.95),
    "arccos": (-0.95, 0.95),
    "tan": (-1.3, 1.3),
    "reciprocal": (0.3, 4),
    "clip": (-4, 4),
}
PARAMETERS: dict[str, list[dict[str, Any]]] = {
    "relu": [{}, {"negative_slope": 0.2}, {"max_value": 1.0, "threshold": 0.0}],
    "elu": [{}, {"alpha": 0.5}],
    "clip": [{"min": -1.0, "max": 2.0}, {"max": 0.5}],
}


def unary_cases() -> list[Case]:
    """Return the cases of every function of one variable."""
    cases = []
    for name in FUNCTIONS:
        low, high = DOMAINS.get(name, (-4, 4))
        for shape in SHAPES:
            for parameters in PARAMETERS.get(name, [{}]):
                cases.append(case(name, values(*shape, low=low, high=high), **parameters))
    return cases


def derivative_cases(known: list[str]) -> list[Case]:
    """Return the cases of the derivatives of those functions, as far as the core has them."""
    cases = []
    for name, row in FUNCTIONS.items():
        low, high = DOMAINS.get(name, (-4, 4))
        if row.via == "y":
            low, high = (0.05, 0.9)
        for op in (f"{name}_grad", f"{name}_grad2"):
            if op in known:
                for parameters in PARAMETERS.get(name, [{}]):
                    draws = values(9, 7, low=low, high=high), values(9, 7)
                    cases.append(case(op, *draws, **parameters))
    return cases


PAIRS = [
    ((), ()),
    ((4, 5), (4, 5)),
    ((4, 5), (5,)),
    ((4, 1), (1, 5)),
    ((3, 1, 7), (4, 1)),
    ((130,), ()),
    ((0, 3), (3,)),
    ((5, 1), (1, 0)),
]


def binary_cases() -> list[Case]:
    """Return the cases of every function of two variables."""
    cases = []
    for a, b in PAIRS:
        for name in ("add", "subtract", "multiply", "maximum", "minimum", "sigmoid_crossentropy"):
            cases.append(case(name, values(*a), values(*b)))
        for name in ("divide", "divide_no_nan", "mod", "floor_divide"):
            cases.append(case(name, values(*a), values(*b, low=0.6, high=3)))
        for name in ("power", "arctan2"):
            cases.append(case(name, values(*a, low=0.2, high=3), values(*b)))
        for name in ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal"):
            cases.append(case(name, integers(0, 3, *a), integers(0, 3, *b)))
        for name in ("logical_and", "logical_or", "logical_xor"):
            cases.append(case(name, booleans(*a), booleans(*b)))
    for name in ("add", "subtract", "multiply", "floor_divide", "mod", "maximum", "power"):
        for dtype in ("int32", "int64"):
            draws = integers(-9, 9, 5, 3, dtype=dtype), integers(1, 4, 3, dtype=dtype)
            cases.append(case(name, *draws))
    return cases


def predicate_cases() -> list[Case]:
    """Return the cases of the predicates."""
    odd = np.array([0.0, -0.0, np.nan, np.inf, -np.inf, 1e-40, 3.0])
    return [case(name, lambda rng: odd) for name in ("isnan", "isinf", "isfinite")] + [
        case("logical_not", booleans(5, 3))
    ]
