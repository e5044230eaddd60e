"""What `compile` sets up: the optimizer, the loss and the metrics."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, cast

import lamina  # its metrics and optimizers are loaded when a model is compiled
from lamina import registry
from lamina.models.steps import Steps

if TYPE_CHECKING:
    from lamina.metrics import Mean
    from lamina.models.compiled_loss import CompiledLoss
    from lamina.models.compiled_metrics import CompiledMetrics
    from lamina.models.model import Model


class Compilable:
    """The part of a model that knows what to minimize, how, and what to measure."""

    if TYPE_CHECKING:  # what the model itself gives
        built: bool

        @property
        def losses(self) -> list[Any]: ...
        @property
        def trainable_variables(self) -> list[Any]: ...
        @property
        def output_names(self) -> list[str] | None: ...
        def __call__(self, *args: Any, **kwargs: Any) -> Any: ...
        def _own_metrics(self) -> list[Any]: ...

    compiled = False
    optimizer: Any = None
    loss: Any = None
    compiled_loss: CompiledLoss | None = None
    stop_training = False
    _compiled_metrics: CompiledMetrics | None = None
    _loss_tracker: Mean | None = None
    _compile_config: dict[str, Any] | None = None
    _trained: list[Any] | None = None
    _known_steps: Steps | None = None

    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: bool | str = "auto",
        auto_scale_loss: bool = True,
    ) -> None:
        """Choose the optimizer, the loss and the metrics.

        optimizer: an Optimizer or its name.
        loss: a Loss, its name, or a function of (y_true, y_pred) composing `lamina.ops`; with
        several outputs a list or dict (by output name) of them, None where one is not judged.
        loss_weights: the factors of the outputs' losses in their sum.
        metrics: one or a list of names, functions and Metrics; with several outputs a list or dict
        with one entry for each. "accuracy" becomes binary, sparse or categorical accuracy by the
        shapes of y and output.
        weighted_metrics: the same, weighted by sample_weight and class_weight.
        Layers whose `trainable` changes later need a new `compile` to be heeded.

        run_eagerly, steps_per_execution, jit_compile and auto_scale_loss are accepted and have no
        effect: every step is compiled, and as many as possible run at once.

        Raises ValueError for unknown names, with the nearest known; nothing is changed then.
        """
        from lamina.models.compiled_loss import CompiledLoss
        from lamina.models.compiled_metrics import CompiledMetrics

        given = {
            "optimizer": optimizer,
            "loss": loss,
            "loss_weights": loss_weights,
            "metrics": metrics,
            "weighted_metrics": weighted_metrics,
        }
        chosen = lamina.optimizers.get(optimizer)
        compiled_loss = None if loss is None else CompiledLoss(loss, loss_weights)
        compiled_metrics = CompiledMetrics(metrics, weighted_metrics)

        self.optimizer, self.loss = chosen, loss
        self.compiled_loss, self._compiled_metrics = compiled_loss, compiled_metrics
        self._loss_tracker = lamina.metrics.Mean(name="loss")
        self._compile_config = given | {"optimizer": chosen}
        self._trained = None
        self.stop_training = False
        self.compiled = True
        self._forget_plans()

    def _forget_plans(self) -> None:
        """Drop what was compiled; called when the structure of the model changes."""
        self._known_steps = None

    @property
    def _steps(self) -> Steps:
        if self._known_steps is None:
            self._known_steps = Steps(cast("Model", self))
        return self._known_steps

    def _require_compiled(self, method: str) -> None:
        if not self.compiled:
            raise ValueError(
                f"{method}: the model has no optimizer and loss yet; "
                "call compile(optimizer=..., loss=...) before"
            )

    def trained_variables(self) -> list[Any]:
        """Return the weights that are trained: those trainable when the first step was compiled."""
        if self._trained is None:
            self._trained = list(self.trainable_variables)
        return self._trained

    # Metrics

    @property
    def metrics(self) -> list[Any]:
        """The metrics: of the loss, each output's loss, `compile`, the model and its layers.

        May be overridden, to say which are reported and start anew with every epoch.
        """
        metrics = list(self._named_metrics().values())
        pending = self._compiled_metrics
        if pending is not None and pending.entries is None and pending.given:
            metrics.append(pending)  # for steps of the user's own, which add batches to all of them
        return metrics

    @property
    def metrics_names(self) -> list[str]:
        """The names of the metrics, as `evaluate` lists their values."""
        return list(self._named_metrics())

    def _named_metrics(self) -> dict[str, Any]:
        named: dict[str, Any] = {}
        if self._loss_tracker is not None:
            named["loss"] = self._loss_tracker
        if self.compiled_loss is not None:
            named.update((tracker.name, tracker) for tracker in self.compiled_loss.trackers)
        if self._compiled_metrics is not None:
            named.update(
                (entry.key, entry.metric) for entry in self._compiled_metrics.entries or ()
            )
        for metric in self._own_metrics():
            if not any(metric is known for known in named.values()):
                named.setdefault(metric.name, metric)
        return named

    def get_metrics_result(self) -> dict[str, Any]:
        """Return the results of all metrics by name."""
        results: dict[str, Any] = {}
        names = {id(metric): name for name, metric in self._named_metrics().items()}
        for metric in self.metrics:
            result, name = metric.result(), names.get(id(metric), metric.name)
            results.update(result if isinstance(result, dict) else {name: result})
        return results

    def reset_metrics(self) -> None:
        """Start all metrics anew."""
        for metric in self.metrics:
            metric.reset_state()

    def metric_direction(self, name: str) -> str | None:
        """Return "min" or "max", the better direction of a loss or metric; None if not known."""
        if name == "loss" or name.endswith("_loss"):
            return "min"
        direction = getattr(self._named_metrics().get(name), "_direction", None)
        return {"up": "max", "down": "min"}.get(direction or "")

    # Saving

    def get_compile_config(self) -> dict[str, Any]:
        """Return the arguments of `compile` as JSON can hold them; empty if it was not called."""
        config = self._compile_config or {}
        return {name: registry.serialize(value) for name, value in config.items()}

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compile the model by what `get_compile_config` returned.

        A model with a compile() of its own that overrides neither is left uncompiled, with a
        warning.
        """
        kind = type(self)
        known = kind.get_compile_config is Compilable.get_compile_config
        if known and kind.compile is not Compilable.compile:
            warnings.warn(
                f"{kind.__name__}: not compiled, as its compile() is its own; call it, or override "
                f"get_compile_config() and compile_from_config()",
                stacklevel=2,
            )
            return
        kinds = {"optimizer": registry.optimizers, "loss": registry.losses}
        self.compile(
            **{
                name: _restore(value, kinds.get(name, registry.metrics))
                for name, value in config.items()
            }
        )
        if self.built and self.optimizer is not None:
            self.optimizer.build(self.trained_variables())


def _restore(value: Any, kind: registry.Registry) -> Any:
    """Return the objects that configs describe, and users' own functions for their names."""
    if isinstance(value, dict) and "class_name" in value:
        return kind.deserialize(value)
    if isinstance(value, dict):
        return {name: _restore(item, kind) for name, item in value.items()}
    if isinstance(value, list):
        return [_restore(item, kind) for item in value]
    if isinstance(value, str) and value not in ("accuracy", "acc", "crossentropy", "ce"):
        # Names of the library stay names: "mse" reports as mse. Others are found now, while loading
        # knows them.
        found = kind.find(value)
        return value if kind.name_of(found) else found
    return value
