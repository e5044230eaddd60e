"""The metrics that a model was compiled with, over all of its outputs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from lamina import metrics
from lamina.models.compiled_loss import check_identifiers
from lamina.models.outputs import OutputNames, flatten_outputs
from lamina.tensor import TensorBase


class _Entry(NamedTuple):
    metric: Any
    output: int
    key: str  # its name in the logs
    weighted: bool


class CompiledMetrics:
    """Metrics of each output: `metrics` count samples alike, `weighted_metrics` by their weight.

    Each argument is one metric or a list; with several outputs also a list or dict that holds one
    or a list for each. A name or function given alone serves every output. Before they have seen
    data, which says what "accuracy" is, they can be used as one metric, whose result is a dict.
    """

    name = "compile_metrics"

    def __init__(self, plain: Any, weighted: Any) -> None:
        self._given = (("metrics", plain), ("weighted_metrics", weighted))
        self.entries: list[_Entry] | None = None
        for _, given in self._given:
            check_identifiers(given, metrics.resolve)

    def update_state(
        self,
        y: Any,
        y_pred: Any,
        sample_weight: Any = None,
        names: Sequence[str] | None = None,
        present: Sequence[bool] | None = None,
    ) -> None:
        """Add a batch to every metric; `present` says which outputs `y` is about, if not all."""
        if not self.given:
            return
        outputs, tensors = flatten_outputs(y_pred, names)
        targets = outputs.align(y, "y", present)
        weights = outputs.align(sample_weight, "sample_weight", present)
        if self.entries is None:
            self.entries = list(self._build(outputs, targets, tensors))
        for metric, output, _, weighted in self.entries:
            weight = weights[output] if weighted else None
            try:
                metric.update_state(targets[output], tensors[output], weight)
            except ValueError as error:
                raise ValueError(
                    f"metric {metric.name!r} of output {outputs.names[output]!r}: {error}"
                ) from error

    @property
    def given(self) -> bool:
        """Whether there are any metrics."""
        return any(given for _, given in self._given)

    def reset_state(self) -> None:
        """Start all metrics anew."""
        for entry in self.entries or ():
            entry.metric.reset_state()

    def result(self) -> dict[str, Any]:
        """Return the results of all metrics by their names in the logs."""
        return {entry.key: entry.metric.result() for entry in self.entries or ()}

    def _build(
        self, outputs: OutputNames, targets: list[Any], tensors: list[TensorBase]
    ) -> Iterator[_Entry]:
        taken: set[str] = set()
        for argument, given in self._given:
            weighted = argument == "weighted_metrics"
            for output, identifiers in enumerate(_per_output(given, outputs, argument)):
                name = outputs.names[output]
                for identifier in identifiers:
                    if targets[output] is None:
                        raise ValueError(
                            f"{argument}: output {name!r} has a metric but no targets in y"
                        )
                    shapes = targets[output].shape, tensors[output].shape
                    metric = metrics.resolve(identifier, *shapes)
                    prefix = f"{name}_" if len(outputs) > 1 else ""
                    key = _unique(prefix, metric.name, weighted, taken)
                    taken.add(key)
                    yield _Entry(metric, output, key, weighted)


def _per_output(given: Any, outputs: OutputNames, argument: str) -> list[list[Any]]:
    """Return the list of identifiers of each output."""
    if len(outputs) == 1:
        return [_flat(given)]
    if given is None or isinstance(given, (list, tuple, dict)):
        return [_flat(item) for item in outputs.align(given, argument)]
    if isinstance(given, metrics.Metric):
        raise ValueError(
            f"{argument}: {given.name!r} cannot count {len(outputs)} outputs at once; "
            "pass a list or dict with one metric for each"
        )
    return [[given] for _ in range(len(outputs))]


def _flat(given: Any) -> list[Any]:
    if isinstance(given, dict):
        given = list(given.values())
    if isinstance(given, (list, tuple)):
        return [identifier for item in given for identifier in _flat(item)]
    return [] if given is None else [given]


def _unique(prefix: str, name: str, weighted: bool, taken: set[str]) -> str:
    key = prefix + name
    if weighted and key in taken:
        key = f"{prefix}weighted_{name}"
    unique, count = key, 0
    while unique in taken:
        count += 1
        unique = f"{key}_{count}"
    return unique
