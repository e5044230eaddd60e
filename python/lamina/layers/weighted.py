"""What layers with weights share: how each weight starts and what holds it."""

from __future__ import annotations

from typing import Any

from lamina import constraints, initializers, regularizers
from lamina.layers.base import Layer
from lamina.layers.input_spec import Shape
from lamina.variable import Variable


class Weighted(Layer):
    """A layer whose weights have options: an initializer, a regularizer and a constraint each.

    They are attributes under Keras's names: `kernel_initializer`, `kernel_regularizer`, ... Each
    layer spells its signature, which its config, its repr and the reader's editor go by.
    """

    def _set_options(
        self, prefix: str, initializer: Any, regularizer: Any, constraint: Any
    ) -> None:
        """Keep the options of a weight, given as names, configs or objects."""
        setattr(self, f"{prefix}_initializer", initializers.get(initializer))
        setattr(self, f"{prefix}_regularizer", regularizers.get(regularizer))
        setattr(self, f"{prefix}_constraint", constraints.get(constraint))

    def _add(
        self,
        prefix: str,
        shape: tuple[int | None, ...],
        name: str | None = None,
        initializer: Any = None,
    ) -> Variable:
        """Make the weight that has the options of `prefix`; its name is the prefix by default."""
        return self.add_weight(
            shape,
            initializer or getattr(self, f"{prefix}_initializer"),
            regularizer=getattr(self, f"{prefix}_regularizer"),
            constraint=getattr(self, f"{prefix}_constraint"),
            name=name or prefix,
        )

    def _features(self, input_shape: Shape) -> int:
        """Return the size of the last axis; raise ValueError if it is not known."""
        features = input_shape[-1]
        if features is None:
            raise ValueError(
                f"{self._title}: expected a known number of features (last axis), "
                f"received shape {input_shape}"
            )
        return features
