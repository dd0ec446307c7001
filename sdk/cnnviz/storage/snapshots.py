"""One capture's exact arrays in one file: `snapshots/<step>.safetensors`."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Final

import msgspec
import numpy as np

from cnnviz.contract.names import SNAPSHOTS_FOLDER
from cnnviz.contract.records import ArrayInfo, Entry, Manifest, array_name
from cnnviz.errors import MissingError, RecordError
from cnnviz.storage.files import StoredFile, open_file
from cnnviz.storage.manifests import (
    decode_manifest,
    digest_of,
    encode_json,
    encode_manifest,
    sealed_text,
)
from cnnviz.storage.tensors import Slot, crc32c, encode_tensors, read_header, to_array

__all__ = ["Arrays", "SnapshotFile", "encode_snapshot", "snapshot_name"]

Arrays = Mapping[str, Mapping[str, np.ndarray]]
"""A capture's arrays: a record's key, then the array's name."""

_MAX_ROWS: Final = 4096
"""Arrays with more rows than this are summed as a whole only."""


def snapshot_name(step: int) -> str:
    """Name a capture's file, relative to `<run>/plugins/cnnviz`."""
    return f"{SNAPSHOTS_FOLDER}/{step}.safetensors"


def encode_snapshot(
    manifest: Manifest, arrays: Arrays
) -> tuple[Manifest, str, Iterator[bytes | memoryview]]:
    """Turn a capture into a file's chunks.

    Args:
        manifest: its records' `arrays` may be empty; they are filled in here, with checksums.
        arrays: every record's arrays, the main one first.

    Returns:
        The manifest as stored, its digest, and the chunks.

    Raises:
        RecordError: an array of a type that cannot be stored, or a record without arrays here.
    """
    flat: dict[str, np.ndarray] = {}
    rows: dict[str, list[int]] = {}
    records: list[Entry] = []
    for entry in manifest.records:
        infos: dict[str, ArrayInfo] = {}
        for name, array in arrays[entry.key].items():
            full = array_name(entry.key, name)
            flat[full] = array
            infos[name] = ArrayInfo(
                dtype=array.dtype.name, shape=list(array.shape), crc32c=crc32c(array)
            )
            if array.ndim > 1 and 1 < len(array) <= _MAX_ROWS:
                rows[full] = [crc32c(row) for row in array]
        records.append(msgspec.structs.replace(entry, arrays=infos))
    stored = msgspec.structs.replace(manifest, records=records)
    text = encode_manifest(stored)
    digest = digest_of(text)
    sums = encode_json(rows)
    metadata = {
        "cnnviz": text.decode(),
        "sha256": digest,
        "rows": sums.decode(),
        "rows_sha256": digest_of(sums),
    }
    return stored, digest, encode_tensors(flat, metadata)


