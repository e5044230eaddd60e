"""Names of layers, losses, optimizers, ...: from a name or a config to the object, and back."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any, TypeVar, cast

import numpy as np

from lamina.utils.calls import mismatch
from lamina.utils.errors import blaming
from lamina.utils.naming import to_snake_case
from lamina.utils.own_objects import (
    custom_object_scope,
    get_custom_objects,
    in_scope,
    own_name,
)

C = TypeVar("C")  # a class or a function
Self = TypeVar("Self", bound="Configurable")
Config = dict[str, Any]

_registries: list[Registry] = []


def _load_late(module: ModuleType) -> None:
    """Ask a package for all it offers: what is loaded only then registers itself."""
    for name in dir(module):
        part = getattr(module, name)
        if isinstance(part, ModuleType) and part.__name__.startswith(f"{module.__name__}."):
            _load_late(part)


class Registry:
    """The known objects of one kind. The module `home` registers them when it is imported."""

    def __init__(self, kind: str, home: str) -> None:
        self.kind = kind
        self._home = home
        self._entries: dict[str, Any] = {}  # by every accepted name
        self._names: dict[Any, str] = {}  # the one name of each
        _registries.append(self)

    def register(self, *aliases: str, name: str | None = None) -> Callable[[C], C]:
        """Make a class or function known by its name (or `name`), a class by its snake_case too."""

        def enter(entry: C) -> C:
            known_as = name or own_name(entry)
            accepted = [known_as, *aliases]
            if isinstance(entry, type):
                accepted.append(to_snake_case(known_as))
            for alias in accepted:
                self._entries[alias] = entry
            self._names[entry] = known_as
            return entry

        return enter

    def names(self) -> list[str]:
        """Return the one name of each object, in the order of registration."""
        _load_late(self._load())
        return list(self._names.values())

    def aliases(self, entry: Any) -> list[str]:
        """Return every name that finds an object."""
        self._load()
        return [alias for alias, known in self._entries.items() if known is entry]

    def name_of(self, entry: Any) -> str | None:
        """Return the name an object is registered under, None if it is not."""
        return self._names.get(entry)

    def knows(self, name: str) -> bool:
        """Return whether an object is registered under a name."""
        getattr(self._load(), name, None)  # which registers what is loaded only when asked for
        return name in self._entries

    def find(self, name: str) -> Any:
        """Return the class or function of a name; raise ValueError with the nearest known one."""
        home = self._load()
        if name not in self._entries and not hasattr(home, name):
            self.names()  # perhaps another name of one that is loaded only when asked for
        for known in (in_scope(), self._entries, get_custom_objects()):
            if name in known:
                return known[name]
        import difflib  # late: wanted for mistakes only

        near = difflib.get_close_matches(name, self._entries, n=1, cutoff=0.0)
        hint = f"; the nearest known name is {near[0]!r}" if near else ""
        raise ValueError(f"unknown {self.kind} {name!r}{hint} (for your own, pass custom_objects)")

    def get(self, identifier: Any) -> Any:
        """Return the object of a name, a config or a class; objects and None as they are."""
        if identifier is None:
            return None
        if isinstance(identifier, (str, dict)):
            return self.deserialize(identifier)
        if isinstance(identifier, type):
            return identifier()
        if callable(identifier) or hasattr(identifier, "get_config"):
            return identifier
        raise ValueError(
            f"expected {_article(self.kind)} by name, config or object, received {identifier!r} "
            f"({type(identifier).__name__})"
        )

    def serialize(self, obj: Any) -> Any:
        """Return a function's name, or {"class_name": ..., "config": ...} of an object."""
        return self.name_of(obj) or serialize(obj)

    def deserialize(self, config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
        """Return what `serialize` was given; `custom_objects` maps names to your own classes."""
        if custom_objects:
            with custom_object_scope(custom_objects):
                return self.deserialize(config)
        if isinstance(config, str):
            return _make(self.find(config), {})
        if not isinstance(config, dict) or "class_name" not in config:
            raise ValueError(
                f"expected {_article(self.kind)}'s name or config with 'class_name' and 'config', "
                f"received {config!r}"
            )
        return _make(self.find(config["class_name"]), config.get("config") or {})

    def _load(self) -> ModuleType:
        return importlib.import_module(self._home)


def _make(entry: Any, config: Config) -> Any:
    """Return the object of a class and its config; a function as it is."""
    if not isinstance(entry, type):
        return entry
    return cast("type[Configurable]", entry).from_config(config)


def _article(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"


layers = Registry("layer", "lamina.layers")
activations = Registry("activation", "lamina.activations")
losses = Registry("loss", "lamina.losses")
metrics = Registry("metric", "lamina.metrics")
optimizers = Registry("optimizer", "lamina.optimizers")
schedules = Registry("schedule", "lamina.optimizers")
initializers = Registry("initializer", "lamina.initializers")
regularizers = Registry("regularizer", "lamina.regularizers")
constraints = Registry("constraint", "lamina.constraints")
operations = Registry("operation", "lamina.ops")  # last: names as activations come first


class Checked:
    """An object whose `__init__` looks at its arguments, and names the class in its errors."""

    def __init_subclass__(cls, checks: bool = True, **kwargs: Any) -> None:
        """Have it do so, unless a class looks itself."""
        super().__init_subclass__(**kwargs)
        if checks and "__init__" in vars(cls):
            setattr(cls, "__init__", _checked(vars(cls)["__init__"]))  # noqa: B010


class Configurable(Checked):
    """An object that can be made again from its config, which is read off `__init__`'s signature.

    Each parameter's value is the attribute of the same name.
    """

    def get_config(self) -> Config:
        """Return the arguments that make an equal object, as JSON can hold them."""
        try:
            return {name: serialize(self._argument(name)) for name in _parameters(type(self))}
        except AttributeError as error:
            raise TypeError(
                f"{type(self).__name__}.get_config: no attribute {error.name!r} for the parameter; "
                f"set it in __init__ or override get_config"
            ) from None

    @classmethod
    def from_config(cls: type[Self], config: Config) -> Self:
        """Return the object that `get_config` described."""
        return cls(**config)

    def __repr__(self) -> str:
        shown = []
        for name, default in _parameters(type(self)).items():
            value = self._argument(name)
            if not _is_default(value, default):
                shown.append(f"{name}={_show(value)}")
        return f"{type(self).__name__}({', '.join(shown)})"

    def _argument(self, name: str) -> Any:
        """Return what a parameter of `__init__` stands for in this object."""
        return getattr(self, name)


def _checked(init: Callable[..., None]) -> Callable[..., None]:
    """Make an `__init__` name its class in errors, and refuse what its annotations do not allow."""

    @functools.wraps(init)
    def wrapped(self: Any, *args: Any, **kwargs: Any) -> None:
        with blaming(type(self).__name__):
            # Users' annotations may be loose.
            if (args or kwargs) and init.__module__.startswith("lamina."):
                args = tuple(map(_python_number, args))
                kwargs = {name: _python_number(value) for name, value in kwargs.items()}
                wrong = mismatch(init, (self, *args), kwargs)
                if wrong is not None:
                    raise ValueError(wrong)
            init(self, *args, **kwargs)

    return wrapped


def _python_number(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def serialize(value: Any) -> Any:
    """Return a value as JSON can hold it: objects as class_name and config, functions by name."""
    value = _python_number(value)
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, (list, tuple)):
        return [serialize(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): serialize(item) for key, item in value.items()}
    if isinstance(value, type):
        return name_of(value)
    if hasattr(value, "get_config"):
        return {"class_name": name_of(type(value)), "config": value.get_config()}
    if callable(value) and getattr(value, "__name__", "<lambda>") != "<lambda>":
        return name_of(value)
    raise TypeError(
        f"cannot describe {value!r} in a config: objects need a get_config, functions a name"
    )


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """Return what `serialize` was given, whatever its kind; text, functions' names too, as it is.

    A name of several kinds, such as that of a loss and its metric, means the first: the loss.
    """
    if custom_objects:
        with custom_object_scope(custom_objects):
            return deserialize(config)
    if isinstance(config, list):
        return [deserialize(item) for item in config]
    if not isinstance(config, dict):
        return config
    if "class_name" not in config:
        return {key: deserialize(value) for key, value in config.items()}
    kinds = (kind for kind in _registries if kind.knows(config["class_name"]))
    return next(kinds, layers).deserialize(config)


def name_of(entry: Any) -> str:
    """Return the name a class or function is known by: registered, or its own."""
    for registry in _registries:
        if (name := registry.name_of(entry)) is not None:
            return name
    own = get_custom_objects().items()
    return next((name for name, known in own if known is entry), own_name(entry))


def _parameters(cls: type) -> dict[str, Any]:
    """Return the named parameters of a class's __init__ and their defaults."""
    from inspect import Parameter, signature  # late: slow to import, and seldom wanted

    starred = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
    parameters = signature(cls).parameters.values()
    return {p.name: p.default for p in parameters if p.kind not in starred}


def _is_default(value: Any, default: Any) -> bool:
    if isinstance(default, str) and not isinstance(value, str):
        # The object that the default names, itself with all defaults.
        kind = value if callable(value) and not hasattr(value, "get_config") else type(value)
        named = any(
            registry.name_of(kind) and default in registry.aliases(kind) for registry in _registries
        )
        return named and (kind is value or repr(value).endswith("()"))
    try:
        return bool(value is default or value == default)
    except ValueError:  # arrays
        return False


def _show(value: Any) -> str:
    if isinstance(value, (str, type)) or not callable(value) or hasattr(value, "get_config"):
        return repr(value)
    return repr(name_of(value))
