"""Settings by the names that older programs use; `lamina.config` and `lamina.utils` have them."""

from lamina.config import epsilon, floatx, set_epsilon, set_floatx
from lamina.utils.naming import clear_session

__all__ = ["backend", "clear_session", "epsilon", "floatx", "image_data_format"]
__all__ += ["set_epsilon", "set_floatx"]


def backend() -> str:
    """Return the name of what computes: "lamina"."""
    return "lamina"


def image_data_format() -> str:
    """Return where images have their channels unless a layer is told otherwise: at the end."""
    return "channels_last"
