"""The version, as the build wrote it into the core."""

from lamina import _core

__version__: str = _core.build_info()["version"]
