"""Which waiting jobs this user asked for: a copied logdir's queue must not start by itself.

One empty file a job in the user's cache. It survives a restart of TensorBoard; a job without one
stays in its queue until somebody here asks for the same.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from pathlib import Path
from typing import Final

from cnnviz.storage.small_files import make_empty

__all__ = ["Asked"]

KEPT: Final = 90 * 24 * 3600.0
"""Seconds after which a mark is cleared away."""


class Asked:
    """The marks, in a folder that need not be there yet or be writable."""

    def __init__(self, folder: Path) -> None:
        """Take the folder; those of long ago are cleared away."""
        self._folder = folder
        self._here: set[str] = set()
        with contextlib.suppress(OSError):
            for path in folder.iterdir():
                if time.time() - path.stat().st_mtime > KEPT:
                    path.unlink()

    def add(self, job: Path) -> None:
        """Note that a job was asked for here; without a cache, for as long as we run.

        Args:
            job: its folder; a copy of it elsewhere is another job.
        """
        mark = _mark(job)
        self._here.add(mark)
        with contextlib.suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            make_empty(self._folder / mark)

    def drop(self, job: Path) -> None:
        """Forget a job that is over."""
        mark = _mark(job)
        self._here.discard(mark)
        with contextlib.suppress(OSError):
            (self._folder / mark).unlink()

    def holds(self, job: Path) -> bool:
        """Tell whether a job was asked for here."""
        mark = _mark(job)
        return mark in self._here or (self._folder / mark).is_file()


def _mark(job: Path) -> str:
    return hashlib.sha256(os.fsencode(job)).hexdigest()[:40]
