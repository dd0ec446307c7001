"""Build backend: setuptools, with the page built first (by a Node wheel where there is no Node)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from setuptools import build_meta
from setuptools.build_meta import (
    prepare_metadata_for_build_editable,
    prepare_metadata_for_build_wheel,
)

import frontend

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
    "prepare_metadata_for_build_editable",
    "prepare_metadata_for_build_wheel",
]

Settings = Mapping[str, Any] | None


def get_requires_for_build_wheel(settings: Settings = None) -> list[str]:
    """Name setuptools' further needs and ours."""
    return [*build_meta.get_requires_for_build_wheel(settings), *frontend.requirements()]


def get_requires_for_build_sdist(settings: Settings = None) -> list[str]:
    """Name setuptools' further needs and ours."""
    return [*build_meta.get_requires_for_build_sdist(settings), *frontend.requirements()]


def get_requires_for_build_editable(settings: Settings = None) -> list[str]:
    """Name setuptools' further needs and ours."""
    return [*build_meta.get_requires_for_build_editable(settings), *frontend.requirements()]


def build_wheel(folder: str, settings: Settings = None, metadata: str | None = None) -> str:
    """Build the page, then the wheel."""
    frontend.build()
    return build_meta.build_wheel(folder, settings, metadata)


def build_editable(folder: str, settings: Settings = None, metadata: str | None = None) -> str:
    """Build the page, then the editable wheel."""
    frontend.build()
    return build_meta.build_editable(folder, settings, metadata)


def build_sdist(folder: str, settings: Settings = None) -> str:
    """Build the page, then the archive, which carries both the page and its sources."""
    frontend.build()
    return build_meta.build_sdist(folder, settings)
