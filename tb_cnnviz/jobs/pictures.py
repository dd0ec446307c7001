"""The pictures of a finished job, as pictures of a further one."""

from __future__ import annotations

import io
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cnnviz.contract.records import Entry as Record
from cnnviz.errors import MissingError
from cnnviz.storage.jobs import MAX_PICTURE
from cnnviz.storage.snapshots import SnapshotFile
from tb_cnnviz.jobs.entries import Entry
from tb_cnnviz.planes import bounded

__all__ = ["main_images", "own_picture", "picture_of_result", "true_colours"]

IMAGES: Final = "images"


def own_picture(entry: Entry, index: int) -> bytes:
    """Give one of a request's own pictures, as it was sent.

    Raises:
        MissingError: the request has no such picture.
        RecordError: it is a link, or too large.
    """
    count = entry.request.inputs
    if not 0 <= index < count:
        message = f"job {entry.id} has {count} own pictures, there is no number {index}"
        raise MissingError(message)
    return entry.job.input(index)


def picture_of_result(entry: Entry, index: int) -> bytes:
    """Give one picture of a job's result as a PNG.

    Raises:
        MissingError: the job has no such picture, or too large a one.
        RecordError: the result is damaged.
    """
    opened = entry.job.result()
    for record in opened.manifest.records:
        if record.kind == IMAGES:
            data = _encode(main_images(opened, record, index=index))
            if len(data) > MAX_PICTURE:
                message = f"picture {index} of job {entry.id!r} is too large to be looked at again"
                raise MissingError(message)
            return data
    message = f"job {entry.id!r} has made no pictures"
    raise MissingError(message)


def main_images(opened: SnapshotFile, record: Record, *, index: int | None) -> NDArray[np.uint8]:
    """Read a record's pictures, (N, H, W, 3), or the one at `index`, (H, W, 3).

    Raises:
        MissingError: there is no such picture.
        RecordError: damaged, or too large to be shown.
    """
    name = next(iter(record.arrays), "")
    shape = opened.shape(record.key, name)
    fits = len(shape) == 4 and shape[3] in {1, 3} and 0 not in shape
    if not fits:
        message = f"{record.key!r} of shape {list(shape)} holds no pictures"
        raise MissingError(message)
    if index is not None and not 0 <= index < shape[0]:
        message = f"{record.key!r} has {shape[0]} pictures, there is no number {index}"
        raise MissingError(message)
    bounded(shape, skip=int(index is not None), what=repr(record.key))
    return true_colours(opened.array(record.key, name, index=index))


def true_colours(values: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Turn values in 0 … 1 into codes; what is no number is black, grey is repeated."""
    if values.dtype != np.uint8:
        finite = np.nan_to_num(values.astype(np.float32), nan=0.0, posinf=1.0, neginf=0.0)
        values = (finite.clip(0, 1) * 255 + 0.5).astype(np.uint8)
    codes = np.asarray(values, np.uint8)
    return np.repeat(codes, 3, axis=-1) if codes.shape[-1] == 1 else codes


def _encode(codes: NDArray[np.uint8]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(codes).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()
