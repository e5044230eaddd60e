"""Helpers around training: seeds, threads, labels, splits, your own classes."""

from typing import TYPE_CHECKING

from lamina import _lazy

if TYPE_CHECKING:
    from lamina.data.batches import pack_x_y_sample_weight as pack_x_y_sample_weight
    from lamina.data.batches import unpack_x_y_sample_weight as unpack_x_y_sample_weight
    from lamina.utils.dataset import split_dataset as split_dataset
    from lamina.utils.naming import clear_session as clear_session
    from lamina.utils.numerical import normalize as normalize
    from lamina.utils.numerical import to_categorical as to_categorical
    from lamina.utils.own_objects import custom_object_scope as custom_object_scope
    from lamina.utils.own_objects import get_custom_objects as get_custom_objects
    from lamina.utils.own_objects import register_keras_serializable as register_keras_serializable
    from lamina.utils.own_objects import register_serializable as register_serializable
    from lamina.utils.plotting import plot_model as plot_model
    from lamina.utils.seeding import set_random_seed as set_random_seed
    from lamina.utils.sequences import PyDataset as PyDataset
    from lamina.utils.sequences import Sequence as Sequence
    from lamina.utils.sequences import pad_sequences as pad_sequences
    from lamina.utils.sequences import (
        timeseries_dataset_from_array as timeseries_dataset_from_array,
    )
    from lamina.utils.threads import get_num_threads as get_num_threads
    from lamina.utils.threads import set_num_threads as set_num_threads

# Late, because everything else in Lamina needs `lamina.utils.naming` first.
__getattr__, __dir__, __all__ = _lazy.exports(
    __name__,
    names={
        "data.batches": ("pack_x_y_sample_weight", "unpack_x_y_sample_weight"),
        "utils.dataset": ("split_dataset",),
        "utils.naming": ("clear_session",),
        "utils.numerical": ("normalize", "to_categorical"),
        "utils.own_objects": (
            "custom_object_scope",
            "get_custom_objects",
            "register_keras_serializable",
            "register_serializable",
        ),
        "utils.plotting": ("plot_model",),
        "utils.seeding": ("set_random_seed",),
        "utils.sequences": (
            *("PyDataset", "Sequence"),
            *("pad_sequences", "timeseries_dataset_from_array"),
        ),
        "utils.threads": ("get_num_threads", "set_num_threads"),
    },
)
