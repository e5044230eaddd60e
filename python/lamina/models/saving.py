"""Models in files: one safetensors file of arrays, with a JSON description in its metadata.

The description (key "lamina") holds: format, version, model (architecture), build (input shapes
of a model that is not a graph), parts (those of the layers in it), weights (keys of the arrays by
layer, in order), random (keys of all other state), optimizer (keys of its variables), compile
(arguments of `compile`). Nothing in it is code.
"""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lamina import registry
from lamina.layers.base import Layer
from lamina.layers.input_spec import free_batch, map_shapes
from lamina.models.files import Array, Contents, read, write
from lamina.models.model import Model
from lamina.utils.own_objects import custom_object_scope
from lamina.variable import Variable

Pairs = list[tuple[Variable, Array]]


def describe(model: Model) -> dict[str, Any]:
    """Return the architecture of a model as plain data; raise ValueError if it cannot be."""
    entry = {"class_name": registry.name_of(type(model)), "config": model.get_config()}
    _check_plain(entry, model.name)
    return entry


def revive(entry: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Model:
    """Return the model, with new weights, that `describe` described."""
    if not isinstance(entry, Mapping):
        raise ValueError(f"expected the description of a model, received {entry!r}")
    importlib.import_module("lamina.models.rbm")  # registers a class that is loaded when used
    model = registry.layers.deserialize(dict(entry), custom_objects)
    if not isinstance(model, Model):
        raise ValueError(f"expected the description of a model, received one of {model!r}")
    return model


def save_model(
    model: Model, filepath: Any, overwrite: bool = True, include_optimizer: bool = True
) -> None:
    """Write everything about a model to a file."""
    if not (model.built or all(part.built for part in model._layers)):
        raise ValueError(
            f"{model._title}: save() needs a built model; "
            f"call it on data, or build(input_shape), first"
        )
    about, arrays = take_apart(model, include_optimizer)
    write(filepath, arrays, about, overwrite)


def take_apart(
    model: Model, include_optimizer: bool = True
) -> tuple[dict[str, Any], dict[str, Array]]:
    """Return everything about a model: its description, and the arrays this names."""
    about: dict[str, Any] = {"model": describe(model)}
    if model._built:
        about["build"] = model._build_shapes
    if model._graph is None:
        about["parts"] = [part._build_shapes for part in model._layers]
    arrays = _put_weights(model, about)
    if model.compiled:
        about["compile"] = _compile_config(model)
        if include_optimizer and model.optimizer is not None and model.optimizer.built:
            keyed = _keys("optimizer", model.optimizer.variables)
            about["optimizer"] = list(keyed)
            arrays.update((key, variable.numpy()) for key, variable in keyed.items())
    return about, arrays


def _compile_config(model: Model) -> dict[str, Any]:
    try:
        config = model.get_compile_config()
    except TypeError as error:
        raise ValueError(
            f"{model._title}: save() cannot write what it was compiled with: {error}"
        ) from error
    _check_plain(config, model._title)
    return config


def save_weights(model: Model, filepath: Any, overwrite: bool = True) -> None:
    """Write the weights of a model to a file."""
    model._require_weights("save_weights()")
    about: dict[str, Any] = {}
    arrays = _put_weights(model, about)
    write(filepath, arrays, about, overwrite)


def load_model(
    filepath: Any, custom_objects: Mapping[str, Any] | None = None, compile: bool = True
) -> Model:
    """Return the model that `save` wrote, compiled as it was unless `compile` is False.

    custom_objects: your own classes and functions by name. Raises FileNotFoundError, or ValueError
    for files that are damaged, or not written by Lamina.
    """
    contents = read(filepath)
    if "model" not in contents.about:
        raise ValueError(
            f"{contents.path}: holds weights but no model; use load_weights on a model of your own"
        )
    return _put_together(contents, custom_objects, compile)


def put_together(
    about: dict[str, Any], arrays: dict[str, Array], classes: Mapping[str, type[Layer]]
) -> Model:
    """Return the model that `take_apart` was given: copies and pickles are made this way."""
    return _put_together(Contents(Path("model"), about, arrays), classes)


def _put_together(
    contents: Contents, custom_objects: Mapping[str, Any] | None = None, compile: bool = True
) -> Model:
    path, about, arrays = contents
    with custom_object_scope(custom_objects or {}):
        model = revive(about["model"])
        if not model.built and about.get("build"):
            model.build(**map_shapes(free_batch, about["build"]))
        # A step of the user's own may use layers that `call` does not.
        for part, shapes in zip(model._layers, about.get("parts", ()), strict=False):
            if shapes and not part.built:
                part.build(**map_shapes(free_batch, shapes))
        _assign(_match_groups(contents, model, by_name=False, skip_mismatch=False))
        states = _generator_states(model)
        _assign(
            _fitting(
                path, list(states.values()), [arrays[k] for k in about["random"]], "random states"
            )
        )
        if compile and about.get("compile"):
            model.compile_from_config(about["compile"])
            if model.compiled and about.get("optimizer"):
                _restore_optimizer(contents, model)
    return model


def _restore_optimizer(contents: Contents, model: Model) -> None:
    model.optimizer.build(model.trained_variables())
    saved = [contents.arrays[key] for key in contents.about["optimizer"]]
    try:
        _assign(_fitting(contents.path, list(model.optimizer.variables), saved, "optimizer state"))
    except ValueError as error:  # layers were frozen or thawed after training
        warnings.warn(f"{model._title}: its optimizer starts anew: {error}", stacklevel=5)


def load_weights(
    model: Model, filepath: Any, skip_mismatch: bool = False, by_name: bool = False
) -> None:
    """Read the weights of a model from a file; nothing changes unless all of it fits."""
    model._require_weights("load_weights()")
    _assign(_match_groups(read(filepath), model, by_name, skip_mismatch))


# Weights by path


def _put_weights(model: Model, about: dict[str, Any]) -> dict[str, Array]:
    """Enter the keys of weights and generator states; return the arrays by key."""
    groups = _weights_by_layer(model)
    states = _generator_states(model)
    about["weights"] = [[name, list(keyed)] for name, keyed in groups]
    about["random"] = list(states)
    keyed = {key: variable for _, group in groups for key, variable in group.items()} | states
    return {key: variable.numpy() for key, variable in keyed.items()}


def _weights_by_layer(model: Model) -> list[tuple[str, dict[str, Variable]]]:
    """Return the weights by key, in one group for each layer that has any."""
    seen: set[int] = set()
    taken: set[str] = set()
    groups = []
    for name, owner, prefix in [
        *((layer.name, layer, layer.name) for layer in model.layers),
        (model.name, model, ""),
    ]:
        group = {}
        for path, weight in _paths(owner, prefix):
            if id(weight) not in seen:
                seen.add(id(weight))
                group[_free(path, taken)] = weight
        if group:
            groups.append((name, group))
    return groups


def _paths(layer: Layer, prefix: str) -> list[tuple[str, Variable]]:
    own = [(f"{prefix}/{weight.name}".lstrip("/"), weight) for weight in layer._own_variables]
    below = [pair for child in layer._layers for pair in _paths(child, f"{prefix}/{child.name}")]
    return own + below


def _generator_states(model: Model) -> dict[str, Variable]:
    weights = {id(weight) for weight in model.weights}
    return _keys("random", [v for v in model.variables if id(v) not in weights])


def _keys(prefix: str, variables: Sequence[Variable]) -> dict[str, Variable]:
    taken: set[str] = set()
    return {_free(f"{prefix}/{variable.path}", taken): variable for variable in variables}


def _free(key: str, taken: set[str]) -> str:
    """Return the key, numbered if it is taken, and take it."""
    free, count = key, 0
    while free in taken:
        count += 1
        free = f"{key}_{count}"
    taken.add(free)
    return free


# Matching a file and a model


def _match_groups(contents: Contents, model: Model, by_name: bool, skip_mismatch: bool) -> Pairs:
    """Pair the model's weights with the file's arrays, layer by layer, in order or by name."""
    path, about, arrays = contents
    own = _weights_by_layer(model)
    saved = [(name, [arrays[key] for key in keys]) for name, keys in about["weights"]]
    if by_name:
        known = dict(saved)
        matched = [(name, group, known[name]) for name, group in own if name in known]
    else:
        if len(own) != len(saved):
            raise ValueError(
                f"{path}: holds weights of {len(saved)} layers "
                f"({', '.join(name for name, _ in saved)}), "
                f"{model._title} has {len(own)} ({', '.join(name for name, _ in own)})"
            )
        matched = [
            (name, group, values) for (name, group), (_, values) in zip(own, saved, strict=True)
        ]
    pairs: Pairs = []
    for name, group, values in matched:
        try:
            pairs += _fitting(path, list(group.values()), values, f"layer '{name}'")
        except ValueError as error:
            if not skip_mismatch:
                raise
            warnings.warn(f"left layer '{name}' as it is: {error}", stacklevel=5)
    return pairs


def _fitting(path: Path, own: Sequence[Variable], saved: Sequence[Array], what: str) -> Pairs:
    """Pair variables with arrays; raise ValueError if numbers or shapes differ."""
    if len(own) != len(saved):
        raise ValueError(f"{path}: {what}: expected {len(own)} arrays, found {len(saved)}")
    for variable, array in zip(own, saved, strict=True):
        if variable.shape != array.shape:
            raise ValueError(
                f"{path}: {what}: '{variable.path}' has shape {variable.shape}, "
                f"found an array of shape {array.shape}"
            )
    return list(zip(own, saved, strict=True))


def _assign(pairs: Pairs) -> None:
    for variable, array in pairs:
        variable.assign(array)


def _check_plain(value: Any, where: str) -> None:
    """Raise ValueError naming the first thing in a description that JSON cannot hold."""
    if isinstance(value, Mapping):
        inner = value.get("config")
        name = inner.get("name") if isinstance(inner, Mapping) else None
        for key, item in value.items():
            _check_plain(
                item, f"{where}: {key}" if name is None else f"{value['class_name']} '{name}'"
            )
    elif isinstance(value, (list, tuple)):
        for item in value:
            _check_plain(item, where)
    elif value is not None and not isinstance(value, (bool, int, float, str)):
        raise ValueError(
            f"{where}: cannot write {value!r} to a file; define it as a function of its own name, "
            f"under @lamina.saving.register_serializable(), or give its class a get_config()"
        )
