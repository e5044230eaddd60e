"""The base class of losses, and how per-sample losses become one number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from lamina import ops
from lamina.ops._apply import to_floating
from lamina.registry import Configurable
from lamina.tensor import TensorBase, mask_of
from lamina.trace import current_trace
from lamina.utils.naming import auto_name

_REDUCTIONS = ("sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none", None)


class Loss(Configurable):
    """Measure how far predictions are from targets; a subclass overrides `call`.

    reduction: "sum_over_batch_size" (the same as "mean": weighted sum / number of samples), "sum",
    "mean_with_sample_weight" (weighted sum / sum of weights), or "none" for the per-sample losses.
    dtype: what targets and predictions are cast to; None computes in the predictions' dtype.
    """

    def __init__(
        self,
        name: str | None = None,
        reduction: str | None = "sum_over_batch_size",
        dtype: str | None = None,
    ) -> None:
        if reduction not in _REDUCTIONS:
            raise ValueError(
                f"{type(self).__name__}: expected reduction in {_REDUCTIONS}, "
                f"received {reduction!r}"
            )
        self.name = name or auto_name(type(self).__name__)
        self.reduction = reduction
        self.dtype = dtype

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> TensorBase:
        """Return the reduced loss of a batch.

        sample_weight: per sample, or of any shape that broadcasts against the per-sample losses.
        Steps that the mask which y_pred carries leaves out do not count.
        """
        carried = mask_of(y_pred)
        y_pred = to_float(y_pred, self.dtype)
        targets = self.prepare_targets(y_true, y_pred)
        if current_trace() is None:  # else who has the values checks them
            self.check_targets(np.asarray(y_true), y_pred.shape)
        losses = self.call(targets, y_pred)
        if losses is None:
            raise ValueError(f"loss {self.name!r}: expected a tensor of losses, received None")
        losses = ops.convert_to_tensor(losses)
        own = self.mask(targets, y_pred)
        mask = own if carried is None else carried if own is None else carried & own
        return reduce_weighted(losses, sample_weight, mask, self.reduction)

    def call(self, y_true: TensorBase, y_pred: TensorBase) -> TensorBase:
        """Return the losses of each sample: y_pred's shape less the reduced axis."""
        raise NotImplementedError(f"{type(self).__name__} must override call(y_true, y_pred)")

    def prepare_targets(self, y_true: Any, y_pred: TensorBase) -> TensorBase:
        """Return the targets as `call` wants them: a tensor of the predictions' dtype."""
        return ops.convert_to_tensor(y_true, y_pred.dtype)

    def mask(self, y_true: TensorBase, y_pred: TensorBase) -> TensorBase | None:
        """Return which per-sample losses count (bool); None: all of them."""
        return None

    def check_targets(self, y_true: NDArray[Any], y_pred_shape: tuple[int, ...]) -> None:
        """Raise ValueError for targets out of range, naming value, row and range."""


class FunctionLoss(Loss):
    """A loss that is a function of (y_true, y_pred): the class names it and its options."""

    fn: Callable[..., TensorBase]
    options: ClassVar[tuple[str, ...]] = ()  # attributes handed to fn by keyword

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(name or self.fn.__name__, reduction, dtype)

    def call(self, y_true: TensorBase, y_pred: TensorBase) -> TensorBase:
        return self.fn(y_true, y_pred, **{option: getattr(self, option) for option in self.options})


class LossFunctionWrapper(Loss):
    """Any function of (y_true, y_pred) composing `lamina.ops`, and keywords for it, as a loss."""

    def __init__(
        self,
        fn: Callable[..., TensorBase],
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: str | None = None,
        **options: Any,
    ) -> None:
        super().__init__(name or getattr(fn, "__name__", None), reduction, dtype)
        self.fn = fn
        self.options = options

    def call(self, y_true: TensorBase, y_pred: TensorBase) -> TensorBase:
        y_true, y_pred = squeeze_or_expand_to_same_rank(y_true, y_pred)
        return self.fn(y_true, y_pred, **self.options)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **self.options}


def to_float(x: Any, dtype: str | None = None) -> TensorBase:
    """Return x as a tensor of `dtype`; None keeps a floating dtype, others become floatx."""
    return to_floating(ops.convert_to_tensor(x, dtype))


def squeeze_or_expand_to_same_rank(
    a: TensorBase, b: TensorBase, expand_rank_1: bool = True
) -> tuple[TensorBase, TensorBase]:
    """Reconcile (n,) with (n, 1): drop or add a last axis of 1 where it makes the ranks differ."""
    if a.ndim == b.ndim + 1 and a.shape[-1] == 1:
        if b.ndim == 1 and expand_rank_1:
            b = ops.expand_dims(b, -1)
        else:
            a = ops.squeeze(a, -1)
    elif b.ndim == a.ndim + 1:
        b, a = squeeze_or_expand_to_same_rank(b, a, expand_rank_1)
    return a, b


def match(y_true: Any, y_pred: Any) -> tuple[TensorBase, TensorBase]:
    """Return both as floating tensors of one dtype; raise ValueError if their shapes differ."""
    y_pred = to_float(y_pred)
    y_true = ops.convert_to_tensor(y_true, y_pred.dtype)
    y_true, y_pred = squeeze_or_expand_to_same_rank(y_true, y_pred)
    if y_true.shape != y_pred.shape:
        raise ValueError(
            f"expected targets and predictions of the same shape, "
            f"received y_true of shape {y_true.shape} and y_pred of shape {y_pred.shape}"
        )
    return y_true, y_pred


def reduce_weighted(
    losses: TensorBase,
    sample_weight: Any = None,
    mask: TensorBase | None = None,
    reduction: str | None = "sum_over_batch_size",
) -> TensorBase:
    """Return the weighted losses, reduced to a scalar unless `reduction` is "none" or None."""
    weights = None
    if sample_weight is not None:
        weights = ops.convert_to_tensor(sample_weight, losses.dtype)
        _check_weights(weights, losses)
    if mask is not None:
        weights = merge_mask(weights, ops.cast(mask, losses.dtype), reduction)
    if weights is not None:
        losses, weights = squeeze_or_expand_to_same_rank(losses, weights)
        losses = losses * weights
    if reduction in ("none", None) or losses.ndim == 0 or losses.shape == (0,):
        return losses
    if reduction == "sum":
        return ops.sum(losses)
    if reduction == "mean_with_sample_weight" and weights is not None:
        return ops.divide_no_nan(ops.sum(losses), ops.sum(weights))
    return ops.mean(losses)


def _check_weights(weights: TensorBase, losses: TensorBase) -> None:
    one, other = squeeze_or_expand_to_same_rank(losses, weights)
    try:
        np.broadcast_shapes(one.shape, other.shape)
    except ValueError:
        per_row = weights.shape == losses.shape[:1]
        hint = f"; one weight per row goes in shape {(*weights.shape, 1)}" if per_row else ""
        raise ValueError(
            f"expected sample_weight to broadcast against losses of shape {losses.shape}, "
            f"received shape {weights.shape}{hint}"
        ) from None


def merge_mask(weights: TensorBase | None, mask: TensorBase, reduction: str | None) -> TensorBase:
    """Return weights that are 0 where the mask is; for a mean the others grow by total / valid."""
    if reduction in ("mean", "sum_over_batch_size"):
        mask = ops.divide_no_nan(mask, ops.mean(mask))
    if weights is None:
        return mask
    mask, weights = squeeze_or_expand_to_same_rank(mask, weights)
    return weights * mask
