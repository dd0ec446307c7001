"""The index over everything TensorBoard has read: which runs, which captures, kept up to date.

A refresh asks the data provider at most once a second, reads only runs that changed and decodes
only new events. What it gives is never changed afterwards, so answers need no lock.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

from cnnviz.contract.records import Manifest
from cnnviz.errors import MissingError, RecordError
from cnnviz.storage.captures import strictly_increasing
from cnnviz.storage.datasets import DatasetFile
from cnnviz.storage.events import decode_metadata
from cnnviz.storage.neighbourhood import Neighbourhood
from tb_cnnviz.bulk import Bulk
from tb_cnnviz.captures import Capture, Captures, read_captures
from tb_cnnviz.locate import Locator, Place, is_own_folder, shown_name
from tb_cnnviz.previews import Previews
from tb_cnnviz.provider import Provider, TagState
from tb_cnnviz.recent import Recent
from tb_cnnviz.run_files import RunFiles, RunFilesCache

__all__ = ["Logs", "Run", "digest_of_texts"]

REFRESH_SECONDS: Final = 1.0
MANIFESTS: Final = 48
"""How many decoded manifests are kept."""
DATASETS: Final = 8
"""How many opened data sets are kept; their images are read when asked for."""
NEIGHBOURHOOD_BYTES: Final = 256 << 20
"""Of vectors kept to find neighbours among; one set that is larger is kept alone."""
SCALARS_SECONDS: Final = 10.0
"""Tags hardly change, and listing them walks over all their events under the Python loader."""


@dataclass(frozen=True)
class EventRun:
    """One of TensorBoard's runs that holds our events."""

    name: str
    own_folder: bool
    state: TagState
    captures: Captures


@dataclass(frozen=True)
class Run:
    """One run as the page knows it; its events may lie in several of TensorBoard's runs."""

    name: str
    captures: tuple[Capture, ...]
    """Those that count, steps strictly increasing."""
    problems: tuple[str, ...]
    places: Mapping[str, Place] = field(default_factory=dict)
    """By event run: where its bulk files are."""
    scalars: tuple[str, ...] = ()
    scalar_runs: tuple[str, ...] = ()
    """TensorBoard's runs that hold the run's own scalars."""

    @cached_property
    def at(self) -> dict[int, Capture]:
        """Give the capture of each step."""
        return {capture.step: capture for capture in self.captures}

    @cached_property
    def stamp(self) -> str:
        """Name what the captures, scalars and problems are; changes when any of them does."""
        texts = [capture.digest for capture in self.captures]
        return digest_of_texts([self.name, *texts, *self.scalars, *self.problems])

    def capture(self, step: int) -> Capture:
        """Give the capture of exactly this step.

        Raises:
            MissingError: there is none; names the nearest.
        """
        if step not in self.at:
            near = sorted(self.at, key=lambda other: abs(other - step))[:3]
            message = f"run {self.name!r} has no capture at step {step}; the nearest are at {near}"
            raise MissingError(message)
        return self.at[step]


