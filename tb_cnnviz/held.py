"""A record held open: its arrays and facts, whether a capture or a job left it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from cnnviz.contract.records import Entry
from cnnviz.errors import MissingError, ParamsError, RecordError
from cnnviz.storage.snapshots import SnapshotFile
from tb_cnnviz.answers.listing import find_entry
from tb_cnnviz.reader import Logs

__all__ = ["Held", "held_capture"]

MAX_BYTES: Final = 1 << 30
"""Of one array: features of a million images."""

Array = NDArray[np.generic]


@dataclass(frozen=True)
class Held:
    """One record at one step, and the way to its arrays."""

    run: str
    step: int
    digest: str
    entry: Entry
    read: Callable[[Callable[[SnapshotFile], Array]], Array]
    """Lets a function read from the record's file."""

    def has(self, name: str) -> bool:
        """Tell whether the record holds an array."""
        return name in self.entry.arrays

    def shape(self, name: str, ndim: int) -> list[int]:
        """Give an array's shape, which must have `ndim` axes.

        Raises:
            RecordError: there is no such array: the record is not what its kind says.
        """
        info = self.entry.arrays.get(name)
        if info is None or len(info.shape) != ndim:
            message = f"{self.entry.key!r} is damaged: it has no {name} of {ndim} axes"
            raise RecordError(message)
        return info.shape

    def array(self, name: str, index: int | None = None) -> Array:
        """Give an array, or one row of it.

        Raises:
            MissingError: there is none, or no such row.
            RecordError: it is damaged, or larger than is read here.
        """
        if not self.has(name):
            message = f"record {self.entry.key!r} has no array {name!r}"
            raise MissingError(f"{message}; it has {list(self.entry.arrays)}")
        info = self.entry.arrays[name]
        size = math.prod(info.shape) * np.dtype(info.dtype).itemsize
        if size > MAX_BYTES:
            message = f"{name} of {self.entry.key!r} takes {size} bytes; at most {MAX_BYTES} are"
            raise RecordError(f"{message} read here: load it in Python")
        return self.read(lambda file: file.array(self.entry.key, name, index=index))

    def check_kind(self, kind: str) -> None:
        """Refuse a record of another kind.

        Raises:
            ParamsError: it is one.
        """
        if self.entry.kind != kind:
            message = f"{self.entry.key!r} is of kind {self.entry.kind}, expected {kind}"
            raise ParamsError(message, field="key")


class OfCapture(Protocol):
    """A query that names a record of a capture."""

    @property
    def run(self) -> str: ...
    @property
    def step(self) -> int: ...
    @property
    def key(self) -> str: ...
    @property
    def digest(self) -> str: ...


def held_capture(logs: Logs, query: OfCapture) -> Held:
    """Hold a record of a capture.

    Raises:
        MissingError: no such run, step or record.
        RecordError: the exact file is out of reach.
    """
    found, capture = logs.captured(query.run, query.step, query.digest)
    entry = find_entry(logs.manifest(capture), query.key, run=found.name)
    place = found.places.get(capture.event_run)
    if place is None:
        message = f"the files of run {found.name!r} are out of reach: {query.key!r} lies in them"
        raise RecordError(message)
    read = partial(logs.bulk.read, place, capture)
    return Held(found.name, capture.step, capture.digest, entry, read)
