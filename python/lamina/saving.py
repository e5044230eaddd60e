"""Saving and loading: models in files, and how loading knows your own classes and functions."""

from lamina.models.saving import load_model, load_weights, save_model, save_weights
from lamina.registry import deserialize as deserialize_keras_object
from lamina.registry import serialize as serialize_keras_object
from lamina.utils.own_objects import (
    custom_object_scope,
    get_custom_objects,
    register_keras_serializable,
    register_serializable,
)

__all__ = [
    "custom_object_scope",
    "deserialize_keras_object",
    "get_custom_objects",
    "load_model",
    "load_weights",
    "register_keras_serializable",
    "register_serializable",
    "save_model",
    "save_weights",
    "serialize_keras_object",
]
