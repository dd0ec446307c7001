"""What a run recorded, seen in its snapshot files and in its events: the union of both."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from cnnviz.contract.names import SNAPSHOTS_FOLDER
from cnnviz.contract.records import Manifest
from cnnviz.errors import MissingError, RecordError
from cnnviz.storage.captures import strictly_increasing
from cnnviz.storage.checkpoints import STEP_FILE
from cnnviz.storage.event_files import FoundEvent, is_event_file, read_preview, scan_events
from cnnviz.storage.files import Folder
from cnnviz.storage.previews import Preview
from cnnviz.storage.previews import read_preview as decode_preview
from cnnviz.storage.snapshots import SnapshotFile
from cnnviz.storage.summaries import Summary, read_summary

__all__ = ["EventFolder", "Sighting", "find_captures", "scan_folder"]


@dataclass(frozen=True, kw_only=True)
class Sighting:
    """One capture, and where it can be read: in its snapshot file, in its event, or both."""

    manifest: Manifest
    digest: str
    snapshot: SnapshotFile | None = None
    event: FoundEvent | None = None
    event_file: str = ""
    """Name of the file that holds the event."""
    folder: Folder

    @property
    def step(self) -> int:
        """The training step."""
        return self.manifest.step

    @property
    def wall_time(self) -> float:
        """Seconds since the epoch."""
        return self.manifest.wall_time

    def preview(self) -> Preview:
        """Read the previews of the event.

        Raises:
            MissingError: no event of this capture is there.
            RecordError: damaged, or another capture's.
        """
        if self.event is None:
            message = f"step {self.step} has neither its snapshot file nor its event"
            raise MissingError(message)
        blob = read_preview(self.folder.file(self.event_file), self.event.preview_at)
        preview = decode_preview(blob, label=f"{self.event_file}, preview of step {self.step}")
        if preview.digest and preview.digest != self.digest:
            message = f"{self.event_file}: the preview of step {self.step} is another capture's"
            raise RecordError(message)
        return preview

    def summary(self) -> Summary:
        """Read the summary of the event; empty without an event.

        Raises:
            RecordError: damaged.
        """
        if self.event is None or not self.event.capture.summary:
            return Summary()
        label = f"{self.event_file}, summary of step {self.step}"
        return read_summary(self.event.capture.summary, label=label)


@dataclass(frozen=True, kw_only=True)
class EventFolder:
    """Our events in the event files of one folder."""

    found: tuple[tuple[str, FoundEvent], ...]
    """File's name, event."""
    problems: tuple[tuple[str, str], ...]
    """File's name, what in it could not be read."""


def scan_folder(folder: Folder, name: str, *, check_all: bool = False) -> EventFolder:
    """Scan the event files that lie in a folder.

    Args:
        folder: the logdir.
        name: the folder in it that holds the files.
        check_all: check every record, other people's too.
    """
    found: list[tuple[str, FoundEvent]] = []
    problems: list[tuple[str, str]] = []
    for item in folder.items(name):
        if item.is_folder or not is_event_file(item.name):
            continue
        path = f"{name}/{item.name}".lstrip("/")
        try:
            scan = scan_events(folder.file(path), check_all=check_all)
        except (OSError, RecordError) as error:
            problems.append((path, f"{path} cannot be read: {error}"))
            continue
        found += [(path, event) for event in scan.events]
        problems += [(path, text) for text in scan.problems]
    return EventFolder(found=tuple(found), problems=tuple(problems))


def find_captures(
    folder: Folder, place: str, events: Iterable[tuple[str, FoundEvent]]
) -> tuple[list[Sighting], list[str]]:
    """Join a run's snapshot files and events, by digest and in order.

    Args:
        folder: the logdir.
        place: `<run>/plugins/cnnviz` in it.
        events: the run's events with the names of their files.

    Returns:
        The captures with strictly increasing steps, and what could not be read.
    """
    sightings: dict[str, Sighting] = {}
    problems: list[str] = []
    for item in folder.items(f"{place}/{SNAPSHOTS_FOLDER}"):
        match = STEP_FILE.fullmatch(item.name)
        if match is None or item.is_folder:
            continue
        path = f"{place}/{SNAPSHOTS_FOLDER}/{item.name}"
        try:
            snapshot = SnapshotFile(folder.file(path))
            manifest = snapshot.manifest
        except (OSError, RecordError) as error:
            problems.append(str(error))
            continue
        if manifest.step != int(match[1]):
            problems.append(f"{path} is misnamed: it holds step {manifest.step}")
            continue
        sightings[snapshot.digest] = Sighting(
            manifest=manifest, digest=snapshot.digest, snapshot=snapshot, folder=folder
        )
    for path, event in events:
        digest = event.capture.digest
        known = sightings.get(digest)
        sightings[digest] = (
            replace(known, event=event, event_file=path)
            if known
            else Sighting(
                manifest=event.capture.manifest,
                digest=digest,
                event=event,
                event_file=path,
                folder=folder,
            )
        )
    return strictly_increasing(sightings.values()), problems
