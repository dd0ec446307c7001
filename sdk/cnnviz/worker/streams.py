"""The worker's two outputs: events to who started it, everything else to the job's log."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import msgspec

from cnnviz.contract.jobs import LOG_FILE
from cnnviz.storage.small_files import open_log

__all__ = ["Events", "job_log", "keep_log_short"]

LONGEST_LOG: Final = 4 << 20
"""Bytes of a log before it is begun anew."""


class Events:
    """One line of JSON an event, on what was standard output; prints go to standard error now."""

    def __init__(self) -> None:
        """Take standard output away from everybody else, C code included."""
        sys.stdout.flush()
        self._handle = os.dup(1)
        os.dup2(2, 1)

    def say(self, event: str, **facts: Any) -> None:
        """Tell who started this process; nobody listens when that is gone."""
        with suppress(OSError):
            self.write({"event": event, **facts})

    def write(self, value: Any) -> None:
        """Write one line of JSON.

        Raises:
            OSError: nobody reads it.
        """
        left = memoryview(msgspec.json.encode(value) + b"\n")
        while left:
            left = left[os.write(self._handle, left) :]


@contextmanager
def job_log(folder: Path) -> Iterator[None]:
    """Let everything that is printed in the block, also by C code, go to a job's log."""
    log = open_log(folder / LOG_FILE)
    _flush()
    before = [(number, os.dup(number)) for number in (1, 2)]
    try:
        for number, _ in before:
            os.dup2(log, number)
        os.close(log)
        yield
    finally:
        _flush()
        for number, kept in before:
            os.dup2(kept, number)
            os.close(kept)


def keep_log_short(folder: Path) -> None:
    """Begin a log anew that has grown beyond all use."""
    path = folder / LOG_FILE
    if path.stat(follow_symlinks=False).st_size > LONGEST_LOG:
        os.truncate(path, 0)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
