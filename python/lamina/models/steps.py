"""The steps of a model, compiled: one plan for each kind of step and signature of the data."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from lamina import _core, nest, ops
from lamina.data import ArrayData, pack_x_y_sample_weight
from lamina.tensor import TracedTensor
from lamina.trace import Trace
from lamina.variable import Variable

if TYPE_CHECKING:
    from lamina._core import Plan
    from lamina.models.compiled_loss import Judgement
    from lamina.models.model import Model


# A plan holds memory; batches that never repeat a size must not pile them up.
_MOST_STEPS = 64


class Step(NamedTuple):
    """A compiled step over batches of one shape."""

    plan: Plan
    outputs: Any = None  # structure of the outputs, of a prediction
    types: tuple[tuple[tuple[int, ...], str], ...] = ()  # shape and dtype of each
    judgement: Judgement | None = None

    def check(self, data: ArrayData) -> None:
        """Raise ValueError for targets that the loss cannot take."""
        if self.judgement is not None:
            self.judgement.check(data.y)


class Results(NamedTuple):
    """A plan that reads the metrics."""

    plan: Plan
    names: list[str]
    scalars: bool  # whether every result is one number

    def logs(self) -> dict[str, Any]:
        """Return the metrics so far by name: floats, arrays where a metric has several values."""
        values = self.plan.run([])
        return {
            name: float(value) if value.ndim == 0 else value
            for name, value in zip(self.names, values, strict=True)
        }


class Steps:
    """The compiled steps of a model; made anew by `compile` and when its structure changes."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._steps: dict[Any, Step] = {}
        self._results: dict[Any, Results] = {}
        self._predictions = _core.Recall(finite=True)  # of one array from one array
        self.recall_prediction = self._predictions.call
        self._data_options: dict[str, Any] = {}
        self._own_logs: dict[str, dict[str, Variable]] = {}  # what overridden steps return, by kind

    def data_options(self) -> dict[str, Any]:
        """Return what `array_data` should know of the model."""
        if not self._data_options and self._model.built:
            inputs = getattr(self._model, "inputs", None) or []
            names = getattr(self._model, "output_names", None) or []
            dtype = str(inputs[0].dtype) if inputs else ""
            self._data_options = {
                "inputs": len(inputs) or None,
                "outputs": len(names) or None,
                "float_dtype": dtype if dtype.startswith("float") else None,
            }
        return self._data_options

    def get(self, kind: str, data: ArrayData, rows: int) -> Step:
        """Return the "train", "test" or "predict" step for batches of so many rows of `data`."""
        key = (kind, rows, data.signature)
        step = self._steps.get(key)
        if step is None:
            step = self._steps[key] = getattr(self, f"_compile_{kind}")(data, rows)
            if len(self._steps) > _MOST_STEPS:
                del self._steps[next(iter(self._steps))]
                self._predictions.forget()
        return step

    def predict(self, data: ArrayData) -> Any:
        """Return what the model predicts for all rows of `data` at once."""
        step = self.get("predict", data, data.rows)
        if isinstance(data.x, np.ndarray) and step.outputs is None:
            self._predictions.remember([data.x], step.plan)
        return nest.pack_as(step.outputs, step.plan.run(data.arrays))

    def results(self, kind: str, reset: bool = False) -> Results:
        """Return the plan that reads (and may then reset) the metrics after steps of a kind."""
        key = (kind, reset)
        if key not in self._results:
            self._results[key] = self._compile_results(kind, reset)
        return self._results[key]

    def _build(self, kind: str, data: ArrayData, rows: int) -> bool:
        """Make the model's weights, if that is still to be done, by a trace thrown away.

        Returns False where that is left to a step of the user's own: it may train parts of a model
        that cannot be called on the data, or at all.
        """
        if not self._model.built:
            if self._model.overrides(f"{kind}_step"):
                return False
            _trace(lambda x, y, w: self._model(x), data, rows)
        return True

    def _compile_train(self, data: ArrayData, rows: int) -> Step:
        model = self._model
        if model.optimizer is None and not model.overrides("train_step"):
            raise ValueError("cannot train: the model was compiled with optimizer=None")
        if self._build("train", data, rows) and model.optimizer is not None:
            model.optimizer.build(model.trained_variables())
        return self._compile_judged("train", model.train_step, data, rows)

    def _compile_test(self, data: ArrayData, rows: int) -> Step:
        self._build("test", data, rows)
        return self._compile_judged("test", self._model.test_step, data, rows)

    def _compile_judged(
        self, kind: str, step: Callable[[Any], Any], data: ArrayData, rows: int
    ) -> Step:
        def run(x: Any, y: Any, sample_weight: Any) -> None:
            logs = step(pack_x_y_sample_weight(x, y, sample_weight))
            if logs is None:
                return
            own = self._model.overrides(f"{kind}_step")
            if own or set(logs) != set(self._model.get_metrics_result()):
                self._keep(kind, logs)

        trace, _ = _trace(run, data, rows)
        loss = self._model.compiled_loss
        return Step(trace.compile([]), judgement=None if loss is None else loss.judgement)

    def _keep(self, kind: str, logs: dict[str, Any]) -> None:
        # The last values of what a step of the user's own returns are what is reported.
        kept = self._own_logs.setdefault(kind, {})
        for name, value in logs.items():
            value = ops.cast(value, "float64")
            if name not in kept:
                kept[name] = Variable(np.zeros(value.shape), trainable=False, name=name)
            kept[name].assign(value)

    def _compile_predict(self, data: ArrayData, rows: int) -> Step:
        self._build("predict", data, rows)
        step = self._model.predict_step
        trace, outputs = _trace(lambda x, y, w: step(pack_x_y_sample_weight(x)), data, rows)
        structure = nest.map_structure(lambda _: None, outputs)
        leaves = [trace.lift(leaf) for leaf in nest.flatten(outputs)]
        return Step(trace.compile(leaves), structure, tuple((y.shape, y.dtype) for y in leaves))

    def _compile_results(self, kind: str, reset: bool) -> Results:
        trace = Trace()
        with trace:
            own = self._own_logs.get(kind)
            results = dict(own) if own else _flat(self._model.get_metrics_result())
            names = sorted(results)
            values = [trace.lift(ops.cast(results[name], "float64")) for name in names]
            if reset:
                self._model.reset_metrics()
        return Results(trace.compile(values), names, all(value.ndim == 0 for value in values))


def _trace(
    function: Callable[[Any, Any, Any], Any], data: ArrayData, rows: int
) -> tuple[Trace, Any]:
    """Trace function(x, y, sample_weight) for batches of `rows` rows of `data`."""
    trace = Trace()

    def enter(leaf: Any) -> TracedTensor | None:
        return None if leaf is None else trace.input((rows, *leaf.shape[1:]), leaf.dtype.name)

    with trace:
        leaves = [enter(leaf) for leaf in nest.flatten(data.parts)]
        outputs = function(*nest.pack_as(data.parts, leaves))
    return trace, outputs


def _flat(results: dict[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in results.items():
        flat.update(_flat(value) if isinstance(value, dict) else {name: value})
    return flat
