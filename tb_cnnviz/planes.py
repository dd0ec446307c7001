"""Finds the pictures of a record: exact ones in the bulk file, else the event's previews."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cnnviz.contract.records import Entry, array_name
from cnnviz.errors import MissingError, ParamsError, RecordError
from cnnviz.storage.codes import Codes, decode_codes
from cnnviz.storage.previews import Picture
from cnnviz.storage.snapshots import SnapshotFile
from tb_cnnviz.captures import Capture
from tb_cnnviz.reader import Logs, Run
from tb_cnnviz.wire import Source

__all__ = [
    "Planes",
    "Wanted",
    "as_planes",
    "bounded",
    "check_index",
    "exact_planes",
    "find_planes",
    "preview_planes",
]

Array = NDArray[np.generic]
MAX_VALUES: Final = 32 << 20
"""How many values one answer is made from: the 512 × 512 × 3 × 3 kernels of VGG are 2.4 million."""
PICTURED: Final = ("feature_maps", "kernels", "heatmap")


@dataclass(frozen=True)
class Wanted:
    """Which part of a record: one image's maps or all filters, or a single channel of them."""

    key: str
    kind: str
    array: str
    image: int
    channel: int | None

    @classmethod
    def of(cls, entry: Entry, array: str, *, image: int, channel: int | None) -> Wanted:
        """Check that the record has pictures and this array.

        Raises:
            ParamsError: a kind without pictures.
            MissingError: no such array; names those there are.
        """
        if entry.kind not in PICTURED:
            message = f"{entry.key!r} is of kind {entry.kind}, which has no pictures"
            raise ParamsError(message, field="key")
        name = array or next(iter(entry.arrays), "")
        if name not in entry.arrays:
            message = f"record {entry.key!r} has no array {name!r}; it has {list(entry.arrays)}"
            raise MissingError(message)
        least = {"feature_maps": 2, "kernels": 3, "heatmap": 3}[entry.kind]
        if len(entry.arrays[name].shape) < least:
            shape = entry.arrays[name].shape
            message = f"array {name!r} of {entry.key!r} has shape {shape}, which is no picture"
            raise ParamsError(message, field="array")
        return cls(entry.key, entry.kind, name, image, channel)

    @property
    def full_name(self) -> str:
        """Name of the array in snapshot files and previews."""
        return array_name(self.key, self.array)


@dataclass(frozen=True)
class Planes:
    """Pictures of one record, the first axis counting them: exact values, or a preview's codes."""

    source: Source
    images: int
    """How many images this source holds; 1 for kernels."""
    values: Array | None = None
    codes: Codes = field(default_factory=dict)
    problems: tuple[str, ...] = ()

    def restored(self) -> Array:
        """Give the values as well as this source knows them: exact, or each up to half a code."""
        if self.values is not None:
            return self.values
        return decode_codes(self.codes["codes"], self.codes["low"], self.codes["high"])


def find_planes(logs: Logs, run: Run, capture: Capture, wanted: Wanted) -> Planes:
    """Read the pictures from the best source there is.

    Raises:
        MissingError: no such image or channel.
        RecordError: neither the file nor the preview can be read; says why.
    """
    place = run.places.get(capture.event_run)
    if place is None:
        return preview_planes(logs, capture, wanted)
    try:
        return logs.bulk.read(place, capture, partial(exact_planes, wanted=wanted))
    except RecordError as error:
        return preview_planes(logs, capture, wanted, why=f"{error}; the preview is shown")


def preview_planes(logs: Logs, capture: Capture, wanted: Wanted, *, why: str = "") -> Planes:
    """Take the pictures from the capture's event.

    Args:
        logs: where it was read.
        capture: which capture.
        wanted: which pictures of it.
        why: why the exact ones are not shown, if there is something to say.

    Raises:
        MissingError: no such image or channel, or the record was left out to stay small.
        RecordError: the preview cannot be read; says why.
    """
    problems = (why,) if why else ()
    try:
        picture = logs.previews.of(capture).pictures.get(wanted.full_name)
    except RecordError as error:
        raise RecordError("; ".join([*problems, str(error)])) from None
    if picture is None:
        message = f"the preview of step {capture.step} leaves {wanted.key!r} out, to stay small"
        raise MissingError("; ".join([*problems, message]))
    return _from_preview(picture, wanted, problems)


def exact_planes(opened: SnapshotFile, wanted: Wanted) -> Planes:
    """Take the pictures from a snapshot file.

    Raises:
        MissingError: no such image or channel.
        RecordError: the file is damaged, or holds more than can be shown.
    """
    key, name, channel = wanted.key, wanted.array, wanted.channel
    shape = opened.shape(key, name)
    if wanted.kind == "kernels":
        bounded(shape, skip=int(channel is not None), what=repr(key))
        part = opened.array(key, name, index=channel)
        return Planes("bulk", 1, as_planes(part if channel is None else part[None], 4))
    bounded(shape, skip=1, what=repr(key))
    row = opened.array(key, name, index=wanted.image)
    if wanted.kind == "heatmap":
        return Planes("bulk", shape[0], row[None])
    maps = as_planes(row, 3)
    if channel is None:
        return Planes("bulk", shape[0], maps)
    check_index("channel", channel, len(maps), key)
    return Planes("bulk", shape[0], maps[channel : channel + 1])


def _from_preview(picture: Picture, wanted: Wanted, problems: tuple[str, ...]) -> Planes:
    columns: Codes = {
        "codes": picture.codes,
        "low": picture.low,
        "high": picture.high,
        "mean": picture.mean,
        "zeros": picture.zeros,
        "nonfinite": picture.nonfinite,
    }
    images = 1 if wanted.kind == "kernels" else len(picture.codes)
    if wanted.kind != "kernels":
        what = f"{wanted.key!r} in the preview"
        check_index("image", wanted.image, images, what)
        columns = {name: array[wanted.image] for name, array in columns.items()}
    if wanted.kind == "heatmap":
        columns = {name: np.asarray(array)[None] for name, array in columns.items()}
    elif wanted.channel is not None:
        one = wanted.channel
        check_index("channel", one, len(columns["codes"]), f"{wanted.key!r} in the preview")
        columns = {name: array[one : one + 1] for name, array in columns.items()}
    columns["codes"] = as_planes(columns["codes"], 4 if wanted.kind == "kernels" else 3)
    return Planes("preview", images, None, columns, problems)


def as_planes(values: Array, ndim: int) -> Array:
    """Give each picture two axes: (K,) becomes 1 × 1 maps, (K, T) becomes (K, 1, T)."""
    while values.ndim < ndim:
        values = values[..., None, :] if values.ndim == ndim - 1 else values[..., None]
    if values.ndim == ndim:
        return values
    rows = math.prod(values.shape[ndim - 2 : -1])
    return values.reshape(*values.shape[: ndim - 2], rows, values.shape[-1])


def bounded(shape: Sequence[int], *, skip: int, what: str) -> None:
    """Refuse what would take too much memory to show: a file may claim more than this machine has.

    Args:
        shape: of the whole array.
        skip: how many of its first axes are reduced to one position.
        what: for the message.

    Raises:
        RecordError: says how much it is.
    """
    values = math.prod(shape[skip:])
    if values > MAX_VALUES:
        message = f"{what} has {values} values to show; at most {MAX_VALUES} are: load it in Python"
        raise RecordError(message)


def check_index(what: str, index: int, count: int, of: str) -> None:
    """Refuse a position that is not there.

    Raises:
        MissingError: says how many there are.
    """
    if index >= count:
        raise MissingError(f"{of} has no {what} {index}: it has {count}")
