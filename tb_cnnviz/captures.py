"""One capture as its event tells it, kept small: a run has hundreds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from cnnviz.contract.records import Manifest, Skipped
from cnnviz.errors import RecordError
from cnnviz.storage.events import decode_event
from cnnviz.storage.summaries import Summary, read_summary
from tb_cnnviz.provider import Element

__all__ = ["Capture", "Captures", "Table", "read_captures"]

NAMED: Final = 8
"""Events that cannot be read are named one by one up to so many: a run may have hundreds."""

Shared = dict[object, Any]
"""Equal values of many captures, kept once."""


@dataclass(frozen=True)
class Table:
    """The rows of a layer_table."""

    layers: tuple[str, ...]
    channels: tuple[int, ...] | None
    """How many channels each layer has in the per-channel columns; None when that is not sound."""

    def span(self, layer: str) -> tuple[int, int]:
        """Tell where a layer's channels lie in a per-channel column: first, and one past the last.

        Raises:
            RecordError: the record does not say.
        """
        if layer not in self.layers or self.channels is None:
            message = f"the record does not say where the channels of {layer[:200]!r} lie"
            raise RecordError(message)
        before = self.layers.index(layer)
        start = sum(self.channels[:before])
        return start, start + self.channels[before]


@dataclass(frozen=True)
class Capture:
    """What the index needs of one capture; the rest is decoded from `payload` when asked for."""

    step: int
    wall_time: float
    event_run: str
    digest: str
    model_digest: str
    checkpoint: bool
    keys: tuple[str, ...]
    tables: Mapping[str, Table]
    """What each layer_table is about, by the record's key."""
    skipped: tuple[Skipped, ...]
    payload: bytes
    summary_blob: bytes

    def manifest(self) -> Manifest:
        """Decode the whole manifest again."""
        return decode_event(self.payload, label=self.label).manifest

    @cached_property
    def summary(self) -> Summary:
        """Decode the numbers that the event carries, once.

        Raises:
            RecordError: they are damaged.
        """
        return read_summary(self.summary_blob, label=self.label)

    @property
    def label(self) -> str:
        """Name for messages."""
        return f"{self.event_run}: the event of step {self.step}"


@dataclass(frozen=True)
class Captures:
    """All captures of one event run in the loader's order, and what could not be read of it."""

    found: tuple[Capture, ...] = ()
    problems: tuple[str, ...] = ()


def read_captures(event_run: str, elements: Iterable[Element], known: Captures) -> Captures:
    """Decode a run's events; those decoded before are taken over.

    Args:
        event_run: TensorBoard's name of the run.
        elements: all its events under the index tag.
        known: what the call before gave.
    """
    before = {(capture.step, capture.wall_time): capture for capture in known.found}
    shared: Shared = {}
    found: list[Capture] = []
    problems: list[str] = []
    for element in elements:
        capture = before.get((element.step, element.wall_time))
        if capture is None or capture.payload != element.payload:
            try:
                capture = _decode(event_run, element, shared)
            except RecordError as error:
                problems.append(str(error))
                continue
        found.append(capture)
    if len(problems) > NAMED:
        more = f"{event_run}: {len(problems) - NAMED} more of its events cannot be read"
        problems = [*problems[:NAMED], more]
    return Captures(tuple(found), tuple(problems))


def _decode(event_run: str, element: Element, shared: Shared) -> Capture:
    label = f"{event_run}: the event of step {element.step}"
    if element.payload is None:
        raise RecordError(f"{label} is damaged: it holds no bytes")
    event = decode_event(element.payload, label=label)
    manifest = event.manifest
    if manifest.step != element.step:
        raise RecordError(f"{label} is damaged: its manifest is of step {manifest.step}")
    keys = tuple(entry.key for entry in manifest.records)
    return Capture(
        step=element.step,
        wall_time=manifest.wall_time,
        event_run=event_run,
        digest=event.digest,
        model_digest=manifest.model_digest,
        checkpoint=manifest.checkpoint,
        keys=shared.setdefault(keys, keys),
        tables=_tables(manifest, shared),
        skipped=tuple(manifest.skipped),
        payload=element.payload,
        summary_blob=event.summary,
    )


def _tables(manifest: Manifest, shared: Shared) -> Mapping[str, Table]:
    found: dict[str, Table] = {}
    for entry in manifest.records:
        listed = entry.facts.get("layers")
        if entry.kind == "layer_table" and isinstance(listed, list):
            layers = tuple(str(layer) for layer in listed)
            table = Table(layers, _counts(entry.facts.get("channels"), len(layers)))
            found[entry.key] = shared.setdefault(table, table)
    return found


def _counts(listed: Any, layers: int) -> tuple[int, ...] | None:
    if not isinstance(listed, list) or len(listed) != layers:
        return None
    sound = all(isinstance(count, int) and 0 <= count < 1 << 31 for count in listed)
    return tuple(listed) if sound else None
