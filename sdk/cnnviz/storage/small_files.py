"""Small files of a folder that nobody vouches for: bounded, regular, and no link is followed."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from cnnviz.errors import RecordError

__all__ = ["make_empty", "open_log", "read_small", "read_tail"]

_READ: Final = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)  # opening a named pipe would wait for ever
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
_APPEND: Final = (
    os.O_WRONLY
    | os.O_APPEND
    | os.O_CREAT
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
)


def read_small(path: Path, *, limit: int) -> bytes:
    """Read a whole file.

    Args:
        path: the file.
        limit: its length at most, bytes.

    Raises:
        FileNotFoundError: it is not there.
        RecordError: a link, no regular file, or too long.
    """
    handle, size = _open(path)
    try:
        if size > limit:
            message = f"{path.name} has {size} bytes; at most {limit} are read"
            raise RecordError(message)
        return _read(handle, limit)
    finally:
        os.close(handle)


def read_tail(path: Path, *, limit: int) -> str:
    """Read a text file's last bytes as whole lines where that can be; empty when it is not there.

    Raises:
        RecordError: a link, or no regular file.
    """
    try:
        handle, size = _open(path)
    except FileNotFoundError:
        return ""
    try:
        os.lseek(handle, max(size - limit, 0), os.SEEK_SET)
        text = _read(handle, limit).decode("utf-8", errors="replace")
    finally:
        os.close(handle)
    head, newline, rest = text.partition("\n")
    return rest if size > limit and newline and rest else head + newline + rest


def open_log(path: Path) -> int:
    """Open a file for appending and give its handle.

    Raises:
        OSError: a link, or the folder cannot be written.
    """
    return os.open(path, _APPEND, 0o644)


def make_empty(path: Path) -> None:
    """Make an empty file; one that is there stays."""
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644))
    except FileExistsError:
        return


def _open(path: Path) -> tuple[int, int]:
    try:
        handle = os.open(path, _READ)
    except FileNotFoundError:
        raise
    except OSError as error:  # ELOOP for a link
        message = f"{path.name} is a link, or cannot be read: {error.strerror}"
        raise RecordError(message) from None
    facts = os.fstat(handle)
    if not stat.S_ISREG(facts.st_mode):
        os.close(handle)
        message = f"{path.name} is no regular file"
        raise RecordError(message)
    return handle, facts.st_size


def _read(handle: int, limit: int) -> bytes:
    parts: list[bytes] = []
    while limit > 0 and (part := os.read(handle, min(limit, 1 << 20))):
        parts.append(part)
        limit -= len(part)
    return b"".join(parts)
