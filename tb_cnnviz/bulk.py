"""The exact arrays of a run's captures, in the files beside the events."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from cnnviz.errors import RecordError
from cnnviz.storage.files import StoredFile
from cnnviz.storage.glance import Glance
from cnnviz.storage.snapshots import SnapshotFile, snapshot_name
from tb_cnnviz.captures import Capture
from tb_cnnviz.locate import Place
from tb_cnnviz.recent import Recent

__all__ = ["Bulk", "glance_at"]

OPEN_FILES: Final = 24
"""How many headers are kept; a file itself is open only while it is read."""

T = TypeVar("T")


class Bulk:
    """Snapshot files, opened when asked for; another capture's is never taken for this one's."""

    def __init__(self) -> None:
        """Start with nothing opened."""
        self._opened: Recent[SnapshotFile] = Recent(OPEN_FILES)

    def read(self, place: Place, capture: Capture, work: Callable[[SnapshotFile], T]) -> T:
        """Let `work` read from a capture's file; one replaced since it was opened is opened again.

        Raises:
            MissingError: what `work` asks for is not in it.
            RecordError: it is not there, damaged, or another capture's.
        """
        known = self._opened.get(capture.digest)
        if known is not None:
            try:
                return work(known)
            except RecordError:
                self._opened.drop(capture.digest)
        opened = SnapshotFile(_file(place, capture))
        if opened.digest != capture.digest:
            message = (
                f"the bulk file of step {capture.step} is another capture's: its manifest is not "
                "the event's"
            )
            raise RecordError(message)
        self._opened.keep(capture.digest, opened)
        return work(opened)


def glance_at(place: Place, capture: Capture) -> Glance:
    """Open a capture's file for a few bytes, as for each of hundreds of steps.

    Raises:
        RecordError: it is not there, cut, or another capture's.
    """
    return Glance(_file(place, capture), capture.digest)


def _file(place: Place, capture: Capture) -> StoredFile:
    try:
        return place.folder.file(f"{place.name}/{snapshot_name(capture.step)}")
    except OSError:
        message = f"the bulk file of step {capture.step} is not there"
        raise RecordError(message) from None
