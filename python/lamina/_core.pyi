"""The compiled core: graphs, plans, variables and the loop over batches."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

class Variable:
    """State that outlives plans: one aligned block of memory with a shape and dtype."""

    def __init__(self, value: Array, name: str = "") -> None: ...
    @property
    def shape(self) -> tuple[int, ...]: ...
    @property
    def dtype(self) -> str: ...
    @property
    def name(self) -> str: ...
    def numpy(self) -> Array: ...
    def assign(self, value: Array) -> None: ...

def draw_seed(state: Variable) -> int:
    """Return an integer in [0, 2^63) drawn from a random state, int64 (2,), which counts on."""

class Graph:
    """A pure dataflow graph; values are integers handed out by its methods."""

    def __init__(self) -> None: ...
    def input(self, shape: Sequence[int], dtype: str) -> int: ...
    def constant(self, value: Array) -> int: ...
    def read(self, variable: Variable) -> int: ...
    def write(self, variable: Variable, value: int) -> None: ...
    def apply(
        self, op: str, inputs: Sequence[int], attributes: Mapping[str, AttributeValue] = ...
    ) -> tuple[int, ...]: ...
    def shape(self, value: int) -> tuple[int, ...]: ...
    def dtype(self, value: int) -> str: ...
    def gradients(
        self, target: int, sources: Sequence[int], seed: int | None = None
    ) -> list[int | None]: ...
    def compile(self, outputs: Sequence[int]) -> Plan: ...

class Function:
    """A graph with its ends in order, for an op to hold: a loop's body, a branch.

    It reads no variables. Called on arrays it computes its outputs.
    """

    def __init__(self, graph: Graph, inputs: Sequence[int], outputs: Sequence[int]) -> None: ...
    def __call__(self, *inputs: Array) -> list[Array]: ...

AttributeValue = bool | int | float | str | Sequence[int] | Sequence[float] | Sequence[Function]

class Plan:
    """A compiled graph: a list of steps over planned memory."""

    def run(self, inputs: Sequence[Array]) -> list[Array]: ...
    def profile(
        self, inputs: Sequence[Array], repeats: int = 100, workers: int = 1
    ) -> list[tuple[str, float]]:
        """Return each step's op and its median time on so many workers, in nanoseconds.

        Variables change as in any run.
        """
    @property
    def steps(self) -> list[str]: ...
    @property
    def arena_bytes(self) -> int: ...
    @property
    def live_bytes(self) -> int: ...
    @property
    def workers(self) -> int: ...

class Recall:
    """The plans of earlier calls, found again by the arguments.

    wrapper: a class that holds one array as its attribute `_array`; calls then take such objects
    as well as arrays, and return them. finite: leave arrays with NaN or infinity to the caller.
    tensors: how many positional arguments, the first ones, are inputs of plans, arrays or numbers;
    all unless it is given. Other arguments are built into plans.
    """

    def __init__(
        self, wrapper: type | None = None, finite: bool = False, tensors: int = ...
    ) -> None: ...
    def remember(
        self,
        arguments: Sequence[Any],
        plan: Plan,
        reversed: Sequence[bool] = ...,
        keywords: dict[str, Any] = ...,
    ) -> None:
        """Let calls like this run the plan, unless an argument is of no kind that can be told.

        Arguments are the plan's inputs in order, arrays and numbers, and what is built into it:
        numbers, strings, None, and lists and tuples of them. reversed: which inputs lie in memory
        as their transposes, which the plan takes instead.
        """
    def forget(self) -> None: ...
    @property
    def call(self) -> Callable[..., Any]:
        """A function that runs the plan for its arguments; None where nothing is remembered.

        It returns one output, or a tuple of several, and None also while this thread describes a
        graph.
        """

def all_finite(array: Array) -> bool:
    """Return whether no element is NaN or infinite."""

def forget_recalled() -> None:
    """Let every `Recall` forget what it remembers."""

class Loop:
    """Runs plans over batches of rows of arrays that share their first dimension.

    `arrays` are the plan's inputs in order, C-contiguous, in the plan's dtypes. `plan` takes
    batches of `batch` rows; `tail` (needed when rows % batch != 0) takes the short last batch.
    `outputs`, when given, receive the plan's outputs row block by row block (predict).
    """

    def __init__(
        self,
        arrays: Sequence[Array],
        batch: int,
        plan: Plan,
        tail: Plan | None = None,
        outputs: Sequence[Array] = (),
    ) -> None: ...
    def begin(self, order: Array | None = None, seed: int | None = None) -> None:
        """Rewind to the first batch; rows in `order`, shuffled by `seed`, or as they are."""
    def run(self, batches: int = ..., seconds: float = ...) -> int:
        """Run up to `batches` batches, for about `seconds`; return how many ran.

        0 means that the epoch is over.
        """
    def run_epochs(
        self, epochs: int, seed: int | None, finish: Plan, seconds: float = ...
    ) -> NDArray[np.float64]:
        """Run up to `epochs` whole epochs for about `seconds`; each ends with `finish`.

        Epoch e of these is shuffled by `seed` + e; without a seed, rows come as they are.

        `finish` has no inputs and float64 scalar outputs: a row of them is returned for each
        finished epoch. Call again with the rest until all are done; an epoch that was cut by
        the clock is continued by the next call.
        """

def plan_of(
    op: str, inputs: Sequence[Array], attributes: Mapping[str, AttributeValue] = ...
) -> Plan:
    """Return the plan of one operation for arrays like these."""

def apply(
    op: str, inputs: Sequence[Array], attributes: Mapping[str, AttributeValue] = ...
) -> list[Array]:
    """Compute one op on arrays at once, by a plan that is not kept."""

def op_names() -> list[str]: ...
def set_num_threads(count: int) -> None: ...
def get_num_threads() -> int: ...
def thread_reason() -> str:
    """Return why that many threads.

    One of 'OMP_NUM_THREADS', 'affinity mask', 'cgroup quota', 'set_num_threads', 'fork'.
    """

def set_parallel_grain(nanoseconds: float) -> None:
    """Set the work that is worth one more worker, for plans compiled from now on.

    0: every step uses all workers, which tests that results do not depend on their number.
    """

def set_block_rows(rows: int) -> None:
    """Set how many rows a plan takes at a time, if they do not depend on each other.

    For plans compiled from now on. 0: as many as a cache has room for; all, where that holds them.
    """

def isa() -> str: ...
def available_isas() -> list[str]: ...
def set_isa(name: str) -> None:
    """Choose the instruction set of plans compiled from now on.

    The environment variable LAMINA_ISA chooses it from the start.
    """

def fma_peak(seconds: float) -> float:
    """Measure float32 multiply-adds of all threads together, in GFLOP/s, for about `seconds`."""

def build_info() -> dict[str, str]:
    """Return version, compiler, flags."""

def set_tracing(tracing: bool) -> None:
    """Say whether this thread describes a graph."""
