"""A record is a result with its provenance; a manifest lists the records of one capture.

The manifest is JSON (these structs), stored twice: in the header of `snapshots/<step>.safetensors`
and, deflated, in the event. Its SHA-256 is the capture's digest; every array in it carries its own
CRC-32C.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

from cnnviz.contract.names import FORMAT_VERSION

__all__ = [
    "ArrayInfo",
    "Entry",
    "Manifest",
    "Origin",
    "Provenance",
    "Record",
    "Skipped",
    "array_name",
    "entry_key",
]


class ArrayInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Type, shape and checksum of one array of a record."""

    dtype: str
    """numpy's name: float32, float16, float64, uint8, int32, int64, bool."""
    shape: list[int]
    crc32c: int
    """Of the array's bytes, C order, little endian."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One record as the manifest lists it."""

    key: str
    """Unique in its capture: `method` or `method/layer`; `@n` before it counts further params."""
    method: str
    method_version: int
    kind: str
    layer: str | None
    params: dict[str, Any]
    facts: dict[str, Any]
    seed: int
    duration: float
    """Seconds the method took; the share of a forward that methods had in common is not counted."""
    arrays: dict[str, ArrayInfo]


class Skipped(msgspec.Struct, frozen=True, kw_only=True):
    """A method that was due but gave no record at this step, and why."""

    method: str
    reason: str


class Origin(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The job that made a picture which another job looks at, and so on to the first picture."""

    job: str
    """Its id."""
    image: int
    """Which of its pictures."""
    method: str
    params: dict[str, Any]
    run: str
    step: int | None
    examples: list[int]
    seed: int
    inputs: list[Origin | None] = []
    """Where its own pictures came from, in their order; None for a file."""
    cut: bool = False
    """Whether the chain goes on, but was too long to be kept."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """All that one capture recorded, without the arrays."""

    version: int = FORMAT_VERSION
    run: str
    step: int
    wall_time: float
    """Seconds since the epoch."""
    session: str
    """Random name of the recorder that wrote it: a resumed run has several."""
    model_digest: str
    """SHA-256 of graph.json, or of the architecture's description where there is no graph."""
    device: str
    versions: dict[str, str]
    checkpoint: bool
    """Whether `checkpoints/<step>.safetensors` was written; retention may have removed it since."""
    records: list[Entry]
    skipped: list[Skipped] = []
    origins: list[Origin | None] = []
    """Of a job: where its own pictures came from, in their order; None for a file."""


class Provenance(msgspec.Struct, frozen=True, kw_only=True):
    """Where a record comes from: enough to make it again."""

    method: str
    method_version: int
    params: dict[str, Any]
    run: str
    step: int | None
    layer: str | None
    seed: int
    model_digest: str
    versions: dict[str, str]
    device: str
    duration: float
    wall_time: float
    origins: list[Origin | None] = []
    """Of a job: where its own pictures came from, in their order; None for a file."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """A result with its provenance, as the user meets it.

    `arrays` are numpy arrays, exact, the main one first (a stored record reads them when they are
    asked for).
    """

    method: str
    kind: str
    layer: str | None
    step: int | None
    """The step it was recorded at; None for a record of no logdir."""
    arrays: Mapping[str, np.ndarray]
    facts: Mapping[str, Any]
    provenance: Provenance
    source: str = "bulk"
    """bulk: exact values; preview: display quality, because the snapshot file is not there."""


def entry_key(method: str, layer: str | None, *, variant: int = 0) -> str:
    """Key of a record in its capture; `variant` counts further sets of params of one method."""
    name = f"{method}@{variant}" if variant else method
    return f"{name}/{layer}" if layer is not None else name


def array_name(key: str, name: str) -> str:
    """Name of a record's array in a snapshot file."""
    return f"{key}|{name}"
