"""How masks travel: from the tensors that carry them to a layer's `call`, and on to its outputs."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterable
from itertools import chain, repeat
from typing import Any

import numpy as np

from lamina import nest, ops
from lamina.tensor import TensorBase, mask_of, with_mask


def masks_in(structure: Any) -> Any:
    """Return the masks that a nest of tensors carries: its structure, None where there is none."""
    return nest.map_structure(mask_of, structure)


def any_in(structure: Any) -> bool:
    """Return whether a nest of tensors carries a mask."""
    return any(mask_of(leaf) is not None for leaf in nest.leaves(structure))


def put(structure: Any, masks: Iterable[Any]) -> Any:
    """Return a nest of tensors that carry `masks`, given in the order of its leaves.

    A mask that a tensor carries already, and those for which there is no mask, stay as they are.
    """

    def carry(leaf: Any, mask: Any) -> Any:
        if mask is None or mask_of(leaf) is not None or not isinstance(leaf, TensorBase):
            return leaf
        return with_mask(leaf, ops.convert_to_tensor(mask))

    leaves = nest.flatten(structure)
    return nest.pack_as(structure, map(carry, leaves, chain(masks, repeat(None))))


def takes_masks(parameters: Iterable[str]) -> bool:
    """Return whether a `call` of these parameters has one for a mask."""
    return any(name == "mask" or name.endswith("_mask") for name in parameters)


def filled(call: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Return kwargs, with the mask arguments left open taken from what the tensors carry.

    `mask` is for the only tensor (or nest of them) that `call` is given; where it is given several,
    the mask of argument `x` goes to `x_mask`.
    """
    bound = inspect.signature(call).bind(*args, **kwargs)
    bound.apply_defaults()
    given = bound.arguments
    tensors = {name: value for name, value in given.items() if _is_tensors(value)}
    if len(tensors) == 1:
        tensors = {"mask": next(iter(tensors.values()))}
    else:
        tensors = {f"{name}_mask": value for name, value in tensors.items()}
    unset = [name for name in tensors if name in given and given[name] is None]
    return {**kwargs, **{name: masks_in(tensors[name]) for name in unset}}


def _is_tensors(value: Any) -> bool:
    leaves = nest.flatten(value)
    found = [isinstance(leaf, (TensorBase, np.ndarray)) for leaf in leaves]
    return any(found) and all(ok or leaf is None for ok, leaf in zip(found, leaves, strict=True))


def passed_on(layer: Any, inputs: Any, previous: Any, outputs: Any) -> Any:
    """Return a layer's outputs with the masks that its `compute_mask` makes of the inputs' masks.

    Masks that `call` itself put on the outputs stay. Warns where a mask ends here unannounced.
    """
    leaves = nest.flatten(outputs)
    if all(mask_of(leaf) is not None for leaf in leaves):
        return outputs
    if layer.supports_masking:
        return put(outputs, nest.leaves(layer.compute_mask(inputs, previous)))
    ends = any(mask is not None for mask in nest.leaves(previous)) and not any_in(outputs)
    if ends:
        warnings.warn(
            f"{layer._title} was given input that carries a mask and does not pass it on: later "
            f"layers will count every step. Set supports_masking = True if each step of the "
            f"output belongs to the same step of the input",
            stacklevel=2,
        )
    return outputs
