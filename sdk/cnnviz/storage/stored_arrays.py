"""A stored record's arrays, read when they are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from cnnviz.contract.records import Entry, array_name
from cnnviz.errors import MissingError
from cnnviz.storage.sightings import Sighting
from cnnviz.storage.snapshots import SnapshotFile

__all__ = ["ExactArrays", "preview_arrays"]


class ExactArrays(Mapping[str, np.ndarray]):
    """The arrays of one record in a snapshot file, the main one first; each is read once.

    Reading raises RecordError when the bytes are not those that were written.
    """

    def __init__(self, snapshot: SnapshotFile, entry: Entry) -> None:
        """Take the open file; nothing is read yet."""
        self._snapshot, self._entry = snapshot, entry
        self._read: dict[str, np.ndarray] = {}

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in self._read:
            self._read[name] = self._snapshot.array(self._entry.key, name)
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entry.arrays)

    def __len__(self) -> int:
        return len(self._entry.arrays)

    def __contains__(self, name: object) -> bool:
        return name in self._entry.arrays

    def __repr__(self) -> str:
        shapes = [f"{name}: {info.dtype} {info.shape}" for name, info in self._entry.arrays.items()]
        return f"<arrays {', '.join(shapes)}>"


def preview_arrays(sighting: Sighting, entry: Entry) -> dict[str, np.ndarray]:
    """Give what the event still knows of a record whose snapshot file is not there.

    Pictures come in display quality and maybe fewer and smaller, statistics per layer exact, of
    scores the five best classes.

    Raises:
        MissingError: the event does not hold this record, or there is no event.
        RecordError: the event is damaged.
    """
    if entry.kind in ("layer_table", "scores"):
        summary = sighting.summary()
        found = (summary.tables if entry.kind == "layer_table" else summary.scores).get(entry.key)
        if found:
            return dict(found)
    main = next(iter(entry.arrays), "")
    picture = sighting.preview().pictures.get(array_name(entry.key, main))
    if picture is None:
        message = (
            f"{entry.key} at step {sighting.step} is not in the event's preview, "
            "and the snapshot file that has it is not there"
        )
        raise MissingError(message)
    values = picture.values()
    if len(entry.arrays[main].shape) == 2 and entry.kind == "feature_maps":
        values = values.reshape(values.shape[:2])
    return {main: values}
