"""Functions composed of the core's: inverse hyperbolic and error functions, roots, logarithms."""

from __future__ import annotations

import math

from lamina.ops._apply import apply_one, to_common, to_floating, to_tensor
from lamina.ops.arithmetic import equal, floor_divide, maximum, minimum, where
from lamina.ops.math import absolute, clip, erf, exp, log, log1p, sign, sin, sqrt, square
from lamina.symbolic import compiled_operation, operation
from lamina.tensor import TensorBase, TensorLike

__all__ = [
    "arccosh",
    "arcsinh",
    "arctanh",
    "cbrt",
    "cdist",
    "deg2rad",
    "erfc",
    "erfinv",
    "exp2",
    "fabs",
    "fmax",
    "fmin",
    "fmod",
    "heaviside",
    "hypot",
    "isneginf",
    "isposinf",
    "logaddexp",
    "logaddexp2",
    "rad2deg",
    "sinc",
    "trunc",
]


@compiled_operation
def arcsinh(x: TensorLike) -> TensorBase:
    """Return the inverse of sinh, sign(x) ln(|x| + √(x² + 1))."""
    tensor = to_floating(x)
    size = absolute(tensor)
    small = minimum(size, 1e4)  # beyond, ln 2|x| is exact and x² may overflow
    near = log1p(small + square(small) / (1 + sqrt(1 + square(small))))
    return sign(tensor) * where(size > 1e4, log(maximum(size, 1.0)) + math.log(2), near)


@compiled_operation
def arccosh(x: TensorLike) -> TensorBase:
    """Return the inverse of cosh, ln(x + √(x² - 1)), NaN below 1."""
    above = to_floating(x) - 1
    small = minimum(above, 1e4)
    near = log1p(small + sqrt(small) * sqrt(small + 2))
    return where(above > 1e4, log(maximum(above + 1, 1.0)) + math.log(2), near)


@compiled_operation
def arctanh(x: TensorLike) -> TensorBase:
    """Return the inverse of tanh, ln((1 + x) / (1 - x)) / 2, NaN outside [-1, 1]."""
    tensor = to_floating(x)
    return sign(tensor) * 0.5 * log1p(2 * absolute(tensor) / (1 - absolute(tensor)))


@compiled_operation
def cbrt(x: TensorLike) -> TensorBase:
    """Return the cube root, of negative numbers too."""
    tensor = to_floating(x)
    return sign(tensor) * absolute(tensor) ** (1 / 3)


@compiled_operation
def exp2(x: TensorLike) -> TensorBase:
    """Return 2^x."""
    tensor = to_floating(x)
    return apply_one("power", *to_common(2.0, tensor))


@compiled_operation
def erfc(x: TensorLike) -> TensorBase:
    """Return 1 - erf(x)."""
    return 1 - erf(x)


# Coefficients for |x| up to about 0.9966 and beyond, the highest power first.
_ERFINV_CENTRE = (
    *(2.81022636e-08, 3.43273939e-07, -3.5233877e-06, -4.39150654e-06, 2.1858087e-04),
    *(-1.25372503e-03, -4.17768164e-03, 0.246640727, 1.50140941),
)
_ERFINV_TAIL = (
    *(-2.00214257e-04, 1.00950558e-04, 1.34934322e-03, -3.67342844e-03, 5.73950773e-03),
    *(-7.6224613e-03, 9.43887047e-03, 1.00167406, 2.83297682),
)


@compiled_operation
def erfinv(x: TensorLike) -> TensorBase:
    """Return the inverse of erf (Giles 2012, then Newton's steps), NaN outside [-1, 1]."""
    tensor = to_floating(x)
    w = -log1p(-square(tensor))
    centre, tail = w - 2.5, sqrt(maximum(w, 5.0)) - 3

    def polynomial(t: TensorBase, coefficients: tuple[float, ...]) -> TensorBase:
        total = t * 0 + coefficients[0]
        for coefficient in coefficients[1:]:
            total = total * t + coefficient
        return total

    near = polynomial(minimum(centre, 2.5), _ERFINV_CENTRE)
    y = tensor * where(w < 5, near, polynomial(tail, _ERFINV_TAIL))
    for _ in range(2 if tensor.dtype == "float64" else 1):
        error = (erf(y) - tensor) * (math.sqrt(math.pi) / 2)
        y = where(absolute(tensor) < 1, y - error * exp(square(clip(y, -6.0, 6.0))), y)
    return where(absolute(tensor) == 1, tensor * math.inf, y)


