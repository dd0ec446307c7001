"""Optional packages, imported by who needs them when they need them."""

from __future__ import annotations

import importlib
from typing import Any

from cnnviz.errors import MissingPackageError

__all__ = ["needed_package"]


def needed_package(module: str, *, package: str, of: str) -> Any:
    """Import a module of an optional package.

    Args:
        module: what is imported.
        package: what pip calls it.
        of: who needs it, for the message.

    Raises:
        MissingPackageError: it is not installed; the message gives the pip line.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        message = f"{of} needs the package {package}: pip install {package}"
        raise MissingPackageError(message) from error
