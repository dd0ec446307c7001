"""Which methods there are: the package's own, and those of other packages by entry point."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
import warnings
from collections.abc import Iterable
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, TypeVar

from cnnviz.core.method import Method, check_declaration
from cnnviz.errors import CnnvizError, MissingError

__all__ = ["ENTRY_POINTS", "close_matches", "discover", "find", "register"]

ENTRY_POINTS = "cnnviz.methods"
"""Group of entry points; each names a module (or class) whose import registers its methods."""

_METHODS: dict[str, Method[Any]] = {}

M = TypeVar("M", bound=type[Method[Any]])


def register(method: M) -> M:
    """Make a method known by its name; a class decorator.

    Raises:
        CnnvizError: a declaration that does not fit, or a name that another class has taken.
    """
    check_declaration(method)
    known = _METHODS.get(method.name)
    # A module that is reloaded brings the same class again.
    taken = type(known)
    same = (taken.__module__, taken.__qualname__) == (method.__module__, method.__qualname__)
    if known is not None and not same:
        message = f"two methods are named {method.name!r}: {taken.__module__}.{taken.__qualname__}"
        raise CnnvizError(f"{message} and {method.__module__}.{method.__qualname__}; rename one")
    _METHODS[method.name] = method()
    return method


def discover() -> dict[str, Method[Any]]:
    """Give all methods by name, the package's own and those of other packages, sorted.

    A package whose methods cannot be imported is left out with a warning.
    """
    _import_all()
    return dict(sorted(_METHODS.items()))


def find(name: str) -> Method[Any]:
    """Give the method of this name.

    Raises:
        MissingError: there is none; the message names close matches and all there are.
    """
    methods = discover()
    if name not in methods:
        near = close_matches(name, methods)
        raise MissingError(f"no method {name!r}{near}; known are {list(methods)}")
    return methods[name]


def close_matches(name: str, known: Iterable[str]) -> str:
    """Give text like " (did you mean 'saliency'?)" for a name that is not known, or nothing."""
    near = difflib.get_close_matches(str(name), list(known), n=3, cutoff=0.6)
    return f" (did you mean {' or '.join(map(repr, near))}?)" if near else ""


@cache
def _import_all() -> None:
    package = importlib.import_module("cnnviz.methods")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")
    for entry in entry_points(group=ENTRY_POINTS):
        _load(entry)


def _load(entry: EntryPoint) -> None:
    try:
        entry.load()
    except Exception as error:  # noqa: BLE001 - a stranger's package must not take ours down
        message = f"methods of {entry.value!r} are left out: {type(error).__name__}: {error}"
        warnings.warn(message, RuntimeWarning, stacklevel=2)
