"""From functions of flat lists of tensors to the core's `loop` and `switch`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from lamina.ops._apply import to_tensor
from lamina.ops._body import Body
from lamina.tensor import TensorBase, TracedTensor
from lamina.trace import Trace

Tensors: TypeAlias = Sequence[TensorBase]
# From carries and one element of each sequence to the next carries and results.
Step: TypeAlias = Callable[[list[TracedTensor], list[TracedTensor]], tuple[Tensors, Tensors]]


def loop(
    name: str,
    trace: Trace,
    step: Step,
    carries: Tensors,
    sequences: Tensors = (),
    own: int = 0,
    **attributes: Any,
) -> tuple[list[TracedTensor], list[TracedTensor]]:
    """Return the carries after the last step, and the stacked results of all.

    own: how many carries, the first ones, are not the caller's, who counts without them.
    attributes: those of the operation `loop` of docs/ops.md. Variables that the step writes are
    carried along, and written at the end.
    """
    lifted, elements = [trace.lift(x) for x in carries], [trace.lift(x) for x in sequences]
    body = Body(trace)
    with body:
        inner = [body.input(x.shape, x.dtype) for x in lifted]
        inner_elements = [body.input(x.shape[1:], x.dtype) for x in elements]
        following, results = (
            [body.lift(to_tensor(x)) for x in tensors] for tensors in step(inner, inner_elements)
        )
    for i, (before, after) in enumerate(zip(inner, following, strict=True)):
        _check_alike(f"{name}: value {i - own} that goes from step to step", before, after)
    state = body.written
    constants, captured = body.only_read, body.captured
    function = body.function(
        [
            *inner,
            *(body.initial(v) for v in state),
            *inner_elements,
            *(body.capture(x) for x in captured),
            *(body.initial(v) for v in constants),
        ],
        [*following, *(body.read(v) for v in state), *results],
    )
    outputs = trace.apply(
        "loop",
        [
            *lifted,
            *(trace.read(v) for v in state),
            *elements,
            *captured,
            *(trace.read(v) for v in constants),
        ],
        {
            "body": [function],
            "carries": len(lifted) + len(state),
            "sequences": len(elements),
            **attributes,
        },
    )
    for variable, value in zip(state, outputs[len(lifted) :], strict=False):
        trace.write(variable, value)
    first = len(lifted) + len(state)
    return list(outputs[: len(lifted)]), list(outputs[first : first + len(results)])


def switch(
    name: str, trace: Trace, index: TensorBase, branches: Mapping[str, Callable[[], Tensors]]
) -> list[TracedTensor]:
    """Return the results of the branch with a number, int32; only that one is computed.

    branches: by what to call them. Variables that any branch writes are results too, and written at
    the end.
    """
    bodies, results = [], []
    for branch in branches.values():
        body = Body(trace)
        with body:
            results.append([body.lift(to_tensor(x)) for x in branch()])
        bodies.append(body)
    first = next(iter(branches))
    for label, found in zip(branches, results, strict=True):
        for j, (expected, received) in enumerate(zip(results[0], found, strict=True)):
            _check_alike(f"{name}: result {j} of {label}", expected, received, f"as of {first}")
    captured = {x.value: x for body in bodies for x in body.captured}.values()
    used = list(dict.fromkeys(v for body in bodies for v in body.used))
    state = list(dict.fromkeys(v for body in bodies for v in body.written))
    functions = [
        body.function(
            [*map(body.capture, captured), *map(body.initial, used)],
            [*found, *map(body.read, state)],
        )
        for body, found in zip(bodies, results, strict=True)
    ]
    inputs = [trace.lift(index), *captured, *map(trace.read, used)]
    outputs = trace.apply("switch", inputs, {"branches": functions})
    count = len(results[0])
    for variable, value in zip(state, outputs[count:], strict=True):
        trace.write(variable, value)
    return list(outputs[:count])


def _check_alike(
    what: str, expected: TensorBase, received: TensorBase, when: str = "as before"
) -> None:
    if (expected.shape, expected.dtype) != (received.shape, received.dtype):
        raise ValueError(
            f"{what}: expected {expected.dtype} {expected.shape} {when}, "
            f"received {received.dtype} {received.shape}"
        )
