"""What the background thread does with a capture: snapshot, then checkpoint, then event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cnnviz.contract.records import Manifest
from cnnviz.core.gathering import Gathered
from cnnviz.recording.destination import ClosedWriterError, Destination
from cnnviz.recording.troubles import Troubles
from cnnviz.recording.weights import WeightCopy
from cnnviz.storage import RunWriter, make_previews, make_summary
from cnnviz.storage.events import encode_event

__all__ = ["Capture", "Journal"]


@dataclass(frozen=True)
class Capture:
    """All that was taken from the net at one step; nothing in it is live."""

    manifest: Manifest
    """Its records without their arrays."""
    arrays: Mapping[str, Mapping[str, np.ndarray]]
    weights: WeightCopy | None
    """None when no checkpoint is wanted."""
    dataset: Gathered | None = None
    """A data set that its records speak of and that is not stored yet."""


class Journal:
    """Writes the captures of one run, in order; a part that fails does not stop the later ones.

    The order makes a kill harmless at any moment: what an event names is on the disk before it.

    Args:
        files: the run's folder of bulk.
        destination: takes the events.
        retention: rule for checkpoints.
        preview_bytes: budget of the previews in one event.
        labels: class of each example, if known.
        troubles: takes what went wrong.
    """

    def __init__(
        self,
        files: RunWriter,
        destination: Destination,
        *,
        retention: str,
        preview_bytes: int,
        labels: Sequence[int] | None,
        troubles: Troubles,
    ) -> None:
        self._files = files
        self._destination = destination
        self._retention = retention
        self._preview_bytes = preview_bytes
        self._labels = labels
        self._troubles = troubles
        self._reached = files.last_step()

    def write(self, capture: Capture) -> None:
        """Write one capture; called in the background thread."""
        step = capture.manifest.step
        if self._reached is not None and step <= self._reached:
            self._files.take_back(step)
        if capture.dataset is not None:
            self._files.write_dataset(capture.dataset.name, capture.dataset.chunks)
        manifest, digest = self._files.write_snapshot(capture.manifest, capture.arrays)
        self._reached = step
        if capture.weights is not None:
            self._checkpoint(manifest, capture.weights)
        summary = encode_event(
            manifest,
            digest,
            make_summary(manifest.records, capture.arrays, labels=self._labels),
            make_previews(manifest.records, capture.arrays, self._preview_bytes, digest=digest),
            own_folder=self._destination.own_folder,
        )
        self._destination.write(summary, step=manifest.step, wall_time=manifest.wall_time)

    def close(self) -> None:
        """Bring the events to the disk."""
        try:
            self._destination.close()
        except (OSError, ClosedWriterError) as error:
            self.report(error)

    def report(self, error: Exception) -> None:
        """Warn of an error while writing, once for its kind."""
        if isinstance(error, ClosedWriterError):
            self._troubles.say("closed writer", f"{error}; captures after that have no event")
            return
        message = (
            f"a capture could not be written ({error}); training goes on, the next is tried again"
        )
        self._troubles.say("writing", message)

    def _checkpoint(self, manifest: Manifest, weights: WeightCopy) -> None:
        try:
            self._files.write_checkpoint(
                manifest.step,
                weights.arrays,
                model_digest=manifest.model_digest,
                dtypes=weights.dtypes,
            )
            self._files.apply_retention(self._retention)
        except OSError as error:
            self.report(error)
        finally:
            weights.release()
