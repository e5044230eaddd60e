"""Helpers around training: seeds, threads, labels, splits, names, your own classes."""

from typing import TYPE_CHECKING

from lamina import _lazy

if TYPE_CHECKING:
    from lamina.registry import custom_object_scope, register_serializable
    from lamina.utils.dataset import split_dataset
    from lamina.utils.numerical import normalize, to_categorical
    from lamina.utils.seeding import set_random_seed
    from lamina.utils.threads import get_num_threads, set_num_threads

__all__ = [
    "custom_object_scope",
    "get_num_threads",
    "normalize",
    "register_serializable",
    "set_num_threads",
    "set_random_seed",
    "split_dataset",
    "to_categorical",
]

# Imported when asked for: `lamina.utils.naming` is needed before anything else of Lamina can be.
__getattr__, __dir__ = _lazy.exports(
    __name__,
    {
        "custom_object_scope": "lamina.registry",
        "get_num_threads": "lamina.utils.threads",
        "normalize": "lamina.utils.numerical",
        "register_serializable": "lamina.registry",
        "set_num_threads": "lamina.utils.threads",
        "set_random_seed": "lamina.utils.seeding",
        "split_dataset": "lamina.utils.dataset",
        "to_categorical": "lamina.utils.numerical",
    },
)
