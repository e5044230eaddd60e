"""The steps of training, evaluation and prediction, which are traced into plans."""

from __future__ import annotations

from typing import Any

from lamina import nest, ops
from lamina.data import unpack_x_y_sample_weight
from lamina.models.compiling import Compilable
from lamina.tensor import TensorBase
from lamina.trace import grad


class Stepping(Compilable):
    """The part of a model that says what happens to one batch.

    Its methods are traced once for each signature of the data: their Python does not run again.
    """

    def train_step(self, data: Any) -> dict[str, Any] | None:
        """Compute one batch's loss, update the weights and the metrics; may be overridden.

        data: x, (x, y) or (x, y, sample_weight) of traced tensors; (x,) for an x that is a list.
        An override composes `lamina.ops`, `lamina.grad(loss, variables)` and
        `self.optimizer.apply(gradients, variables)`, of this optimizer or others, and returns what
        is to be reported by name. A model with a step of its own needs no `call` to be trained.
        """
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        y_pred = self(x, training=True)
        loss = self.compute_loss(x, y, y_pred, sample_weight, training=True)
        self._track_loss(loss, x)
        variables = self.trained_variables()
        if variables:
            self.optimizer.apply(grad(loss, variables), variables)
        return self.compute_metrics(x, y, y_pred, sample_weight)

    def test_step(self, data: Any) -> dict[str, Any] | None:
        """Compute one batch's loss and update the metrics; may be overridden as `train_step`."""
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        y_pred = self(x, training=False)
        self._track_loss(self.compute_loss(x, y, y_pred, sample_weight, training=False), x)
        return self.compute_metrics(x, y, y_pred, sample_weight)

    def predict_step(self, data: Any) -> Any:
        """Compute one batch's predictions; may be overridden as `train_step`."""
        x, _, _ = unpack_x_y_sample_weight(data)
        return self(x, training=False)

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> TensorBase:
        """Return the compiled loss plus what layers and regularizers add; may be overridden."""
        terms = [ops.sum(loss) for loss in self.losses]
        if self.compiled_loss is not None:
            total = self.compiled_loss(y, y_pred, sample_weight, self.output_names)
            if total is not None:
                terms.insert(0, total)
        if not terms:
            if training:
                raise ValueError("fit: there is no loss to minimize; give compile a loss")
            return ops.convert_to_tensor(0.0)
        return sum(terms[1:], terms[0])

    def compute_metrics(
        self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None
    ) -> dict[str, Any]:
        """Add a batch to the compiled metrics and return all results; may be overridden."""
        if self._compiled_metrics is not None:
            judgement = self.compiled_loss.judgement if self.compiled_loss is not None else None
            present = None if judgement is None else judgement.present
            self._compiled_metrics.update_state(
                y, y_pred, sample_weight, self.output_names, present
            )
        return self.get_metrics_result()

    def overrides(self, method: str) -> bool:
        """Return whether a subclass has its own version of a method of this class."""
        return getattr(type(self), method) is not getattr(Stepping, method)

    def _track_loss(self, loss: TensorBase, x: Any) -> None:
        rows = next(leaf.shape[0] for leaf in nest.leaves(x) if leaf is not None)
        assert self._loss_tracker is not None
        self._loss_tracker.update_state(loss, sample_weight=rows)
