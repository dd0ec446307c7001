"""The exact arrays of a run's captures, in the files beside the events."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, TypeVar

from cnnviz.errors import RecordError
from cnnviz.storage.snapshots import SnapshotFile, snapshot_name
from tb_cnnviz.captures import Capture
from tb_cnnviz.locate import Place

__all__ = ["Bulk"]

OPEN_FILES: Final = 24
"""How many headers are kept; a file itself is open only while it is read."""

T = TypeVar("T")


class Bulk:
    """Snapshot files, opened when asked for; another capture's is never taken for this one's."""

    def __init__(self) -> None:
        """Start with nothing opened."""
        self._opened: OrderedDict[str, SnapshotFile] = OrderedDict()
        self._lock = threading.Lock()

    def open(self, place: Place, capture: Capture, *, keep: bool = True) -> SnapshotFile:
        """Open a capture's file.

        Args:
            place: the run's folder.
            capture: which capture.
            keep: whether the header stays in memory for the next call.

        Raises:
            RecordError: it is not there, damaged, or another capture's.
        """
        with self._lock:
            opened = self._opened.get(capture.digest)
            if opened is not None:
                self._opened.move_to_end(capture.digest)
                return opened
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
            self._keep(capture.digest, opened)
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
            with self._lock:
                if self._opened.pop(capture.digest, None) is None:
                    raise
        return work(self.open(place, capture, keep=keep))

    def _keep(self, digest: str, opened: SnapshotFile) -> None:
        with self._lock:
            self._opened[digest] = opened
            while len(self._opened) > OPEN_FILES:
                self._opened.popitem(last=False)
