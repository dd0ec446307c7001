"""One run of a logdir, read without torch: its captures, records, layers, examples."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TypeVar

import numpy as np

from cnnviz.contract.names import (
    CHECKPOINTS_FOLDER,
    DATASETS_FOLDER,
    EXAMPLES_FILE,
    GRAPH_FILE,
    PLUGIN_NAME,
)
from cnnviz.contract.records import Entry, Record, Skipped, entry_key
from cnnviz.errors import MissingError, RecordError
from cnnviz.storage.checkpoints import STEP_FILE
from cnnviz.storage.dataset_encoding import DATASET_NAME, dataset_file
from cnnviz.storage.datasets import DatasetFile
from cnnviz.storage.examples import ExamplesFile
from cnnviz.storage.files import Folder
from cnnviz.storage.graph_file import GraphFacts, read_graph
from cnnviz.storage.sightings import EventFolder, Sighting, find_captures
from cnnviz.storage.snapshot_records import provenance_of
from cnnviz.storage.stored_arrays import ExactArrays, preview_arrays

__all__ = ["Run"]

T = TypeVar("T")


class Run:
    """What a recorder wrote for one run, as it was when the logdir was opened.

    Everything is read when it is first asked for; what cannot be read is named in `problems` and
    the rest is given.
    """

    def __init__(self, folder: Folder, name: str, events: EventFolder) -> None:
        """Take the run's place and events.

        Args:
            folder: the logdir.
            name: the run's folder in it, "." for the logdir itself.
            events: those found for this run.
        """
        self.name = name
        self.folder = folder
        self.place = f"plugins/{PLUGIN_NAME}" if name == "." else f"{name}/plugins/{PLUGIN_NAME}"
        self._events = events

    @cached_property
    def captures(self) -> list[Sighting]:
        """All captures, their steps strictly increasing."""
        return self._found[0]

    @property
    def steps(self) -> list[int]:
        """Steps at which something was recorded."""
        return [capture.step for capture in self.captures]

    @cached_property
    def methods(self) -> list[str]:
        """Methods that have records, in the order of their first one."""
        return _unique(entry.method for entry in self._entries())

    @cached_property
    def layers(self) -> list[str]:
        """Layers that have records, in forward order where the graph is there."""
        named = _unique(entry.layer for entry in self._entries() if entry.layer is not None)
        graph = self.graph
        order = {layer.name: place for place, layer in enumerate(graph.layers)} if graph else {}
        return sorted(named, key=lambda name: order.get(name, len(order)))

    @property
    def graph(self) -> GraphFacts | None:
        """The captured network's layers and weights; None when there is no graph that reads."""
        return self._graph[0]

    @property
    def examples(self) -> ExamplesFile | None:
        """The examples; None when none are there that read."""
        return self._examples[0]

    @cached_property
    def checkpoints(self) -> list[int]:
        """Steps whose weights are there."""
        items = self.folder.items(f"{self.place}/{CHECKPOINTS_FOLDER}")
        found = [match for item in items if (match := STEP_FILE.fullmatch(item.name))]
        return sorted(int(match[1]) for match in found)

    @property
    def event_problems(self) -> list[tuple[str, str]]:
        """What in the event files could not be read: the file's name, and one sentence."""
        return list(self._events.problems)

    @property
    def problems(self) -> list[str]:
        """What could not be read, one sentence each."""
        found = [text for _, text in self._events.problems] + self._found[1]
        found += [text for text in (self._graph[1], self._examples[1]) if text]
        return found

    @cached_property
    def datasets(self) -> list[str]:
        """Names of the data sets that are stored."""
        items = self.folder.items(f"{self.place}/{DATASETS_FOLDER}")
        stems = [item.name.removesuffix(".safetensors") for item in items if not item.is_folder]
        return [stem for stem in stems if DATASET_NAME.fullmatch(stem)]

    def dataset(self, name: str | None = None) -> DatasetFile:
        """Open a data set that methods looked through.

        Args:
            name: as `facts["dataset"]` of a record says; None for the only one.

        Raises:
            MissingError: none of this name.
            RecordError: it is damaged.
        """
        if name is None and len(self.datasets) == 1:
            name = self.datasets[0]
        if name is None or name not in self.datasets:
            message = (
                f"run {self.name!r} has no data set {name!r}; {_shown('data set', self.datasets)}"
            )
            raise MissingError(message)
        return DatasetFile(self.folder.file(f"{self.place}/{dataset_file(name)}"))

    def skipped(self, step: int) -> list[Skipped]:
        """List the methods that were due at a step but gave no record, and why.

        Raises:
            MissingError: nothing was recorded at that step.
        """
        for capture in self.captures:
            if capture.step == step:
                return capture.manifest.skipped
        message = f"run {self.name!r} recorded nothing at step {step}; {_shown('step', self.steps)}"
        raise MissingError(message)

    def record(self, method: str, layer: str | None = None, step: int | None = None) -> Record:
        """Give the latest record at or before a step.

        Args:
            method: its name, with `@n` for a further set of params.
            layer: of the record; may be left out where the method has records of one layer only.
            step: None for the latest of all; the record says its own step.

        Returns:
            The record; its arrays are exact and read when asked for, or, with `source` "preview",
            in display quality because the snapshot file is not there.

        Raises:
            MissingError: no such record; the message names those there are.
            RecordError: the only copy is damaged.
        """
        key = self._key(method, layer)
        for capture in reversed(self.captures):
            if step is None or capture.step <= step:
                entry = next((one for one in capture.manifest.records if one.key == key), None)
                if entry is not None:
                    return self._open(capture, entry)
        steps = [c.step for c in self.captures if any(e.key == key for e in c.manifest.records)]
        message = (
            f"run {self.name!r} has no {key} at or before step {step}; {_shown('step', steps)}"
        )
        raise MissingError(message)

    def _key(self, method: str, layer: str | None) -> str:
        keys = _unique(entry.key for entry in self._entries())
        of_method = [key for key in keys if key.partition("/")[0] == method]
        if not of_method:
            names = _unique(key.partition("/")[0] for key in keys)
            message = f"run {self.name!r} has no records of {method!r}; {_shown('method', names)}"
            raise MissingError(message)
        wanted = entry_key(method, layer)
        if wanted in of_method:
            return wanted
        if layer is None and len(of_method) == 1:
            return of_method[0]
        layers = [key.partition("/")[2] for key in of_method if "/" in key]
        if not layers:
            message = f"{method} in run {self.name!r} is not per layer: leave layer={layer!r} out"
        elif layer is None:
            message = f"{method} in run {self.name!r} is per layer: give layer=, one of {layers}"
        else:
            message = f"run {self.name!r} has no {method} of {layer!r}; {_shown('layer', layers)}"
        raise MissingError(message)

    def _open(self, capture: Sighting, entry: Entry) -> Record:
        arrays: Mapping[str, np.ndarray]
        if capture.snapshot is not None:
            arrays, source = ExactArrays(capture.snapshot, entry), "bulk"
        else:
            arrays, source = preview_arrays(capture, entry), "preview"
        provenance = provenance_of(capture.manifest, entry, run=self.name)
        return Record(
            method=entry.method,
            kind=entry.kind,
            layer=entry.layer,
            step=capture.step,
            arrays=arrays,
            facts=entry.facts,
            provenance=provenance,
            source=source,
        )

    def _entries(self) -> list[Entry]:
        return [entry for capture in self.captures for entry in capture.manifest.records]

    @cached_property
    def _found(self) -> tuple[list[Sighting], list[str]]:
        return find_captures(self.folder, self.place, self._events.found)

    @cached_property
    def _graph(self) -> tuple[GraphFacts | None, str]:
        try:
            return read_graph(self.folder.file(f"{self.place}/{GRAPH_FILE}"))[0], ""
        except FileNotFoundError:
            return None, ""
        except (OSError, RecordError) as error:
            return None, str(error)

    @cached_property
    def _examples(self) -> tuple[ExamplesFile | None, str]:
        try:
            return ExamplesFile(self.folder.file(f"{self.place}/{EXAMPLES_FILE}")), ""
        except FileNotFoundError:
            return None, ""
        except (OSError, RecordError) as error:
            return None, str(error)

    def __repr__(self) -> str:
        return f"<run {self.name!r}: {len(self.steps)} steps, {', '.join(self.methods) or 'empty'}>"


def _unique(values: Iterable[T]) -> list[T]:
    return list(dict.fromkeys(values))


def _shown(word: str, values: Sequence[object]) -> str:
    if not values:
        return f"it has no {word}s"
    some = [repr(value) for value in values[:12]]
    if len(values) > 12:
        some += ["…", repr(values[-1])]
    return f"its {word}s are {', '.join(some)}"