class Logs:
    """All runs of one TensorBoard (or one experiment of it)."""

    def __init__(self, provider: Provider, locator: Locator) -> None:
        """Start empty; the first request fills it."""
        self.provider = provider
        self.locator = locator
        self.bulk = Bulk()
        self.previews = Previews(provider)
        self.datasets: Recent[DatasetFile] = Recent(DATASETS)
        self.neighbourhoods: Recent[Neighbourhood] = Recent(
            NEIGHBOURHOOD_BYTES, weigh=lambda one: one.nbytes
        )
        self._files = RunFilesCache()
        self._manifests: Recent[Manifest] = Recent(MANIFESTS)
        self._event_runs: dict[str, EventRun] = {}
        self._runs: dict[str, Run] = {}
        self._scalars: dict[str, list[str]] = {}
        self._scalars_due = 0.0
        self._refreshed = float("-inf")
        self._lock = threading.Lock()

    def runs(self) -> dict[str, Run]:
        """Give all runs by name, as of at most a second ago."""
        with self._lock:
            if time.monotonic() - self._refreshed >= REFRESH_SECONDS:
                self._refresh()
                self._refreshed = time.monotonic()
            return self._runs

    def run(self, name: str) -> Run:
        """Give one run, as of at most a second ago.

        Raises:
            MissingError: no such run; names those there are.
        """
        runs = self.runs()
        if name not in runs:
            message = f"no run {name!r} with CNN Viz data; there are {sorted(runs)[:20]}"
            raise MissingError(message)
        return runs[name]

    def captured(self, name: str, step: int, digest: str) -> tuple[Run, Capture]:
        """Find one capture; without asking TensorBoard again when it is known already.

        Raises:
            MissingError: no such run or step, or the step holds another capture by now.
        """
        known = self._runs.get(name)
        capture = known.at.get(step) if known else None
        if known is None or capture is None or not digest or capture.digest != digest:
            known = self.run(name)
            capture = known.capture(step)
        if digest and capture.digest != digest:
            message = f"step {step} of run {name!r} was recorded anew: ask for its new digest"
            raise MissingError(message)
        return known, capture

    def files_of(self, run: Run) -> RunFiles:
        """Tell what lies beside a run's events, as of at most two seconds ago."""
        return self._files.of(list(run.places.values()), run.stamp)

    def manifest(self, capture: Capture) -> Manifest:
        """Give a capture's manifest; those asked for lately come from memory."""
        manifest = self._manifests.get(capture.digest)
        if manifest is None:
            manifest = capture.manifest()
            self._manifests.keep(capture.digest, manifest)
        return manifest

    def _refresh(self) -> None:
        states = self.provider.index_states()
        changed = [
            name
            for name, state in states.items()
            if name not in self._event_runs or self._event_runs[name].state != state
        ]
        fresh = self.provider.side_by_side(lambda name: self._read(name, states[name]), changed)
        gone = self._event_runs.keys() - states.keys()
        for name in gone:
            del self._event_runs[name]
        self._event_runs.update({event_run.name: event_run for event_run in fresh})
        scalars_changed = self._refresh_scalars(force=bool(changed))
        if changed or gone or scalars_changed:
            self._runs = self._grouped()

    def _read(self, name: str, state: TagState) -> EventRun:
        own_folder, problem = _own_folder(name, state)
        before = self._event_runs.get(name)
        known = before.captures if before else Captures()
        try:
            captures = read_captures(name, self.provider.index_elements(name), known)
        except RecordError as error:
            captures = Captures(known.found, (str(error),))
        if problem:
            captures = replace(captures, problems=(*captures.problems, problem))
        return EventRun(name, own_folder, state, captures)

    def _refresh_scalars(self, *, force: bool) -> bool:
        now = time.monotonic()
        if now < self._scalars_due and not force:
            return False
        self._scalars_due = now + SCALARS_SECONDS
        names = {
            shown_name(run.name, own_folder=run.own_folder) for run in self._event_runs.values()
        }
        try:
            scalars = self.provider.scalar_tags(sorted(names | self._event_runs.keys()))
        except RecordError:
            return False
        changed = scalars != self._scalars
        self._scalars = scalars
        return changed

    def _grouped(self) -> dict[str, Run]:
        groups: dict[str, list[EventRun]] = {}
        for event_run in self._event_runs.values():
            name = shown_name(event_run.name, own_folder=event_run.own_folder)
            groups.setdefault(name, []).append(event_run)
        return {name: self._run(name, groups[name]) for name in sorted(groups)}

    def _run(self, name: str, event_runs: list[EventRun]) -> Run:
        problems = [text for event_run in event_runs for text in event_run.captures.problems]
        places: dict[str, Place] = {}
        for event_run in event_runs:
            place, problem = self.locator.place(event_run.name, own_folder=event_run.own_folder)
            if place is not None:
                places[event_run.name] = place
            if problem is not None:
                problems.append(problem)
        found = [capture for event_run in event_runs for capture in event_run.captures.found]
        sources = dict.fromkeys([name, *(event_run.name for event_run in event_runs)])
        holders = tuple(source for source in sources if self._scalars.get(source))
        tags = dict.fromkeys(tag for source in holders for tag in self._scalars[source])
        return Run(
            name=name,
            captures=tuple(strictly_increasing(found)),
            problems=tuple(dict.fromkeys(problems)),
            places=places,
            scalars=tuple(tags),
            scalar_runs=holders,
        )


def digest_of_texts(texts: Iterable[str]) -> str:
    """Name a list of texts by 16 hexadecimal digits."""
    total = hashlib.sha256()
    for text in texts:
        data = text.encode("utf-8", "surrogatepass")
        total.update(len(data).to_bytes(8, "little") + data)
    return total.hexdigest()[:16]


def _own_folder(name: str, state: TagState) -> tuple[bool, str | None]:
    try:
        _, own_folder = decode_metadata(state.content, label=f"{name}: the first event")
    except RecordError as error:
        return is_own_folder(name) and name not in ("", "."), str(error)
    # The Rust loader passes flipped bytes on: the folder's name has a say too.
    return own_folder and is_own_folder(name), None
