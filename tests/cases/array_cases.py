"""Cases of the ops that reduce, rearrange and index arrays."""

from __future__ import annotations

from op_case import Case, booleans, case, distinct, integers, values

AXES: list[list[int]] = [[], [0], [-1], [1], [0, 2], [0, 1, 2]]


def reduction_cases() -> list[Case]:
    """Return the cases of reductions and running sums."""
    cases = []
    for keepdims in (False, True):
        for axes in AXES:
            for name in ("sum", "mean", "prod", "max", "min", "logsumexp"):
                draws = values(3, 4, 5, low=-2, high=2)
                cases.append(case(name, draws, axes=axes, keepdims=keepdims))
            for name in ("any", "all"):
                cases.append(case(name, booleans(3, 4, 5), axes=axes, keepdims=keepdims))
        for axis in (0, 1, -1):
            for name in ("argmax", "argmin"):
                cases.append(case(name, integers(0, 4, 3, 4, 70), axis=axis, keepdims=keepdims))
    for shape in [(1,), (1000,), (3000, 3), (3, 3000), (1, 65), (65, 1)]:
        for axes in [[], [0], [-1]]:
            cases += [
                case(n, values(*shape), axes=axes) for n in ("sum", "mean", "max", "logsumexp")
            ]
    cases += [
        case("sum_blocks", values(rows, 96), blocks=b) for rows in (0, 1, 700) for b in (1, 3)
    ]
    cases += [case("sum", values(0, 3), axes=[0]), case("sum", integers(0, 9, 5, 4), axes=[1])]
    cases += [case("sum", booleans(5, 4), axes=[0]), case("mean", values(1), axes=[])]
    cases += [
        case("cumsum", values(4, 67), axis=a, reverse=r) for a in (0, 1) for r in (False, True)
    ]
    return cases


def shaping_cases() -> list[Case]:
    """Return the cases of ops that move elements about."""
    x = values(3, 4, 5)
    return [
        case("identity", x),
        case("stop_gradient", x),
        case("reshape", x, shape=[5, 12]),
        case("reshape", x, shape=[3, -1]),
        case("transpose", x, axes=[2, 0, 1]),
        case("transpose", values(33, 65), axes=[1, 0]),
        case("transpose", x, axes=[0, 2, 1]),
        case("broadcast_to", values(3, 1, 5), shape=[2, 3, 4, 5]),
        case("broadcast_to", values(), shape=[7]),
        *[case("concatenate", x, values(3, 2, 5), values(3, 0, 5), axis=a) for a in (1, -2)],
        case("slice", x, begin=[0, 1, 4], end=[3, 4, 5], step=[1, 1, 1]),
        case("slice", x, begin=[0, 0, 1], end=[3, 4, 5], step=[2, 3, 2]),
        case("pad", x, before=[0, 1, 2], after=[1, 0, 0], value=7.0),
        case("pad", x, before=[0, 1, 2], after=[0, 0, 3]),
        case("pad", x, before=[0, 1, 2], after=[1, 0, 0], interior=[2, 0, 1]),
        case("flip", x, axes=[0, 2]),
        case("where", booleans(3, 1, 5), values(4, 5), values(1)),
        *[case("cast", values(4, 5), dtype=d) for d in ("float64", "float32", "int32", "bool")],
        *[
            case("cast", integers(0, 3, 4), dtype=d)
            for d in ("float32", "float64", "bool", "uint8")
        ],
    ]


def indexing_cases() -> list[Case]:
    """Return the cases of gathering, scattering and sorting."""
    x = values(6, 4, 5)
    return [
        case("bounded", integers(-1, 7, 4, 3), low=-1, high=7),
        case("bounded", values(4, 3, low=-1.9, high=6.9), low=-1, high=7),
        *[case("take", x, integers(-4, 4, 3, 2), axis=a) for a in (0, 1, -1)],
        case("take", values(5), integers(-9, 9, 40), axis=0),
        case("scatter_add", integers(0, 6, 9), values(9, 4), shape=[6, 4]),
        case("scatter_add", integers(0, 6, 3, 2), values(3, 2), shape=[6]),
        case("one_hot", integers(-2, 7, 4, 3), num_classes=5, dtype="float32"),
        case("take_along_axis", x, integers(0, 4, 6, 3, 5), axis=1),
        case("scatter_along_axis", integers(0, 9, 6, 4, 5), x, axis=1, size=9),
        *[case("top_k", distinct(6, 4, 5), k=k) for k in (1, 3, 5)],
        case("top_k", integers(0, 3, 4, 9), k=4),
        *[
            case("sort", distinct(6, 4, 5), axis=a, descending=d)
            for a in (0, -1)
            for d in (False, True)
        ],
        *[
            case("argsort", integers(0, 3, 4, 9), axis=a, descending=d)
            for a in (0, 1)
            for d in (False, True)
        ],
        *[  # long enough to be sorted by digits
            case(op, integers(-400, 400, 300, 3, dtype=dtype), axis=0, descending=d)
            for op, dtype in (("sort", "int64"), ("argsort", "int32"), ("argsort", "float64"))
            for d in (False, True)
        ],
    ]


def softmax_cases() -> list[Case]:
    """Return the cases of softmax and the cross-entropies of logits and of probabilities."""
    cases = []
    for shape in [(1, 1), (5, 10), (3, 67), (0, 4), (2, 3, 130)]:
        n = shape[-1]
        x, rows = values(*shape), shape[:-1]
        cases += [case(name, x) for name in ("softmax", "log_softmax")]
        cases += [case(f"{name}_grad", x, values(*shape)) for name in ("softmax", "log_softmax")]
        cases += [case("softmax_crossentropy", x, values(*shape, low=0, high=1))]
        cases += [
            case("softmax_crossentropy_grad", x, values(*shape, low=0, high=1), values(*rows))
        ]
        cases += [case("sparse_softmax_crossentropy", x, integers(0, n, *rows))]
        cases += [case("sparse_softmax_crossentropy_grad", x, integers(0, n, *rows), values(*rows))]
        # The second epsilon clips, though nothing lies near it.
        for epsilon in (1e-7, 0.4 / n):
            p = values(*shape, low=0.1, high=1)
            dense, sparse = values(*shape, low=0, high=1), integers(0, n, *rows)
            for name, target in (("crossentropy", dense), ("sparse_crossentropy", sparse)):
                cases += [case(name, p, target, epsilon=epsilon)]
                cases += [case(f"{name}_grad", p, target, values(*rows), epsilon=epsilon)]
    cases += [case(n, values(3, 4, 5), axis=a) for n in ("softmax", "log_softmax") for a in (0, 1)]
    return cases
