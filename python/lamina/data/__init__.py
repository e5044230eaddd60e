"""From what users have to what the core reads: conversion and validation of data."""

from lamina.data.arrays import ArrayData, array_data
from lamina.data.batches import (
    BatchData,
    is_batches,
    pack_x_y_sample_weight,
    refuse_beside_batches,
    unpack_x_y_sample_weight,
    warn_exhausted,
)
from lamina.data.convert import to_array

__all__ = [
    "ArrayData",
    "BatchData",
    "array_data",
    "is_batches",
    "pack_x_y_sample_weight",
    "refuse_beside_batches",
    "to_array",
    "unpack_x_y_sample_weight",
    "warn_exhausted",
]
