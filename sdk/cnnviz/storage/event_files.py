"""Event files: our own small writer, and a tolerant reader of anybody's."""

from __future__ import annotations

import contextlib
import itertools
import os
import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import google_crc32c
from google.protobuf.message import DecodeError

from cnnviz.contract.names import INDEX_TAG, PREVIEW_TAG
from cnnviz.errors import RecordError
from cnnviz.storage.events import Capture, decode_event, decode_metadata, first_string
from cnnviz.storage.files import StoredFile, open_file

if TYPE_CHECKING:
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary

__all__ = ["EventFile", "FoundEvent", "Scan", "is_event_file", "read_preview", "scan_events"]

_TAGS: Final = (INDEX_TAG.encode(), PREVIEW_TAG.encode())
_HEAD: Final = 256
"""Our tags lie in the first bytes of a record: little else comes before them than time and step."""
_CHUNK: Final = 1 << 20
_MAX_RECORD: Final = 256 << 20
_counter = itertools.count()


def is_event_file(name: str) -> bool:
    """Tell an event file by its name, as TensorBoard does."""
    return "tfevents" in name


class EventFile:
    """An event file of our own; an event is with the operating system when `add` returns."""

    def __init__(self, folder: Path) -> None:
        """Start a new file in the folder, which is made when it is not there.

        Raises:
            OSError: the folder or file cannot be made.
        """
        from tensorboard.compat.proto.event_pb2 import Event

        folder.mkdir(parents=True, exist_ok=True)
        unique = f"{socket.gethostname()}.{os.getpid()}.{next(_counter)}"
        self.path = folder / f"events.out.tfevents.{int(time.time()):010d}.{unique}.cnnviz"
        self._file = self.path.open("xb", buffering=0)
        self._append(Event(wall_time=time.time(), file_version="brain.Event:2"))

    def add(self, summary: Summary, *, step: int, wall_time: float) -> None:
        """Append one event.

        Raises:
            OSError: disk full, …; what was written before stays readable.
        """
        from tensorboard.compat.proto.event_pb2 import Event

        self._append(Event(wall_time=wall_time, step=step, summary=summary))

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _append(self, event: Event) -> None:
        record = _frame(event.SerializeToString())
        start = self._file.tell()
        try:
            view = memoryview(record)
            while view:
                view = view[self._file.write(view) :]
        except OSError:
            with contextlib.suppress(OSError):  # a half record would hide all that follow it
                self._file.seek(start)
                self._file.truncate()
            raise


@dataclass(frozen=True, kw_only=True)
class FoundEvent:
    """One capture found in an event file."""

    capture: Capture
    own_folder: bool
    preview_at: tuple[int, int]
    """Where the record with the preview lies: its data's offset and length in the file."""


@dataclass(kw_only=True)
class Scan:
    """What an event file holds of ours, and what in it cannot be read."""

    events: list[FoundEvent] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    records: int = 0
    """All records that were passed, other people's included."""


def scan_events(source: str | os.PathLike[str] | StoredFile, *, check_all: bool = False) -> Scan:
    """Find our captures in an event file, a cut or damaged one included.

    Records without our tags are passed over unread, so that large files cost little.

    Args:
        source: a path, or a file of an opened logdir.
        check_all: check the CRC of everybody's records, not only of ours.

    Raises:
        FileNotFoundError: the file is not there.
    """
    file = open_file(source) if isinstance(source, str | os.PathLike) else source
    scan = Scan()
    for start, data in _records(file, scan, check_all=check_all):
        _scan_record(file, start, data, scan)
    return scan


def _scan_record(file: StoredFile, start: int, data: bytes, scan: Scan) -> None:
    """Decode one record with our tag into the scan."""
    from tensorboard.compat.proto.event_pb2 import Event

    label = f"{file.label}, event at byte {start - 12}"
    try:
        event = Event.FromString(data)
    except DecodeError:
        scan.problems.append(f"{label} is damaged: it is no event")
        return
    for value in event.summary.value:
        if value.tag == INDEX_TAG:
            try:
                payload = first_string(value)
                if payload is None:
                    message = f"{label} is damaged: the index is not one string"
                    raise RecordError(message)
                content = value.metadata.plugin_data.content
                _, own_folder = decode_metadata(content, label=label)
                capture = decode_event(payload, label=label)
                if capture.step != event.step:
                    message = f"{label} is damaged: its manifest is of step {capture.step}"
                    raise RecordError(message)
            except RecordError as error:
                scan.problems.append(str(error))
                continue
            at = (start, len(data))
            scan.events.append(FoundEvent(capture=capture, own_folder=own_folder, preview_at=at))


