"""Versions of the programs that a record was made with."""

from __future__ import annotations

import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version

import numpy as np
import torch

__all__ = ["versions"]


@cache
def _cnnviz_version() -> str:
    try:
        return version("tb-cnnviz")
    except PackageNotFoundError:  # run from its sources
        return "unknown"


def versions() -> dict[str, str]:
    """Give the versions of cnnviz, torch, numpy and Python."""
    return {
        "cnnviz": _cnnviz_version(),
        "torch": str(torch.__version__),
        "numpy": np.__version__,
        "python": platform.python_version(),
    }