@compiled_operation
def hypot(x1: TensorLike, x2: TensorLike) -> TensorBase:
    """Return √(x1² + x2²), without overflow between."""
    a, b = (to_floating(x) for x in to_common(x1, x2))
    largest = apply_one("stop_gradient", maximum(absolute(a), absolute(b)))
    scale = where(largest == 0, 1.0, largest)
    return scale * sqrt(square(a / scale) + square(b / scale))


@compiled_operation
def logaddexp(x1: TensorLike, x2: TensorLike) -> TensorBase:
    """Return ln(e^x1 + e^x2), without overflow."""
    a, b = (to_floating(x) for x in to_common(x1, x2))
    apart = where(equal(a, b), 0.0, absolute(a - b))  # equal infinities are not NaN apart
    return maximum(a, b) + log1p(exp(-apart))


@compiled_operation
def logaddexp2(x1: TensorLike, x2: TensorLike) -> TensorBase:
    """Return log2(2^x1 + 2^x2), without overflow."""
    a, b = (to_floating(x) for x in to_common(x1, x2))
    return logaddexp(a * math.log(2), b * math.log(2)) / math.log(2)


@compiled_operation
def fabs(x: TensorLike) -> TensorBase:
    """Return |x| as a floating tensor."""
    return absolute(to_floating(x))


@compiled_operation
def fmax(x1: TensorLike, x2: TensorLike) -> TensorBase:
    """Return the larger of the two, the other one where one is NaN."""
    a, b = to_common(x1, x2)
    return where(a != a, b, where(b != b, a, maximum(a, b)))


@compiled_operation
def fmin(x1: TensorLike, x2: TensorLike) -> TensorBase:
    """Return the smaller of the two, the other one where one is NaN."""
    a, b = to_common(x1, x2)
    return where(a != a, b, where(b != b, a, minimum(a, b)))


@compiled_operation
def fmod(x1: TensorLike, x2: TensorLike) -> TensorBase:
    """Return the remainder of a division that is cut off: it has x1's sign."""
    a, b = to_common(x1, x2)
    return sign(a) * (absolute(a) - absolute(b) * floor_divide(absolute(a), absolute(b)))


@compiled_operation
def trunc(x: TensorLike) -> TensorBase:
    """Return x without its fraction."""
    tensor = to_tensor(x)
    if not tensor.dtype.startswith("float"):
        return tensor
    return sign(tensor) * apply_one("floor", absolute(tensor))


@compiled_operation
def heaviside(x1: TensorLike, x2: TensorLike) -> TensorBase:
    """Return 0 where x1 is negative, 1 where it is positive, x2 where it is 0."""
    a, b = to_common(x1, x2)
    return where(a == 0, b, where(a < 0, 0, where(a > 0, 1, a)))


@compiled_operation
def sinc(x: TensorLike) -> TensorBase:
    """Return sin(πx) / (πx), 1 at 0."""
    angle = to_floating(x) * math.pi
    safe = where(angle == 0, 1.0, angle)
    return where(angle == 0, 1.0, sin(safe) / safe)


@compiled_operation
def deg2rad(x: TensorLike) -> TensorBase:
    """Return degrees in radians."""
    return to_floating(x) * (math.pi / 180)


@compiled_operation
def rad2deg(x: TensorLike) -> TensorBase:
    """Return radians in degrees."""
    return to_floating(x) * (180 / math.pi)


@operation
def isposinf(x: TensorLike) -> TensorBase:
    """Return whether each element is +∞."""
    return equal(x, math.inf)


@operation
def isneginf(x: TensorLike) -> TensorBase:
    """Return whether each element is -∞."""
    return equal(x, -math.inf)


@operation
def cdist(x: TensorLike, y: TensorLike) -> TensorBase:
    """Return the Euclidean distances between the rows of x (m, d) and y (n, d), (m, n)."""
    from lamina.ops.reduction import sum
    from lamina.ops.shaping import expand_dims

    a, b = (to_floating(v) for v in to_common(x, y))
    squares = sum(square(expand_dims(a, -2) - expand_dims(b, -3)), axis=-1)
    safe = where(squares == 0, 1.0, squares)  # the root's slope at 0 is infinite
    return where(squares == 0, 0.0, sqrt(safe))
