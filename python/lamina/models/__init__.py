"""Models: stacks and graphs of layers that train, predict, and go to files and back."""

from typing import TYPE_CHECKING

from lamina import _lazy
from lamina.models.functional import Functional as Functional
from lamina.models.model import Model as Model
from lamina.models.model import model_from_json as model_from_json
from lamina.models.sequential import Sequential as Sequential

if TYPE_CHECKING:
    from lamina.models.cloning import clone_model as clone_model
    from lamina.models.rbm import RBM as RBM
    from lamina.models.saving import load_model as load_model
    from lamina.models.saving import save_model as save_model

__getattr__, __dir__, _offered = _lazy.exports(
    __name__,
    names={
        "models.cloning": ("clone_model",),
        "models.rbm": ("RBM",),
        "models.saving": ("load_model", "save_model"),
    },
)
__all__ = ["Functional", "Model", "Sequential", "model_from_json", *_offered]
