"""Functions of one tensor, element by element; integers become floatx where they have to."""

from __future__ import annotations

from lamina.dtypes import is_floating
from lamina.ops._apply import apply_one, cast, to_floating, to_numeric, to_tensor
from lamina.ops.arithmetic import maximum, minimum
from lamina.symbolic import compiled_operation
from lamina.tensor import TensorBase, TensorLike

__all__ = [
    "abs",
    "absolute",
    "arccos",
    "arcsin",
    "arctan",
    "ceil",
    "clip",
    "cos",
    "cosh",
    "erf",
    "exp",
    "expm1",
    "floor",
    "isfinite",
    "isinf",
    "isnan",
    "log",
    "log1p",
    "log2",
    "log10",
    "logical_not",
    "negative",
    "reciprocal",
    "round",
    "rsqrt",
    "sign",
    "sin",
    "sinh",
    "sqrt",
    "square",
    "stop_gradient",
    "tan",
    "tanh",
]


@compiled_operation
def absolute(x: TensorLike) -> TensorBase:
    """Return |x|."""
    return apply_one("abs", to_numeric(x))


@compiled_operation
def negative(x: TensorLike) -> TensorBase:
    """Return -x."""
    return apply_one("negative", to_numeric(x))


@compiled_operation
def sign(x: TensorLike) -> TensorBase:
    """Return -1, 0 or 1 by the sign of x."""
    return apply_one("sign", to_numeric(x))


@compiled_operation
def square(x: TensorLike) -> TensorBase:
    """Return x²."""
    return apply_one("square", to_numeric(x))


@compiled_operation
def sqrt(x: TensorLike) -> TensorBase:
    """Return √x, NaN below 0."""
    return apply_one("sqrt", to_floating(x))


@compiled_operation
def rsqrt(x: TensorLike) -> TensorBase:
    """Return 1 / √x."""
    return apply_one("rsqrt", to_floating(x))


@compiled_operation
def reciprocal(x: TensorLike) -> TensorBase:
    """Return 1 / x."""
    return apply_one("reciprocal", to_floating(x))


@compiled_operation
def exp(x: TensorLike) -> TensorBase:
    """Return e^x."""
    return apply_one("exp", to_floating(x))


@compiled_operation
def expm1(x: TensorLike) -> TensorBase:
    """Return e^x - 1, exact near 0."""
    return apply_one("expm1", to_floating(x))


@compiled_operation
def log(x: TensorLike) -> TensorBase:
    """Return ln x, NaN below 0."""
    return apply_one("log", to_floating(x))


@compiled_operation
def log1p(x: TensorLike) -> TensorBase:
    """Return ln(1 + x), exact near 0."""
    return apply_one("log1p", to_floating(x))


@compiled_operation
def log2(x: TensorLike) -> TensorBase:
    """Return the logarithm to base 2."""
    return apply_one("log2", to_floating(x))


@compiled_operation
def log10(x: TensorLike) -> TensorBase:
    """Return the logarithm to base 10."""
    return apply_one("log10", to_floating(x))


@compiled_operation
def sin(x: TensorLike) -> TensorBase:
    """Return the sine of x in radians."""
    return apply_one("sin", to_floating(x))


@compiled_operation
def cos(x: TensorLike) -> TensorBase:
    """Return the cosine of x in radians."""
    return apply_one("cos", to_floating(x))


@compiled_operation
def tan(x: TensorLike) -> TensorBase:
    """Return the tangent of x in radians."""
    return apply_one("tan", to_floating(x))


@compiled_operation
def sinh(x: TensorLike) -> TensorBase:
    """Return (e^x - e^-x) / 2."""
    return apply_one("sinh", to_floating(x))


@compiled_operation
def cosh(x: TensorLike) -> TensorBase:
    """Return (e^x + e^-x) / 2."""
    return apply_one("cosh", to_floating(x))


@compiled_operation
def tanh(x: TensorLike) -> TensorBase:
    """Return (e^x - e^-x) / (e^x + e^-x)."""
    return apply_one("tanh", to_floating(x))


@compiled_operation
def arcsin(x: TensorLike) -> TensorBase:
    """Return the angle in [-π/2, π/2] whose sine is x."""
    return apply_one("arcsin", to_floating(x))


@compiled_operation
def arccos(x: TensorLike) -> TensorBase:
    """Return the angle in [0, π] whose cosine is x."""
    return apply_one("arccos", to_floating(x))


@compiled_operation
def arctan(x: TensorLike) -> TensorBase:
    """Return the angle in [-π/2, π/2] whose tangent is x."""
    return apply_one("arctan", to_floating(x))


@compiled_operation
def erf(x: TensorLike) -> TensorBase:
    """Return the error function, 2/√π times the integral of e^(-t²) from 0 to x."""
    return apply_one("erf", to_floating(x))


@compiled_operation
def floor(x: TensorLike) -> TensorBase:
    """Return the largest whole number not above x."""
    return apply_one("floor", to_floating(x))


@compiled_operation
def ceil(x: TensorLike) -> TensorBase:
    """Return the smallest whole number not below x."""
    return apply_one("ceil", to_floating(x))


@compiled_operation
def round(x: TensorLike, decimals: int = 0) -> TensorBase:
    """Return x rounded to `decimals` places, halves to even; integers stay integers."""
    tensor = to_numeric(x)
    if not is_floating(tensor.dtype):
        return (
            cast(round(cast(tensor, "float64"), decimals), tensor.dtype) if decimals < 0 else tensor
        )
    if decimals == 0:
        return apply_one("round", tensor)
    scale = 10.0 ** (decimals if decimals > 0 else -decimals)
    if decimals > 0:
        return apply_one("round", tensor * scale) / scale
    return apply_one("round", tensor / scale) * scale


@compiled_operation
def clip(x: TensorLike, x_min: TensorLike, x_max: TensorLike) -> TensorBase:
    """Return x limited to [x_min, x_max]; the derivative is 1 there, 0 outside."""
    tensor = to_numeric(x)
    numbers = isinstance(x_min, (int, float)) and isinstance(x_max, (int, float))
    if numbers and is_floating(tensor.dtype):
        return apply_one("clip", tensor, min=float(x_min), max=float(x_max))
    return minimum(maximum(tensor, x_min), x_max)


@compiled_operation
def isnan(x: TensorLike) -> TensorBase:
    """Return where x is not a number."""
    return apply_one("isnan", to_floating(x))


@compiled_operation
def isinf(x: TensorLike) -> TensorBase:
    """Return where x is infinite, of either sign."""
    return apply_one("isinf", to_floating(x))


@compiled_operation
def isfinite(x: TensorLike) -> TensorBase:
    """Return where x is neither infinite nor NaN."""
    return apply_one("isfinite", to_floating(x))


@compiled_operation
def logical_not(x: TensorLike) -> TensorBase:
    """Return where x is false (0)."""
    return apply_one("logical_not", cast(to_tensor(x), "bool"))


@compiled_operation
def stop_gradient(variable: TensorLike) -> TensorBase:
    """Return the value as a constant: nothing is differentiated through it."""
    return apply_one("stop_gradient", to_tensor(variable))


abs = absolute
