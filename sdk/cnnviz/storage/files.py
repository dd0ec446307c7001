"""Files of a logdir, local or remote, read by byte range; no name leads out of it."""

from __future__ import annotations

import contextlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from cnnviz.errors import RecordError

__all__ = [
    "Folder",
    "Item",
    "LocalFolder",
    "StoredFile",
    "open_file",
    "open_folder",
    "plain_name",
]

READ_AT_ONCE: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True, kw_only=True)
class Item:
    """One name in a folder; `stamp` changes when the file is replaced or grows."""

    name: str
    is_folder: bool
    size: int
    stamp: str


class StoredFile(Protocol):
    """A file opened for reads by byte range; size and stamp are those of when it was opened."""

    label: str
    """Name for messages, relative to the logdir."""
    size: int
    stamp: str

    def read(self, start: int, length: int) -> bytes:
        """Read exactly `length` bytes.

        Raises:
            RecordError: the file was replaced or cut since it was opened, or cannot be read.
        """


class Folder(Protocol):
    """A logdir to read from; names are relative, with `/`, and never lead out of it."""

    path: str

    def is_folder(self) -> bool:
        """Tell whether the folder itself is there."""

    def identity(self, name: str) -> str:
        """Give what two names of the same folder have in common."""

    def items(self, name: str = "") -> list[Item]:
        """List a folder, sorted by name; empty when it is not there."""

    def file(self, name: str) -> StoredFile:
        """Open a file for reading.

        Raises:
            FileNotFoundError: it is not there, or is no regular file.
            RecordError: the name leads out of the folder.
        """


def open_folder(path: str | os.PathLike[str]) -> Folder:
    """Open a logdir: a local folder, or an fsspec URL such as `file:///runs` or `memory://runs`."""
    text = os.fspath(path)
    scheme, separator, rest = text.partition("://")
    if separator and scheme in ("file", "local"):
        return LocalFolder(Path(rest))  # links are looked at there, fsspec would follow them
    if separator:
        from cnnviz.storage.remote_files import RemoteFolder

        return RemoteFolder(text)
    return LocalFolder(Path(text).expanduser())


def open_file(path: str | os.PathLike[str]) -> StoredFile:
    """Open one local file for reading; nothing is checked about where it lies."""
    return _LocalFile(Path(path), label=str(path))


class LocalFolder:
    """A logdir on this machine; symlinks are followed only while they stay inside."""

    def __init__(self, root: Path) -> None:
        """Keep the real path of the root."""
        self.root = root.resolve()
        self.path = str(self.root)

    def is_folder(self) -> bool:
        """Tell whether the folder itself is there."""
        return self.root.is_dir()

    def identity(self, name: str) -> str:
        """Give the real path of a folder in it."""
        return str(self._inside(name))

    def items(self, name: str = "") -> list[Item]:
        """List a folder, sorted by name; links that lead out or nowhere are left out."""
        found: list[Item] = []
        try:
            folder = self._inside(name)
            with os.scandir(folder) as entries:
                for entry in entries:
                    with contextlib.suppress(OSError, RecordError):
                        if entry.is_symlink():
                            self._inside(f"{name}/{entry.name}")
                        facts = entry.stat()
                        is_folder = stat.S_ISDIR(facts.st_mode)
                        if is_folder or stat.S_ISREG(facts.st_mode):
                            item = Item(
                                name=entry.name,
                                is_folder=is_folder,
                                size=facts.st_size,
                                stamp=_stamp(facts),
                            )
                            found.append(item)
        except (OSError, RecordError):
            return []
        return sorted(found, key=lambda item: item.name)

    def outside(self, name: str = "") -> list[str]:
        """Name the links in a folder that lead out of the logdir: they are not read."""
        found: list[str] = []
        with contextlib.suppress(OSError, RecordError):
            for entry in os.scandir(self._inside(name)):
                if entry.is_symlink():
                    try:
                        self._inside(f"{name}/{entry.name}")
                    except RecordError:
                        found.append(entry.name)
        return sorted(found)

    def file(self, name: str) -> StoredFile:
        """Open a regular file inside the logdir."""
        return _LocalFile(self._inside(name), label=name)

    def path_of(self, name: str) -> Path:
        """Give the real path of a regular file inside the logdir, for a library that opens it.

        Raises:
            FileNotFoundError: it is not there, or is no regular file.
            RecordError: the name leads out of the folder.
        """
        return _LocalFile(self._inside(name), label=name).path

    def _inside(self, name: str) -> Path:
        path = (self.root / plain_name(name)).resolve()
        if path != self.root and self.root not in path.parents:
            message = f"{name!r} leads out of the logdir {self.path} and is not read"
            raise RecordError(message)
        return path


class _LocalFile:
    """A local file, opened anew for each read: hundreds may be known at once."""

    def __init__(self, path: Path, *, label: str) -> None:
        facts = path.stat()
        if not stat.S_ISREG(facts.st_mode):
            message = f"{label} is no regular file"
            raise FileNotFoundError(message)
        self.path, self.label = path, label
        self.size, self.stamp = facts.st_size, _stamp(facts)
        self._identity = (facts.st_dev, facts.st_ino)

    def read(self, start: int, length: int) -> bytes:
        """Read exactly `length` bytes of the very file that was opened; it may have grown."""
        try:
            # A pipe that took the file's place would be waited for, for ever.
            handle = os.open(self.path, READ_AT_ONCE)
            with os.fdopen(handle, "rb", buffering=0) as file:
                facts = os.fstat(file.fileno())
                if (facts.st_dev, facts.st_ino) == self._identity:
                    file.seek(start)
                    data = _read_fully(file, length)
                    if len(data) == length:
                        return data
        except FileNotFoundError:
            pass
        except OSError as error:  # no permission, a disk or a network that fails, …
            message = f"{self.label} cannot be read: {error.strerror or error}"
            raise RecordError(message) from error
        message = f"{self.label} was replaced or cut while it was read: open it again"
        raise RecordError(message)


def _read_fully(file: Any, length: int) -> bytes:
    data: bytes = file.read(length)
    if len(data) == length or not data:
        return data
    parts = [data]  # one read gives at most 2 GiB on Linux
    missing = length - len(data)
    while missing and (data := file.read(missing)):
        parts.append(data)
        missing -= len(data)
    return b"".join(parts)


def plain_name(name: str) -> str:
    """Give a name without empty parts.

    Raises:
        RecordError: it could lead elsewhere; refused before any file system sees it.
    """
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if ".." in parts or "\\" in name or "\0" in name or name.startswith("/"):
        message = f"{name!r} is no name inside a logdir"
        raise RecordError(message)
    return "/".join(parts)


def _stamp(facts: os.stat_result) -> str:
    return f"{facts.st_size}-{facts.st_mtime_ns}-{facts.st_ino}"
