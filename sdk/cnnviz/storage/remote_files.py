"""A logdir behind an fsspec URL, such as `memory://runs` or `s3://bucket/runs`; read-only."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from cnnviz.errors import MissingPackageError, ParamsError, RecordError
from cnnviz.storage.files import Item, StoredFile, plain_name

__all__ = ["RemoteFolder"]


class RemoteFolder:
    """A logdir behind an fsspec URL, read-only."""

    def __init__(self, url: str) -> None:
        """Open the file system that the URL names.

        Raises:
            MissingPackageError: fsspec, or what this protocol needs, is not installed.
            ParamsError: fsspec does not know the protocol.
        """
        try:
            from fsspec.core import url_to_fs
        except ImportError as error:
            message = f"reading {url} needs the package fsspec: pip install fsspec"
            raise MissingPackageError(message) from error
        try:
            self._system, root = url_to_fs(url)
        except ImportError as error:
            message = f"cannot open {url}: {error}"
            raise MissingPackageError(message) from error
        except ValueError as error:
            message = f"cannot open {url}: {error}"
            raise ParamsError(message) from error
        self.path, self._root = url, str(root).rstrip("/")

    def is_folder(self) -> bool:
        """Tell whether the folder itself is there."""
        return bool(self._system.isdir(self._root))

    def identity(self, name: str) -> str:
        """Give the name itself: links are not followed."""
        return name

    def items(self, name: str = "") -> list[Item]:
        """List a folder, sorted by name."""
        try:
            self._system.invalidate_cache()
            rows = self._system.ls(self._join(name), detail=True)
        except (OSError, RecordError):
            return []
        found: list[Item] = []
        for row in rows:
            base = PurePosixPath(str(row["name"])).name
            is_link = bool(row.get("islink"))  # fsspec's local files: a link could lead anywhere
            if base and not is_link and row["type"] in ("file", "directory"):
                size = int(row.get("size") or 0)
                item = Item(
                    name=base,
                    is_folder=row["type"] == "directory",
                    size=size,
                    stamp=_remote_stamp(row),
                )
                found.append(item)
        return sorted(found, key=lambda item: item.name)

    def file(self, name: str) -> StoredFile:
        """Open a file by its URL."""
        return _RemoteFile(self._system, self._join(name), label=name)

    def _join(self, name: str) -> str:
        return f"{self._root}/{plain_name(name)}".rstrip("/")


class _RemoteFile:
    """A file of an fsspec file system."""

    def __init__(self, system: Any, path: str, *, label: str) -> None:
        facts = system.info(path)
        if facts["type"] != "file" or facts.get("islink"):
            message = f"{label} is no regular file"
            raise FileNotFoundError(message)
        self._system, self._path, self.label = system, path, label
        self.size, self.stamp = int(facts["size"]), _remote_stamp(facts)

    def read(self, start: int, length: int) -> bytes:
        """Read exactly `length` bytes."""
        if not length:
            return b""
        try:
            data = bytes(self._system.cat_file(self._path, start=start, end=start + length))
        except Exception as error:  # what a network raises has no common base
            message = f"{self.label} cannot be read: {type(error).__name__}: {error}"
            raise RecordError(message) from error
        if len(data) != length:
            message = f"{self.label} was replaced or cut while it was read: open it again"
            raise RecordError(message)
        return data


def _remote_stamp(row: Any) -> str:
    changed = (
        row.get("mtime")
        or row.get("LastModified")
        or row.get("updated")
        or row.get("created")
        or ""
    )
    return f"{row.get('size')}-{row.get('etag') or row.get('ETag') or changed}"
