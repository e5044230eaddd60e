"""Functions of two tensors, element by element; shapes broadcast as NumPy's do."""

from __future__ import annotations

from lamina.ops._apply import apply_one, cast, to_common, to_floating, to_numeric, to_tensor
from lamina.symbolic import compiled_operation
from lamina.tensor import TensorBase, TensorLike

__all__ = [
    "add",
    "arctan2",
    "divide",
    "divide_no_nan",
    "equal",
    "floor_divide",
    "greater",
    "greater_equal",
    "isclose",
    "less",
    "less_equal",
    "logical_and",
    "logical_or",
    "logical_xor",
    "maximum",
    "minimum",
    "mod",
    "multiply",
    "not_equal",
    "power",
    "subtract",
    "true_divide",
    "where",
]


def _arithmetic(op: str, x1: TensorLike, x2: TensorLike) -> TensorBase:
    return apply_one(op, *(to_numeric(x) for x in to_common(x1, x2)))


def _floating(op: str, x1: TensorLike, x2: TensorLike) -> TensorBase:
    return apply_one(op, *(to_floating(x) for x in to_common(x1, x2)))


def _logical(op: str, x1: TensorLike, x2: TensorLike) -> TensorBase:
    return apply_one(op, cast(to_tensor(x1), "bool"), cast(to_tensor(x2), "bool"))


@compiled_operation
def add(x1: TensorLike, x2: TensorLike) -> TensorBase:
    """Return x1 + x2."""
    return _arithmetic("add", x1, x2)


@compiled_operation
def subtract(x1: TensorLike, x2: TensorLike) -> TensorBase:
    """Return x1 - x2."""
    return _arithmetic("subtract", x1, x2)


@compiled_operation
def multiply(x1: TensorLike, x2: TensorLike) -> TensorBase:
    """Return x1 x2."""
    return _arithmetic("multiply", x1, x2)


@compiled_operation
def divide(x1: TensorLike, x2: TensorLike) -> TensorBase:
    """Return x1 / x2, of integers in floatx."""
    return _floating("divide", x1, x2)


@compiled_operation
def divide_no_nan(x1: TensorLike, x2: TensorLike) -> TensorBase:
    """Return x1 / x2, and 0 where x2 is 0."""
    return _floating("divide_no_nan", x1, x2)


@compiled_operation
def floor_divide(x1: TensorLike, x2: TensorLike) -> TensorBase:
    """Return x1 / x2 rounded down; of integers, 0 where x2 is 0."""
    return _arithmetic("floor_divide", x1, x2)


@compiled_operation
def mod(x1: TensorLike, x2: TensorLike) -> TensorBase:
    """Return what floor_divide leaves, of the sign of x2."""
    return _arithmetic("mod", x1, x2)


@compiled_operation
def power(x1: TensorLike, x2: TensorLike) -> TensorBase:
    """Return x1 to the power x2."""
    if isinstance(x2, (int, float)) and x2 == 2:
        return apply_one("square", to_common(x1, x2)[0])
    return _arithmetic("power", x1, x2)


@compiled_operation
def maximum(x1: TensorLike, x2: TensorLike) -> TensorBase:
    """Return the larger of each pair, NaN where either is."""
    return _arithmetic("maximum", x1, x2)


@compiled_operation
def minimum(x1: TensorLike, x2: TensorLike) -> TensorBase:
    """Return the smaller of each pair, NaN where either is."""
    return _arithmetic("minimum", x1, x2)


@compiled_operation
def arctan2(x1: TensorLike, x2: TensorLike) -> TensorBase:
    """Return the angle in (-π, π] of the point with x = x2 and y = x1."""
    return _floating("arctan2", x1, x2)


@compiled_operation
def equal(x1: TensorLike, x2: TensorLike) -> TensorBase:
    """Return where x1 == x2."""
    return apply_one("equal", *to_common(x1, x2))


@compiled_operation
def not_equal(x1: TensorLike, x2: TensorLike) -> TensorBase:
    """Return where x1 != x2."""
    return apply_one("not_equal", *to_common(x1, x2))


@compiled_operation
def less(x1: TensorLike, x2: TensorLike) -> TensorBase:
    """Return where x1 < x2."""
    return apply_one("less", *to_common(x1, x2))


@compiled_operation
def less_equal(x1: TensorLike, x2: TensorLike) -> TensorBase:
    """Return where x1 <= x2."""
    return apply_one("less_equal", *to_common(x1, x2))


@compiled_operation
def greater(x1: TensorLike, x2: TensorLike) -> TensorBase:
    """Return where x1 > x2."""
    return apply_one("greater", *to_common(x1, x2))


@compiled_operation
def greater_equal(x1: TensorLike, x2: TensorLike) -> TensorBase:
    """Return where x1 >= x2."""
    return apply_one("greater_equal", *to_common(x1, x2))


@compiled_operation
def logical_and(x1: TensorLike, x2: TensorLike) -> TensorBase:
    """Return where both are true (not 0)."""
    return _logical("logical_and", x1, x2)


@compiled_operation
def logical_or(x1: TensorLike, x2: TensorLike) -> TensorBase:
    """Return where either is true (not 0)."""
    return _logical("logical_or", x1, x2)


@compiled_operation
def logical_xor(x1: TensorLike, x2: TensorLike) -> TensorBase:
    """Return where exactly one is true (not 0)."""
    return _logical("logical_xor", x1, x2)


@compiled_operation
def where(condition: TensorLike, x1: TensorLike, x2: TensorLike) -> TensorBase:
    """Return x1 where the condition holds, x2 elsewhere; all three broadcast."""
    return apply_one("where", cast(to_tensor(condition), "bool"), *to_common(x1, x2))


@compiled_operation
def isclose(
    x1: TensorLike, x2: TensorLike, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> TensorBase:
    """Return where |x1 - x2| <= atol + rtol |x2|, or both are the same infinity."""
    a, b = (to_floating(x) for x in to_common(x1, x2))
    bound = atol + rtol * apply_one("abs", b)
    close = logical_and(less_equal(apply_one("abs", a - b), bound), apply_one("isfinite", b))
    close = logical_or(close, equal(a, b))
    if equal_nan:
        close = logical_or(close, logical_and(apply_one("isnan", a), apply_one("isnan", b)))
    return close


true_divide = divide
