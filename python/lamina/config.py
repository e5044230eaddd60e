"""Settings of the whole process: the default floating dtype, epsilon, checks of data."""

from __future__ import annotations

_FLOATS = ("float32", "float64")

_floatx = "float32"
_epsilon = 1e-7
_check_numerics = True


def floatx() -> str:
    """Return the dtype of weights and results unless asked otherwise: "float32" or "float64"."""
    return _floatx


def set_floatx(value: str) -> None:
    """Set the default floating dtype; what exists keeps its own."""
    global _floatx
    if value not in _FLOATS:
        raise ValueError(f"set_floatx: expected one of {', '.join(_FLOATS)}, received {value!r}")
    _floatx = str(value)
    _forget_recalled()


def epsilon() -> float:
    """Return the small number that keeps divisions and logarithms finite (1e-7)."""
    return _epsilon


def set_epsilon(value: float) -> None:
    """Set the small number; functions and models compiled before keep theirs."""
    global _epsilon
    if not value > 0:
        raise ValueError(f"set_epsilon: expected a number > 0, received {value!r}")
    _epsilon = float(value)
    _forget_recalled()


def check_numerics() -> bool:
    """Return whether `fit`, `evaluate` and `predict` refuse NaN and infinity in their data."""
    return _check_numerics


def set_check_numerics(value: bool) -> None:
    """Let NaN and infinity in data through (False), or refuse them (True, the default)."""
    global _check_numerics
    _check_numerics = bool(value)


def _forget_recalled() -> None:
    """Describe operations on arrays anew: they depend on these settings."""
    from lamina import _core

    _core.forget_recalled()
