"""See what a convolutional network has learned, and how that changes while it trains.

Names load when they are first used, so that `import cnnviz` costs nothing and reading a logdir
needs no torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from cnnviz import errors

if TYPE_CHECKING:
    from cnnviz.core.registry import register
    from cnnviz.core.requests import method
    from cnnviz.core.run import run
    from cnnviz.graph import capture, load_graph
    from cnnviz.recording import Recorder
    from cnnviz.storage import open_logdir, verify

    __version__: str

__all__ = [
    "Recorder",
    "__version__",
    "capture",
    "errors",
    "load_graph",
    "method",
    "open_logdir",
    "register",
    "run",
    "verify",
]

_ROOMS = {
    "Recorder": "cnnviz.recording",
    "capture": "cnnviz.graph",
    "load_graph": "cnnviz.graph",
    "method": "cnnviz.core.requests",
    "open_logdir": "cnnviz.storage",
    "register": "cnnviz.core.registry",
    "run": "cnnviz.core.run",
    "verify": "cnnviz.storage",
}


def __getattr__(name: str) -> Any:
    """Load a public name from its room and keep it.

    Raises:
        MissingPackageError: the name needs torch, which is not installed.
        ModuleNotFoundError: another package is not installed.
        AttributeError: there is no such name.
    """
    if name == "__version__":
        from importlib.metadata import version

        value: Any = version("tb-cnnviz")
    elif name in _ROOMS:
        try:
            value = getattr(importlib.import_module(_ROOMS[name]), name)
        except ModuleNotFoundError as error:
            if error.name != "torch":
                raise
            message = f'cnnviz.{name} needs torch: pip install "tb-cnnviz[torch]"'
            raise errors.MissingPackageError(message) from None
    else:
        raise AttributeError(f"module 'cnnviz' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, loaded or not."""
    return sorted(__all__)
