"""Inputs for every op of the core: one line a case, for values, gradients and determinism."""

from __future__ import annotations

from array_cases import indexing_cases, reduction_cases, shaping_cases, softmax_cases
from control_cases import control_cases
from conv_cases import conv_op_cases
from elementwise_cases import binary_cases, derivative_cases, predicate_cases, unary_cases
from equation_cases import equation_cases
from op_case import Case
from product_cases import product_cases
from random_cases import random_cases
from recurrent_cases import recurrent_cases
from update_cases import update_cases
from vision_cases import vision_cases


def all_cases(known: list[str]) -> list[Case]:
    """Return every case; `known` are the core's op names."""
    return [
        *unary_cases(),
        *derivative_cases(known),
        *binary_cases(),
        *predicate_cases(),
        *reduction_cases(),
        *shaping_cases(),
        *indexing_cases(),
        *product_cases(),
        *softmax_cases(),
        *random_cases(),
        *update_cases(),
        *vision_cases(),
        *recurrent_cases(),
        *conv_op_cases(),
        *control_cases(),
        *equation_cases(),
    ]