class SnapshotFile:
    """A snapshot file, opened for reading: the header at once, arrays or parts when asked for.

    What is handed out was checked: the manifest by its SHA-256, arrays and their rows by CRC-32C.
    """

    digest: str
    """SHA-256 of the manifest's JSON, in hexadecimal."""

    def __init__(self, source: str | os.PathLike[str] | StoredFile) -> None:
        """Read and check the header; the manifest in it is decoded when it is asked for.

        Args:
            source: a path, or a file of an opened logdir.

        Raises:
            FileNotFoundError: it is not there.
            RecordError: damaged or cut.
        """
        self._file = open_file(source) if isinstance(source, str | os.PathLike) else source
        self.label, self.size, self.stamp = self._file.label, self._file.size, self._file.stamp
        self._header = read_header(self._file)
        self._text = sealed_text(self._header.metadata, label=self.label)
        self.digest = self._header.metadata["sha256"]

    @cached_property
    def manifest(self) -> Manifest:
        """All that the capture recorded, without the arrays.

        Raises:
            RecordError: newer than this version reads, or the arrays are not those it lists.
        """
        manifest = decode_manifest(self._text, label=self.label)
        for entry in manifest.records:
            for name, info in entry.arrays.items():
                slot = self._header.slots.get(array_name(entry.key, name))
                fits = slot and (slot.shape, slot.numpy_name) == (tuple(info.shape), info.dtype)
                if not fits:
                    message = (
                        f"{self.label} is damaged: {entry.key}: array {name!r} is not as its "
                        "manifest says"
                    )
                    raise RecordError(message)
        return manifest

    def shape(self, key: str, name: str) -> tuple[int, ...]:
        """Give an array's shape.

        Raises:
            MissingError: no such record or array.
        """
        return self._find(key, name)[1].shape

    def array(
        self, key: str, name: str, *, index: int | tuple[int, ...] | None = None
    ) -> np.ndarray:
        """Read one array, one row of its first axis, or a smaller part.

        Args:
            key: the record's key.
            name: the array's name in the record.
            index: position on the first axis, or on the first axes, each >= 0; None for all. Only
                the bytes asked for are read; with two axes or more their sum is not checked.

        Returns:
            The array, read-only; without the axes that `index` names.

        Raises:
            MissingError: no such record, array or row.
            RecordError: the bytes are not those that were written.
        """
        info, slot = self._find(key, name)
        full = array_name(key, name)
        if index is None:
            data = self._read(full, slot.start, slot.nbytes, info.crc32c)
            return to_array(data, slot, slot.shape)
        where = index if isinstance(index, tuple) else (index,)
        start, nbytes, shape = self._range(full, slot, where)
        sums = self._rows.get(full, [])
        if len(where) > 1:
            return to_array(self._file.read(start, nbytes), slot, shape)
        if len(sums) != slot.shape[0]:
            row: np.ndarray = self.array(key, name)[index]
            return row
        return to_array(self._read(full, start, nbytes, sums[where[0]]), slot, shape)

    def _range(
        self, full: str, slot: Slot, where: tuple[int, ...]
    ) -> tuple[int, int, tuple[int, ...]]:
        start, nbytes, shape = slot.start, slot.nbytes, slot.shape
        for position in where:
            if not shape or not 0 <= position < shape[0]:
                message = f"{self.label}: {full} of shape {list(slot.shape)} has no part {where}"
                raise MissingError(message)
            nbytes //= shape[0]
            start, shape = start + position * nbytes, shape[1:]
        return start, nbytes, shape

    def _read(self, full: str, start: int, nbytes: int, expected: int) -> bytes:
        data = self._file.read(start, nbytes)
        if crc32c(data) != expected:
            message = f"{self.label} is damaged: {full} does not have its CRC-32C"
            raise RecordError(message)
        return data

    def _find(self, key: str, name: str) -> tuple[ArrayInfo, Slot]:
        entry = self._entries.get(key)
        if entry is None:
            message = f"{self.label} has no record {key!r}; it has {sorted(self._entries)}"
            raise MissingError(message)
        info = entry.arrays.get(name)
        if info is None:
            message = (
                f"{self.label}: record {key!r} has no array {name!r}; it has {list(entry.arrays)}"
            )
            raise MissingError(message)
        return info, self._header.slots[array_name(key, name)]

    @cached_property
    def _entries(self) -> dict[str, Entry]:
        return {entry.key: entry for entry in self.manifest.records}

    def check_rows(self) -> None:
        """Check the sums of rows; without them every row still reads, from its whole array.

        Raises:
            RecordError: they are damaged.
        """
        metadata = self._header.metadata
        text = metadata.get("rows", "").encode()
        if (text or "rows_sha256" in metadata) and metadata.get("rows_sha256") != digest_of(text):
            message = f"{self.label} is damaged: the sums of its rows do not have their SHA-256"
            raise RecordError(message)

    @cached_property
    def _rows(self) -> dict[str, list[int]]:
        try:
            self.check_rows()
            text = self._header.metadata.get("rows", "{}")
            return msgspec.json.decode(text, type=dict[str, list[int]])
        except (RecordError, msgspec.MsgspecError, RecursionError):
            return {}
