"""The outputs of a model in a row: their names, and what users gave for each of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lamina.tensor import TensorBase


class OutputNames:
    """Names of a model's outputs, in order, and the sorting of users' arguments by them."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = list(names)

    def __len__(self) -> int:
        return len(self.names)

    def align(self, given: Any, argument: str, present: Sequence[bool] | None = None) -> list[Any]:
        """Return what `given` (None, one thing, a list or a dict by name) holds for each output.

        present: which outputs a list may be about, when it is shorter than all of them.
        """
        count = len(self)
        if given is None:
            return [None] * count
        if isinstance(given, dict):
            for name in given:
                if name not in self.names:
                    raise ValueError(
                        f"{argument}: no output is named {name!r}; "
                        f"the outputs are {', '.join(self.names)}"
                    )
            return [given.get(name) for name in self.names]
        if present is not None and sum(present) == 1 and not isinstance(given, (list, tuple)):
            given = [given]
        if isinstance(given, (list, tuple)):
            if len(given) == count:
                return list(given)
            if present is not None and len(given) == sum(present):
                items = iter(given)
                return [next(items) if wanted else None for wanted in present]
            raise ValueError(
                f"{argument}: expected one entry for each of the {count} outputs "
                f"({', '.join(self.names)}), received {len(given)}"
            )
        if count == 1:
            return [given]
        raise ValueError(
            f"{argument}: expected a list or dict with one entry for each of the {count} outputs "
            f"({', '.join(self.names)}), received one {type(given).__name__}"
        )


def flatten_outputs(
    y_pred: Any, names: Sequence[str] | None
) -> tuple[OutputNames, list[TensorBase]]:
    """Return the names and tensors of outputs given as a tensor, a list or a dict.

    A dict goes in the order of `names` where those are its keys, else by sorted keys. Outputs of
    models without names are called output_1, output_2 ...
    """
    if isinstance(y_pred, dict):
        keys = list(names) if names is not None and set(names) == set(y_pred) else sorted(y_pred)
        return OutputNames(keys), [y_pred[key] for key in keys]
    tensors = list(y_pred) if isinstance(y_pred, (list, tuple)) else [y_pred]
    if names is None or len(names) != len(tensors):
        names = [f"output_{i + 1}" for i in range(len(tensors))]
    return OutputNames(names), tensors