def read_preview(source: str | os.PathLike[str] | StoredFile, at: tuple[int, int]) -> bytes:
    """Read the preview blob of an event that a scan found.

    Raises:
        RecordError: the record is not there any more, or holds no preview.
        FileNotFoundError: the file is not there.
    """
    from tensorboard.compat.proto.event_pb2 import Event

    file = open_file(source) if isinstance(source, str | os.PathLike) else source
    start, length = at
    data = file.read(start, length + 4)
    if struct.unpack("<I", data[length:])[0] == _masked(data[:length]):
        for value in Event.FromString(data[:length]).summary.value:
            payload = first_string(value)
            if value.tag == PREVIEW_TAG and payload is not None:
                return payload
    message = f"{file.label}, event at byte {start - 12} holds no preview that reads"
    raise RecordError(message)


def _records(file: StoredFile, scan: Scan, *, check_all: bool) -> Iterator[tuple[int, bytes]]:
    """Walk the records; give offset and data of those with our tags whose CRC is right."""
    window, position = _Window(file), 0
    while position < file.size:
        header = window.get(position, 12)
        length = _length(header)
        if length is None or position + length + 16 > file.size:
            cut = length is not None or len(header) < 12
            found = _resynchronise(window, position + 1)
            what = "is cut" if cut and found is None else "cannot be read"
            end = file.size if found is None else found
            scan.problems.append(f"{file.label} {what} from byte {position} to {end}")
            if found is None:
                return
            position = found
            continue
        start = position + 12
        ours = any(tag in window.get(start, min(length, _HEAD)) for tag in _TAGS)
        if ours and length > _MAX_RECORD:
            scan.problems.append(f"{file.label}, event at byte {position} is too large to be ours")
        elif (ours or check_all) and length <= _MAX_RECORD:
            data = window.get(start, length + 4)
            if struct.unpack("<I", data[length:])[0] != _masked(data[:length]):
                scan.problems.append(
                    f"{file.label}, event at byte {position} is damaged: its CRC-32C is wrong"
                )
            elif ours:
                yield start, data[:length]
        scan.records += 1
        position = start + length + 4


class _Window:
    """Reads a file in large chunks and hands out small pieces of them."""

    def __init__(self, file: StoredFile) -> None:
        self.file, self._start, self._data = file, 0, b""

    def get(self, start: int, length: int) -> bytes:
        """Give the bytes there are, fewer at the end of the file."""
        length = max(0, min(length, self.file.size - start))
        if not (self._start <= start and start + length <= self._start + len(self._data)):
            wanted = min(max(length, _CHUNK), self.file.size - start)
            self._start, self._data = start, self.file.read(start, wanted)
        begin = start - self._start
        return self._data[begin : begin + length]


def _length(header: bytes) -> int | None:
    """Give a record's length, None when its own CRC does not agree."""
    if len(header) < 12 or struct.unpack("<I", header[8:])[0] != _masked(header[:8]):
        return None
    return int(struct.unpack("<Q", header[:8])[0])


def _resynchronise(window: _Window, position: int) -> int | None:
    """Find the next place where a record begins: a length that agrees with its CRC and fits."""
    size = window.file.size
    while position + 16 <= size:
        chunk = window.get(position, min(_CHUNK, size - position))
        for offset in range(len(chunk) - 11):
            if chunk[offset + 5 : offset + 8] == b"\0\0\0":  # under 1 TiB, or it is no length
                length = _length(chunk[offset : offset + 12])
                if length is not None and position + offset + length + 16 <= size:
                    return position + offset
        position += max(1, len(chunk) - 11)
    return None


def _frame(data: bytes) -> bytes:
    length = struct.pack("<Q", len(data))
    return b"".join([length, _sum(length), data, _sum(data)])


def _sum(data: bytes) -> bytes:
    return struct.pack("<I", _masked(data))


def _masked(data: bytes) -> int:
    value: int = google_crc32c.value(data)
    return (((value >> 15) | (value << 17)) + 0xA282EAD8) & 0xFFFFFFFF
