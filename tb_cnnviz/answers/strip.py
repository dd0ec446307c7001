"""One channel's picture over many steps: the film strip."""

from __future__ import annotations

from collections import Counter
from functools import partial

import numpy as np
from numpy.typing import NDArray

from cnnviz.contract.records import Entry
from cnnviz.errors import CnnvizError, MissingError, ParamsError, RecordError
from cnnviz.storage.codes import quantise
from tb_cnnviz.answers.listing import find_entry
from tb_cnnviz.answers.maps import is_signed
from tb_cnnviz.body import Body, Cache, tensors_body
from tb_cnnviz.captures import Capture
from tb_cnnviz.planes import Wanted, find_planes
from tb_cnnviz.queries import StripQuery
from tb_cnnviz.reader import Logs, Run
from tb_cnnviz.run_index import revision
from tb_cnnviz.wire import StripFacts

__all__ = ["strip"]

MAX_BYTES = 64 << 20
"""Of pictures in one answer."""

Array = NDArray[np.generic]


def strip(logs: Logs, query: StripQuery) -> Body:
    """Give one channel, filter or heatmap at the steps asked for that have it.

    Steps whose picture has another size than most, or cannot be read, are left out; `steps` names
    the rest.

    Raises:
        RecordError: no picture can be read.
    """
    run = logs.run(query.run)
    captures = _captures(run, query)
    latest = find_entry(logs.manifest(captures[-1]), query.key, run=run.name)
    wanted = Wanted.of(
        latest, query.array, image=query.image, channel=_channel(latest, query), quick=True
    )
    _check_size(latest, wanted, len(captures), every_slice=query.slice is None)
    read = partial(_picture, logs, run, wanted, query.slice)
    pictures = logs.provider.side_by_side(read, captures)
    kept = _of_one_shape(captures, pictures)
    if not kept:
        reasons = [str(picture) for picture in pictures if isinstance(picture, CnnvizError)]
        raise RecordError(f"no picture of {query.key!r} can be read: {reasons[-1]}")
    arrays = quantise(np.stack([picture for _, picture in kept]), symmetric=is_signed(latest))
    facts = StripFacts(
        run=run.name,
        key=query.key,
        array=wanted.array,
        steps=[capture.step for capture, _ in kept],
        signed=is_signed(latest),
    )
    exact = len(kept) == len(captures)
    current = bool(query.rev) and query.rev == revision(run, logs.files_of(run))
    return tensors_body(arrays, facts, cache=Cache.FOREVER if current and exact else Cache.BRIEF)


def _captures(run: Run, query: StripQuery) -> list[Capture]:
    steps = query.wanted()
    chosen = run.captures if not steps else [run.at[step] for step in steps if step in run.at]
    captures = [capture for capture in chosen if query.key in capture.keys]
    if not captures:
        asked = "" if not steps else " at the steps asked for"
        raise MissingError(f"run {run.name!r} has no record {query.key!r}{asked}")
    return captures


def _channel(entry: Entry, query: StripQuery) -> int | None:
    return None if entry.kind == "heatmap" else query.channel


def _check_size(entry: Entry, wanted: Wanted, steps: int, *, every_slice: bool) -> None:
    shape = entry.arrays[wanted.array].shape
    # What one step gives: a map (h, w), a slice (kh, kw), or all slices of a filter.
    axes = shape[1:] if entry.kind == "kernels" and every_slice else shape[2:]
    picture = int(np.prod(shape[1:] if entry.kind == "heatmap" else axes))
    if picture * steps > MAX_BYTES:
        much = f"{steps} pictures of {picture} values"
        message = f"{much} are more than one answer holds: ask for fewer steps"
        raise ParamsError(message, field="steps")


def _picture(
    logs: Logs, run: Run, wanted: Wanted, which: int | None, capture: Capture
) -> Array | CnnvizError:
    try:
        planes = find_planes(logs, run, capture, wanted)
    except CnnvizError as error:
        return error
    picture: Array = planes.restored()[0]
    if wanted.kind == "kernels" and which is not None:
        if which >= len(picture):
            return MissingError(f"{wanted.key!r} has no slice {which}: it has {len(picture)}")
        slices: Array = picture[which]
        return slices
    return picture


def _of_one_shape(
    captures: list[Capture], pictures: list[Array | CnnvizError]
) -> list[tuple[Capture, Array]]:
    read = [
        (capture, picture)
        for capture, picture in zip(captures, pictures, strict=True)
        if not isinstance(picture, CnnvizError)
    ]
    if not read:
        return []
    shape = Counter(picture.shape for _, picture in read).most_common(1)[0][0]
    return [(capture, picture) for capture, picture in read if picture.shape == shape]
