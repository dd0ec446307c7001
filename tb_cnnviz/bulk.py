"""The exact arrays of a run's captures, in the files beside the events."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from cnnviz.errors import RecordError
from cnnviz.storage.snapshots import SnapshotFile, snapshot_name
from tb_cnnviz.captures import Capture
from tb_cnnviz.locate import Place
from tb_cnnviz.recent import Recent

__all__ = ["Bulk"]

OPEN_FILES: Final = 24
"""How many headers are kept; a file itself is open only while it is read."""

T = TypeVar("T")


class Bulk:
    """Snapshot files, opened when asked for; another capture's is never taken for this one's."""

    def __init__(self) -> None:
        """Start with nothing opened."""
        self._opened: Recent[SnapshotFile] = Recent(OPEN_FILES)

    def open(self, place: Place, capture: Capture, *, keep: bool = True) -> SnapshotFile:
        """Open a capture's file.

        Args:
            place: the run's folder.
            capture: which capture.
            keep: whether the header stays in memory for the next call.

        Raises:
            RecordError: it is not there, damaged, or another capture's.
        """
        known = self._opened.get(capture.digest)
        if known is not None:
            return known
        name = f"{place.name}/{snapshot_name(capture.step)}"
        try:
            opened = SnapshotFile(place.folder.file(name))
        except OSError:
            message = f"the bulk file of step {capture.step} is not there"
            raise RecordError(message) from None
        if opened.digest != capture.digest:
            message = (
                f"the bulk file of step {capture.step} is another capture's: its manifest is not "
                "the event's"
            )
            raise RecordError(message)
        if keep:
            self._opened.keep(capture.digest, opened)
        return opened

    def read(
        self,
        place: Place,
        capture: Capture,
        work: Callable[[SnapshotFile], T],
        *,
        keep: bool = True,
    ) -> T:
        """Let `work` read from a capture's file; one replaced since it was opened is opened again.

        Raises:
            MissingError: what `work` asks for is not in it.
            RecordError: as `open`, or the bytes are damaged.
        """
        try:
            return work(self.open(place, capture, keep=keep))
        except RecordError:
            if not self._opened.drop(capture.digest):
                raise
        return work(self.open(place, capture, keep=keep))
