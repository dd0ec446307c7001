"""CNN Viz: see what a convolutional network has learned, and watch it change while it trains.

Names are imported when they are first used: `import cnnviz` loads neither torch nor anything slow.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cnnviz import errors as errors
    from cnnviz.capture import Recorder as Recorder
    from cnnviz.core.registry import register as register
    from cnnviz.core.requests import method as method
    from cnnviz.core.run import run as run
    from cnnviz.graph import capture as capture
    from cnnviz.graph import load_graph as load_graph
    from cnnviz.storage import open_logdir as open_logdir
    from cnnviz.storage import verify as verify

_HOMES = {
    "Recorder": "cnnviz.capture",
    "capture": "cnnviz.graph",
    "errors": "cnnviz.errors",
    "load_graph": "cnnviz.graph",
    "method": "cnnviz.core.requests",
    "open_logdir": "cnnviz.storage",
    "register": "cnnviz.core.registry",
    "run": "cnnviz.core.run",
    "verify": "cnnviz.storage",
}
"""Public name to the module that it lives in."""

__all__ = [
    "Recorder",
    "capture",
    "errors",
    "load_graph",
    "method",
    "open_logdir",
    "register",
    "run",
    "verify",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    if name not in _HOMES:
        raise AttributeError(f"module 'cnnviz' has no attribute {name!r}; it has {__all__}")
    try:
        module = importlib.import_module(_HOMES[name])
    except ModuleNotFoundError as error:
        if error.name not in {"torch", "torchvision"}:
            raise
        from cnnviz.errors import MissingPackageError

        message = f"cnnviz.{name} needs {error.name}: pip install 'tb-cnnviz[torch]'"
        raise MissingPackageError(message) from error
    value = module if name == "errors" else getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
