"""Writes that appear whole or not at all, and the clearing of what a killed writer left."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import socket
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

__all__ = ["host_name", "process_lives", "remove_leftovers", "write_whole"]

_TEMPORARY = re.compile(r"^\.(?P<name>.+)\.(?P<host>[^.]*)-(?P<pid>\d+)-[0-9a-f]{8}\.tmp$")
_LEFTOVER_AGE = 24 * 3600.0
"""Seconds after which another machine's temporary file counts as left over."""
_live_temporaries: set[str] = set()


def write_whole(
    path: Path, chunks: Iterable[Any], *, durable: bool = True, make_folder: bool = True
) -> None:
    """Write a file so that a reader, or a kill at any moment, sees the old or the new one, whole.

    Args:
        path: the file.
        chunks: buffers, one after the other.
        durable: whether to wait until a loss of power could not take it either.
        make_folder: whether to make its folder when it is not there.

    Raises:
        OSError: disk full, folder read-only, …; the old file is untouched, nothing is left over.
    """
    if make_folder:
        path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(
        f".{path.name}.{host_name()}-{os.getpid()}-{secrets.token_hex(4)}.tmp"
    )
    _live_temporaries.add(temporary.name)
    try:
        with temporary.open("xb", buffering=0) as file:
            for chunk in chunks:
                _write_fully(file, memoryview(chunk))
            if durable:
                os.fsync(file.fileno())
        temporary.replace(path)
        if durable:
            _sync_folder(path.parent)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    finally:
        _live_temporaries.discard(temporary.name)


def remove_leftovers(folder: Path) -> None:
    """Remove temporary files of writers that were killed; those of living writers stay."""
    for path in folder.glob(".*.tmp"):
        match = _TEMPORARY.match(path.name)
        if match and not _may_live(path, match):
            with contextlib.suppress(OSError):
                path.unlink()


def _may_live(path: Path, match: re.Match[str]) -> bool:
    if path.name in _live_temporaries:
        return True
    if match["host"] == host_name():
        return int(match["pid"]) != os.getpid() and process_lives(int(match["pid"]))
    try:
        return time.time() - path.stat().st_mtime < _LEFTOVER_AGE
    except OSError:
        return False


def host_name() -> str:
    """Name this machine with letters, digits and underscores alone."""
    return re.sub(r"[^A-Za-z0-9_]", "_", socket.gethostname())


def process_lives(pid: int) -> bool:
    """Tell whether a process of this machine is there; on Windows always so."""
    if os.name != "posix":
        return True  # signal 0 would end a process on Windows
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def _write_fully(file: Any, data: memoryview) -> None:
    data = data.cast("B") if data.nbytes else data
    written = 0
    while written < data.nbytes:
        written += file.write(data[written : written + (1 << 30)])


def _sync_folder(folder: Path) -> None:
    """Make the rename itself durable; Windows cannot open a folder."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
